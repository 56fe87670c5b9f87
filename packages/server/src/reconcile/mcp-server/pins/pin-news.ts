// When a change of tools is worth an event: once for each definition that was not approved. A server that goes back and
// forth between two definitions is told of once, and one that makes up a new one each time, now and then.

import type { Clock } from '../../../kernel/clock.ts';
import type { EventLog } from '../../../resources/events/event-log.ts';
import { sanitise } from '../sanitise.ts';
import { holdsBack, type Deviation, type Judgement } from './judge.ts';
import type { PinPolicy } from '@tutti/schemas';

/** A tool whose definition is another one each time is told of so often. */
export const TELL_AGAIN_MS = 600_000;
/** Definitions of one tool that are known to have been told. */
const MAX_TOLD_DIGESTS = 8;
/** Tools of one server that are remembered; the longest told go first. */
const MAX_TOLD_TOOLS = 1_000;
/** Tools that one message names. */
const MAX_NAMED = 10;
const DIGEST_CHARS = 8;

interface Told {
  readonly digests: readonly string[];
  readonly atMs: number;
}

export interface PinNews {
  tell(server: string, judgement: Judgement, policy: PinPolicy): void;
  forget(server: string): void;
}

export function createPinNews({
  events,
  clock,
}: {
  readonly events: EventLog;
  readonly clock: Clock;
}): PinNews {
  const told = new Map<string, Map<string, Told>>();

  function isNews(known: Told | undefined, digest: string): boolean {
    if (known === undefined) return true;
    return !known.digests.includes(digest) && clock.nowMs() - known.atMs >= TELL_AGAIN_MS;
  }

  function remember(tools: Map<string, Told>, tool: string, digest: string): void {
    const digests = [...(tools.get(tool)?.digests ?? []), digest].slice(-MAX_TOLD_DIGESTS);
    tools.delete(tool);
    tools.set(tool, { digests, atMs: clock.nowMs() });
    for (const oldest of tools.keys()) {
      if (tools.size <= MAX_TOLD_TOOLS) return;
      tools.delete(oldest);
    }
  }

  return {
    tell(server, { deviating, removed }, policy) {
      const isFirst = !told.has(server);
      const tools = told.get(server) ?? new Map<string, Told>();
      const fresh = [...deviating].filter(([tool, { digest }]) => isNews(tools.get(tool), digest));
      const gone = removed.filter((tool) => isNews(tools.get(tool), ''));
      if (fresh.length + gone.length === 0) return;
      told.set(server, tools);
      for (const [tool, { digest }] of fresh) remember(tools, tool, digest);
      for (const tool of gone) remember(tools, tool, '');
      const add = (reason: 'MCPServerToolsChanged' | 'MCPServerToolsRemoved', text: string): void => {
        const message = sanitise(text, []);
        // It may have been told before a restart.
        if (!isFirst || lastMessage(events, server, reason) !== message) events.add(server, reason, message);
      };
      if (fresh.length > 0) add('MCPServerToolsChanged', changedText(server, fresh, policy));
      if (gone.length > 0)
        add(
          'MCPServerToolsRemoved',
          `approved, but not shown any more: ${named(gone)}; a return is compared`,
        );
    },
    forget: (server) => void told.delete(server),
  };
}

function lastMessage(events: EventLog, server: string, reason: string): string | undefined {
  return events.list().findLast((event) => event.name === server && event.reason === reason)?.message;
}

function changedText(
  server: string,
  tools: readonly (readonly [tool: string, Deviation])[],
  policy: PinPolicy,
): string {
  const of = (state: Deviation['state']): string[] =>
    tools
      .filter(([, deviation]) => deviation.state === state)
      .map(([tool, { digest }]) => `${tool} (${digest.slice(0, DIGEST_CHARS)})`);
  const [changed, added] = [of('changed'), of('new')];
  const parts = [
    ...(changed.length === 0 ? [] : [`not as approved: ${named(changed)}`]),
    ...(added.length === 0 ? [] : [`new: ${named(added)}`]),
  ];
  const outcome = holdsBack(policy) ? 'held back until approved' : 'still served';
  return `${parts.join('; ')}; ${outcome}; see \`tutti pins ${server}\``;
}

export function named(tools: readonly string[]): string {
  const first = tools.slice(0, MAX_NAMED).join(', ');
  return tools.length <= MAX_NAMED ? first : `${first} and ${tools.length - MAX_NAMED} more`;
}
