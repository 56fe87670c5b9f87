// Leases as callers see them. Pure.

import type { ApiLease, ApiLeaseWait } from '@tutti/schemas';
import type { Lease, Ticket } from './book.ts';

export function leaseView(lease: Lease, expiresMs = lease.sinceMs + lease.ttlMs): ApiLease {
  const { id, space, agentId, taskId, mode, patterns, fence, reason, sinceMs } = lease;
  return {
    id,
    space,
    agent_id: agentId,
    task_id: taskId,
    mode,
    paths: patterns.map(({ text }) => text),
    fence,
    reason: reason === '' ? undefined : reason,
    since: new Date(sinceMs).toISOString(),
    expires_at: new Date(expiresMs).toISOString(),
  };
}

export function waitView({ agentId, mode, patterns, reason, sinceMs }: Ticket): ApiLeaseWait {
  return {
    agent_id: agentId,
    mode,
    paths: patterns.map(({ text }) => text),
    reason: reason === '' ? undefined : reason,
    since: new Date(sinceMs).toISOString(),
  };
}

/** `src/a.ts is leased by ada until …`: who is in the way, in a line. */
export function holderText({ agent_id, mode, paths, reason, expires_at }: ApiLease): string {
  const all = paths.join(', ');
  const what = all.length > MAX_SHOWN_CHARS ? `${all.slice(0, MAX_SHOWN_CHARS).toWellFormed()}…` : all;
  const why = reason === undefined ? '' : ` ("${reason}")`;
  return `${agent_id} has ${what} ${mode === 'shared' ? 'shared' : 'to itself'}${why}, until ${expires_at} unless it calls before`;
}

const MAX_SHOWN_CHARS = 300;
