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

/** Why a server does not serve and what happens next; empty when it serves. */
export function serverNote({ status }: ApiServer, nowMs: number): string {
  if (isServing(status.state)) return '';
  const why = status.reason ?? status.lastError ?? '';
  if (status.nextRetryAfter === undefined) return why;
  const waitMs = Date.parse(status.nextRetryAfter) - nowMs;
  const next = waitMs > 0 ? `retrying in ${duration(waitMs)}` : 'retrying now';
  return why === '' ? next : `${next}: ${why}`;
}
