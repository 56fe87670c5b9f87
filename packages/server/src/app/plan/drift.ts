// What is not as it is declared, though it is declared well: a last good version that stays, a server that does not come
// up, a repository that can't be pulled. Pure.

import type { ApiDrift, ApiServer, ApiSource } from '@tutti/schemas';
import { byWhom } from '../../reconcile/mcp-server/suspended-text.ts';
import { placeOf } from '../../resources/origin.ts';
import type { ResourceStore } from '../../resources/store.ts';
import type { Suspension } from '../../resources/suspension.ts';

export interface DriftInput {
  readonly store: Pick<ResourceStore, 'list' | 'toolsets' | 'get'>;
  readonly servers: readonly ApiServer[];
  readonly sources: readonly ApiSource[];
}

const SHOULD_RUN: ReadonlySet<string> = new Set(['Failed', 'Disconnected', 'Auth Required', 'Blocked']);
const RUNS: ReadonlySet<string> = new Set(['Running', 'Connected', 'Starting', 'Connecting']);

export function driftOf({ store, servers, sources }: DriftInput): ApiDrift[] {
  const drift: ApiDrift[] = [];
  for (const { resource, problems } of [...store.list(), ...store.toolsets()])
    if (problems.length > 0)
      drift.push({
        kind: resource.kind,
        name: resource.name,
        message: `is in force in its last good version: what ${placeOf(resource.origin)} says of it has errors`,
      });
  for (const { resource, suspension } of store.list())
    if (suspension?.place === 'override' && suspension.suspended !== suspension.declared)
      drift.push({ kind: 'MCPServer', name: resource.name, message: overrideText(suspension) });
  for (const { name, status } of servers) {
    const spec = store.get(name)?.resource.spec;
    const { state, reason } = status;
    const tell = (message: string): void => void drift.push({ kind: 'MCPServer', name, message });
    if (SHOULD_RUN.has(state)) tell(`is ${state}${reason === undefined ? '' : `: ${reason}`}`);
    if (spec?.autoStart === false && RUNS.has(state))
      tell('runs, although it does not start by itself (`autoStart: false`): a command started it');
    const port = status.conditions.find(({ type }) => type === 'PortOpen');
    if (port?.status === 'False' && port.reason === 'Unavailable')
      tell(port.message ?? 'its port is not open');
  }
  for (const { name, lastError } of sources)
    if (lastError !== undefined)
      drift.push({ kind: 'Source', name, message: `can't be pulled: ${lastError}` });
  return drift;
}

function overrideText(suspension: Suspension): string {
  const [what, other] = suspension.suspended ? ['suspended', 'not'] : ['kept in service', 'suspended'];
  return `is ${what} ${byWhom(suspension)}, and its declaration says that it is ${other}`;
}
