// Leases and tickets between the store and memory.

import { LEASE_MODES } from '@tutti/schemas';
import { z } from 'zod';
import type { Lease, Ticket, Wanted } from './book.ts';
import type { LeaseRow, TicketRow } from './lease-row.ts';
import { createPattern } from './patterns.ts';

const PatternsSchema = z.array(z.string());
const ModeSchema = z.enum(LEASE_MODES);

type Common = Omit<LeaseRow, 'fence'>;

export function leaseOf(row: LeaseRow): Lease {
  return { ...commonOf(row), fence: row.fence };
}

export function ticketOf(row: TicketRow): Ticket {
  return { ...commonOf(row), seq: row.seq, keepMs: row.keep_ms };
}

export function leaseRow({ fence, ...lease }: Lease): LeaseRow {
  return { ...commonRow(lease), fence };
}

export function ticketRow({ seq, keepMs, ...ticket }: Ticket): TicketRow {
  return { ...commonRow(ticket), seq, keep_ms: keepMs };
}

type Kept = Wanted & { readonly id: string; readonly space: string; readonly sinceMs: number };

function commonOf(row: Common): Kept {
  const { id, space, agent_id, task_id, mode, patterns, reason, ttl_ms, since_ms } = row;
  return {
    id,
    space,
    agentId: agent_id,
    taskId: task_id ?? undefined,
    mode: ModeSchema.parse(mode),
    patterns: PatternsSchema.parse(JSON.parse(patterns)).map(createPattern),
    reason,
    ttlMs: ttl_ms,
    sinceMs: since_ms,
  };
}

function commonRow({ id, space, agentId, taskId, mode, patterns, reason, ttlMs, sinceMs }: Kept): Common {
  return {
    id,
    space,
    agent_id: agentId,
    task_id: taskId ?? null,
    mode,
    patterns: patternsText(patterns),
    reason,
    ttl_ms: ttlMs,
    since_ms: sinceMs,
  };
}

export function patternsText(patterns: Wanted['patterns']): string {
  return JSON.stringify(patterns.map(({ text }) => text));
}
