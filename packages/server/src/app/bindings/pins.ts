// Approvals in the API's own shapes.

import type { ApiApproval, ApiPin, ApiServerPins } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { holdsBack, type Judgement } from '../../reconcile/mcp-server/pins/judge.ts';
import type { PinControl } from '../../reconcile/mcp-server/pins/pin-control.ts';
import { diffDefinitions } from '../../reconcile/mcp-server/pins/pin-diff.ts';
import type { UnapprovedTools } from '../../telemetry/metrics.ts';
import type { PinnedTool } from '../../reconcile/mcp-server/pins/pins.ts';

/** Tools of one answer whose changes are told; of the others only that they changed. */
export const MAX_DIFFED_TOOLS = 200;

/** Sorted by tool. */
export async function shownPins(pins: PinControl, server: string): Promise<readonly ApiPin[]> {
  const policy = pins.of(server)?.policy ?? 'off';
  let diffed = 0;
  return (await pins.list(server)).map(({ tool, shown, pin }) => {
    const state = stateOf({ shown, pin });
    const differs = state === 'changed' || state === 'new';
    const changes =
      differs && shown !== undefined && diffed++ < MAX_DIFFED_TOOLS
        ? diffDefinitions(pin === undefined ? '{}' : pin.definition, shown.text)
        : undefined;
    return {
      server,
      tool,
      state,
      held: differs && holdsBack(policy),
      ...(shown !== undefined && { digest: shown.digest }),
      ...(pin !== undefined && {
        approvedDigest: pin.digest,
        approvedAt: new Date(pin.approvedAtMs).toISOString(),
        approvedBy: pin.approvedBy,
      }),
      ...(changes !== undefined && { changes: [...changes] }),
    };
  });
}

function stateOf({ shown, pin }: Pick<PinnedTool, 'shown' | 'pin'>): ApiPin['state'] {
  if (shown === undefined) return 'removed';
  if (pin === undefined) return 'new';
  return pin.digest === shown.digest ? 'approved' : 'changed';
}

/** How the tools of a server stand, without a look at what is kept. */
export function serverPins(
  pins: Pick<PinControl, 'of'>,
  server: string,
  toolCount: number | undefined,
): ApiServerPins | undefined {
  const found = pins.of(server);
  if (found === undefined) return undefined;
  const { policy, judgement } = found;
  if (judgement === undefined || toolCount === undefined) return { server, policy };
  const { changed, added } = countsOf(judgement);
  const shown = holdsBack(policy) ? toolCount : toolCount - changed - added;
  return { server, policy, approved: shown, changed, new: added };
}

/** For metrics: nothing is told of servers all of whose tools are as they were approved. */
export function* unapprovedTools(
  pins: Pick<PinControl, 'of'>,
  servers: Iterable<string>,
): Iterable<UnapprovedTools> {
  for (const server of servers) {
    const found = pins.of(server);
    const tools = found?.judgement?.deviating.size ?? 0;
    if (found !== undefined && tools > 0)
      yield { server, handling: holdsBack(found.policy) ? 'held' : 'flagged', tools };
  }
}

function countsOf({ deviating }: Judgement): { readonly changed: number; readonly added: number } {
  let changed = 0;
  for (const { state } of deviating.values()) if (state === 'changed') changed += 1;
  return { changed, added: deviating.size - changed };
}

/** Resolves with what was approved and how it had changed. What changes between look and approval is refused. */
export async function approvePins(
  pins: PinControl,
  server: string,
  approval: ApiApproval,
  by: string,
): Promise<readonly ApiPin[]> {
  const looked = new Map((await shownPins(pins, server)).map((pin) => [pin.tool, pin]));
  const wanted =
    'all' in approval
      ? [...looked.values()]
          .filter(({ state }) => state === 'changed' || state === 'new')
          .map(({ tool, digest }) => ({ name: tool, digest }))
      : approval.tools.map(({ name, digest }) => ({ name, digest: digest ?? looked.get(name)?.digest }));
  const removed = wanted.find(({ name }) => looked.get(name)?.state === 'removed');
  if (removed !== undefined)
    throw new AppError(
      'conflict',
      `${server} does not show ${removed.name} any more; its approval stands, and it can be approved anew when it is back`,
    );
  const approved = await pins.approve(server, wanted, by);
  return approved.flatMap((tool) => looked.get(tool) ?? []);
}
