// What is done to the leases of a space, as decisions on its draft. They change nothing where they refuse. Pure.

import { AppError } from '../../kernel/errors.ts';
import type { Book, Draft, Lease, Ticket, Wanted } from './book.ts';
import { decide, excludes, type Verdict } from './decide.ts';
import { isSame, isSameList, type Pattern } from './patterns.ts';

/** Leases of one space. */
export const MAX_SPACE_LEASES = 10_000;
/** Of one agent in one space. */
export const MAX_AGENT_LEASES = 500;
/** Who waits in one space. */
export const MAX_SPACE_TICKETS = 2_000;
/** A place in line is kept for so long after the call that waited ended without the files. */
export const TICKET_GRACE_MS = 30_000;

/** The moment at which a draft is changed. */
export interface Moment {
  readonly space: string;
  /** On the database's clock. */
  readonly nowMs: number;
  nextFence(): number;
  makeId(prefix: string): string;
  /** Whether the agent has the task now. */
  hasTask(agentId: string, taskId: string): boolean;
}

export type Asked =
  | { readonly kind: 'granted'; readonly lease: Lease; readonly isNew: boolean }
  | {
      readonly kind: 'blocked';
      readonly verdict: Extract<Verdict, { kind: 'blocked' }>;
      /** Its place in line; undefined: it has none. */
      readonly ticket: Ticket | undefined;
      /** It stands in line now. */
      readonly waits: boolean;
    };

/** `waitMs`: 0 keeps a place that it has, and makes no new one. */
export function ask(draft: Draft, moment: Moment, wanted: Wanted, waitMs: number): Asked {
  const { agentId, taskId } = wanted;
  if (taskId !== undefined && !moment.hasTask(agentId, taskId))
    throw new AppError(
      'conflict',
      `${agentId} does not have the task ${taskId}; leave task_id out, or take the task first.`,
      { details: { kind: 'wrong_agent' } },
    );
  const own = draft.tickets.find((ticket) => isSameRequest(ticket, wanted));
  const verdict = decide(draft, wanted, own?.seq);
  if (verdict.kind !== 'blocked') {
    const lease = verdict.kind === 'covered' ? verdict.lease : createLease(draft, moment, wanted);
    if (own !== undefined) draft.leave(own);
    if (verdict.kind === 'clear') draft.grant(lease);
    return { kind: 'granted', lease, isNew: verdict.kind === 'clear' };
  }
  if (waitMs === 0 || verdict.cycle.length > 0)
    return { kind: 'blocked', verdict, ticket: own, waits: false };
  const ticket = {
    ...(own ?? createTicket(draft, moment, wanted)),
    keepMs: moment.nowMs + waitMs + TICKET_GRACE_MS,
  };
  draft.queue(ticket);
  return { kind: 'blocked', verdict, ticket, waits: true };
}

/** Gives those in line what they can have now, in their order; only who is there to take it. `all`: everybody is looked at,
 *  and not only who may have been kept by what is gone. */
export function serve(
  draft: Draft,
  moment: Moment,
  { isThere, all }: { readonly isThere: (ticketId: string) => boolean; readonly all: boolean },
): ReadonlyMap<string, Lease> {
  const served = new Map<string, Lease>();
  // Whoever waits for somebody now may not hold others up any more.
  const isAll = all || draft.changes().queued.some((ticket) => hasMore(draft, ticket));
  for (const ticket of draft.tickets) {
    if (!isThere(ticket.id)) continue;
    if (!isAll && !draft.gone.some((one) => mayExclude(one, ticket))) continue;
    if (ticket.taskId !== undefined && !moment.hasTask(ticket.agentId, ticket.taskId)) continue;
    const verdict = verdictOn(draft, ticket);
    if (verdict === undefined || verdict.kind === 'blocked') continue;
    if (verdict.kind === 'clear' && isFull(draft, ticket)) continue;
    const lease = verdict.kind === 'covered' ? verdict.lease : createLease(draft, moment, ticket);
    draft.leave(ticket);
    if (verdict.kind === 'clear') draft.grant(lease);
    served.set(ticket.id, lease);
  }
  return served;
}

