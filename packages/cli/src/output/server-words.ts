// How the state of a server reads.

import { styleText } from 'node:util';
import type { ApiServer, ApiServerState } from '@tutti/schemas';
import { duration } from './words.ts';

const STATE_COLORS: Readonly<Record<ApiServerState, 'green' | 'yellow' | 'red' | 'gray'>> = {
  Running: 'green',
  Connected: 'green',
  Starting: 'yellow',
  Connecting: 'yellow',
  'Auth Required': 'yellow',
  Disconnected: 'red',
  Failed: 'red',
  Blocked: 'red',
  Stopped: 'gray',
  Suspended: 'gray',
};

export function isServing(state: ApiServerState): boolean {
  return state === 'Running' || state === 'Connected';
}

export function styledState(state: ApiServerState, stream: NodeJS.WritableStream): string {
  return styleText(STATE_COLORS[state], state, { stream });
}

/** How many tools it has; not known before it has shown them. */
export function toolCountText({ toolCount, status }: ApiServer): string {
  if (toolCount !== undefined) return String(toolCount);
  return isServing(status.state) ? '…' : '';
}

/** Why it is not served on the port that it declares. */
function portTrouble({ conditions }: ApiServer['status']): string | undefined {
  const port = conditions.find(({ type }) => type === 'PortOpen');
  return port?.status === 'False' ? port.message : undefined;
}

/** Tools that are not as they were approved. */
function pinTrouble({ conditions }: ApiServer['status']): string | undefined {
  const approved = conditions.find(({ type }) => type === 'ToolsApproved');
  return approved?.status === 'False' ? approved.message : undefined;
}

/** Why a server is as it is and what happens next; empty when there is nothing to say. */
export function serverNote({ status }: ApiServer, nowMs: number): string {
  const { state, reason, lastError, nextRetryAfter } = status;
  if (isServing(state)) return reason ?? portTrouble(status) ?? pinTrouble(status) ?? '';
  if (nextRetryAfter === undefined) return reason ?? lastError ?? '';
  const waitMs = Date.parse(nextRetryAfter) - nowMs;
  const next = waitMs > 0 ? `retrying in ${duration(Math.ceil(waitMs / 1_000) * 1_000)}` : 'retrying now';
  const why = lastError ?? reason ?? '';
  return why === '' ? next : `${next}: ${why}`;
}