/** Undefined: it can't be told within the bounds. */
export function verdictOn(book: Book, ticket: Ticket): Verdict | undefined {
  try {
    return decide(book, ticket, ticket.seq);
  } catch {
    return undefined;
  }
}

function mayExclude(one: Wanted, ticket: Ticket): boolean {
  try {
    return excludes(one, ticket) || one.agentId === ticket.agentId;
  } catch {
    return true;
  }
}

/** Others may wait for it: it has more than this place in line. */
function hasMore({ leases, tickets }: Draft, { agentId }: Ticket): boolean {
  if (leases.of(agentId).size > 0) return true;
  return tickets.filter((ticket) => ticket.agentId === agentId).length > 1;
}

/** Who did not ask again in time has no place any more. */
export function dropLapsed(draft: Draft, nowMs: number): void {
  for (const ticket of draft.tickets) if (ticket.keepMs < nowMs) draft.leave(ticket);
}

export interface Released {
  readonly lease: Lease;
  readonly patterns: readonly Pattern[];
}

/** Undefined: there is no such lease. */
export function releaseOne(
  draft: Draft,
  id: string,
  end: 'released' | 'forced',
  by: string,
): Released | undefined {
  const lease = draft.leases.get(id);
  if (lease === undefined) return undefined;
  draft.end({ lease, end, why: `${by} released it` });
  return { lease, patterns: lease.patterns };
}

/** Of what the agent has, exactly these; and its places in line for them. */
export function releasePaths(
  draft: Draft,
  agentId: string,
  patterns: readonly Pattern[],
): readonly Released[] {
  const isMeant = (pattern: Pattern): boolean => patterns.some((one) => isSame(one, pattern));
  for (const ticket of draft.tickets)
    if (ticket.agentId === agentId && ticket.patterns.some(isMeant)) draft.leave(ticket);
  const own = [...draft.leases.of(agentId)];
  return own.flatMap((lease): readonly Released[] => {
    const given = lease.patterns.filter(isMeant);
    if (given.length === 0) return [];
    const kept = lease.patterns.filter((pattern) => !isMeant(pattern));
    if (kept.length === 0) draft.end({ lease, end: 'released', why: `${agentId} released it` });
    else draft.narrow({ ...lease, patterns: kept });
    return [{ lease, patterns: given }];
  });
}

function createLease(draft: Draft, moment: Moment, wanted: Wanted): Lease {
  if (isFull(draft, wanted))
    throw new AppError(
      'overloaded',
      `There are too many leases (${MAX_AGENT_LEASES} of one agent, ${MAX_SPACE_LEASES} of a space); release some, or lease a folder instead of its files.`,
    );
  const { agentId, taskId, mode, patterns, reason, ttlMs } = wanted;
  const { space, nowMs: sinceMs } = moment;
  const own = { agentId, taskId, mode, patterns, reason, ttlMs };
  return { ...own, id: moment.makeId('lease'), space, sinceMs, fence: moment.nextFence() };
}

function createTicket(draft: Draft, moment: Moment, wanted: Wanted): Omit<Ticket, 'keepMs'> {
  if (draft.tickets.length >= MAX_SPACE_TICKETS)
    throw new AppError(
      'overloaded',
      `${MAX_SPACE_TICKETS} requests wait for files of this space already; try again later.`,
    );
  const { space, nowMs: sinceMs } = moment;
  return { ...wanted, id: moment.makeId('wait'), space, sinceMs, seq: moment.nextFence() };
}

function isFull({ leases }: Draft, { agentId }: Wanted): boolean {
  return leases.size >= MAX_SPACE_LEASES || leases.of(agentId).size >= MAX_AGENT_LEASES;
}

function isSameRequest(ticket: Ticket, wanted: Wanted): boolean {
  return (
    ticket.agentId === wanted.agentId &&
    ticket.mode === wanted.mode &&
    ticket.taskId === wanted.taskId &&
    isSameList(ticket.patterns, wanted.patterns)
  );
}
