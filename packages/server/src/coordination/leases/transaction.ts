// One transaction on the leases of a space: its guard first, so that one comes after the other on all hosts; then whoever
// stands in the way and is not there any more is taken out; then all that was asked for is decided on a draft of the book,
// which is written at the end. It may be run again: nothing outside of it is changed.

import { takeGuard } from '../../store/guard.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { type Changes, createBook, type Draft, type Lease, type OpenBook, type Wanted } from './book.ts';
import { leasesInTheWay } from './decide.ts';
import { endOf, expiresMs, type Facts, holdsTask } from './liveness.ts';
import {
  type AllTables,
  deleteLeases,
  deleteTickets,
  insertLeases,
  readFacts,
  readSpace,
  readTaskHolders,
  updatePatterns,
  upsertTickets,
} from './queries.ts';
import { dropLapsed, type Moment, serve } from './requests.ts';
import { leaseOf, leaseRow, patternsText, ticketOf, ticketRow } from './rows.ts';

/** The name of a space's guard. */
export const guardOf = (space: string): string => `leases/${space}`;

export interface Command {
  /** Whoever stands in its way is looked at before. */
  readonly wanted: Wanted | undefined;
  /** Leases that may have ended. */
  readonly suspects: readonly string[];
  /** What it comes to; throws where it is refused. */
  apply(draft: Draft, moment: Moment): unknown;
  /** The ticket that somebody waits with here, of what it came to. */
  waitsWith(result: unknown): string | undefined;
}

export type Result<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

export interface Batch {
  readonly space: string;
  readonly commands: readonly Command[];
  /** What was known last. */
  readonly known: OpenBook | undefined;
  /** Everybody who waits is looked at. */
  readonly isLook: boolean;
  /** Tickets of those who wait here. */
  readonly waiting: ReadonlySet<string>;
  readonly makeId: (prefix: string) => string;
}

export interface Done {
  readonly book: OpenBook;
  readonly nowMs: number;
  /** One for each command. */
  readonly results: readonly Result[];
  /** By ticket: what those who wait got. */
  readonly served: ReadonlyMap<string, Lease>;
  readonly changes: Changes;
  /** When leases that were looked at end, if nothing more is heard of their agents. */
  readonly expires: ReadonlyMap<string, number>;
}

export async function runBatch(database: Database<AllTables>, batch: Batch): Promise<Done> {
  let draft: Draft | undefined;
  try {
    return await database.transaction(async (tx) => {
      // Of a run that came to nothing.
      draft?.undo();
      draft = undefined;
      // As many as there may be leases and tickets made under it.
      const steps = batch.commands.length * 2 + batch.waiting.size + 1;
      const version = await takeGuard(tx, guardOf(batch.space), steps);
      const before = version - steps;
      const isKnown = batch.known?.version === before;
      const book =
        isKnown && batch.known !== undefined ? batch.known : await readBook(tx, batch.space, before);
      draft = book.draft(version);
      return { book, ...(await decideAll(tx, batch, draft, { before, isKnown })) };
    });
  } catch (error) {
    draft?.undo();
    throw error;
  }
}

async function decideAll(
  tx: Transaction<AllTables>,
  { space, commands, waiting, makeId, isLook }: Batch,
  draft: Draft,
  { before, isKnown }: { readonly before: number; readonly isKnown: boolean },
): Promise<Omit<Done, 'book'>> {
  const nowMs = await tx.nowMs();
  dropLapsed(draft, nowMs);
  const requests = commands.flatMap(({ wanted }) => wanted ?? []);
  const waitingTickets = draft.tickets.filter(({ id }) => waiting.has(id));
  const expires = await endOver(tx, draft, {
    nowMs,
    // What those who wait are kept by is looked at now and then.
    requests: isLook ? [...requests, ...waitingTickets] : requests,
    suspects: commands.flatMap((one) => one.suspects),
  });
  const tasks = await readTasks(tx, [...requests, ...waitingTickets]);
  let fence = before;
  const moment: Moment = {
    space,
    nowMs,
    makeId,
    nextFence: () => ++fence,
    hasTask(agentId, taskId) {
      const task = tasks.get(taskId);
      return task !== undefined && holdsTask(agentId, task);
    },
  };
  const results = commands.map((command) => attempt(() => command.apply(draft, moment)));
  const there = new Set(waiting);
  commands.forEach((command, index) => {
    const result = results[index];
    const ticket = result?.ok === true ? command.waitsWith(result.value) : undefined;
    if (ticket !== undefined) there.add(ticket);
  });
  const served = serve(draft, moment, { isThere: (id) => there.has(id), all: isLook || !isKnown });
  const changes = draft.changes();
  await write(tx, changes);
  return { nowMs, results, served, changes, expires };
}

async function readBook(tx: Transaction<AllTables>, space: string, version: number): Promise<OpenBook> {
  if (version === 0) return createBook(version, [], []);
  const { leases, tickets } = await readSpace(tx, space);
  return createBook(version, leases.map(leaseOf), tickets.map(ticketOf));
}

/** Ends those in the way of requests, and those that are suspected, that are not in force any more. */
async function endOver(
  tx: Transaction<AllTables>,
  draft: Draft,
  {
    nowMs,
    requests,
    suspects,
  }: { readonly nowMs: number; readonly requests: readonly Wanted[]; readonly suspects: readonly string[] },
): Promise<ReadonlyMap<string, number>> {
  // What can't be compared is refused when its turn comes.
  const ways = requests.map((wanted) => attempt(() => leasesInTheWay(draft, wanted)));
  const ids = new Set([
    ...ways.flatMap((way) => (way.ok ? way.value.map(({ id }) => id) : [])),
    ...suspects.filter((id) => draft.leases.get(id) !== undefined),
  ]);
  const expires = new Map<string, number>();
  if (ids.size === 0) return expires;
  for (const facts of await readFacts(tx, [...ids])) {
    const lease = draft.leases.get(facts.id);
    if (lease === undefined) continue;
    const over = endOf(lease, facts, nowMs);
    if (over !== undefined) draft.end({ lease, ...over });
    else expires.set(lease.id, expiresMs(lease, facts.beat_ms));
  }
  return expires;
}

async function readTasks(
  tx: Transaction<AllTables>,
  requests: readonly Wanted[],
): Promise<ReadonlyMap<string, Pick<Facts, 'task_agent_id' | 'task_ended_ms' | 'task_assigned_ms'>>> {
  const ids = new Set(requests.flatMap(({ taskId }) => taskId ?? []));
  if (ids.size === 0) return new Map();
  const rows = await readTaskHolders(tx.over(), [...ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

async function write(
  tx: Transaction<AllTables>,
  { granted, narrowed, ended, queued, left }: Changes,
): Promise<void> {
  const own = tx.over<AllTables>();
  if (ended.length > 0)
    await deleteLeases(
      own.over(),
      ended.map(({ lease }) => lease.id),
    );
  if (left.length > 0)
    await deleteTickets(
      own.over(),
      left.map(({ id }) => id),
    );
  if (granted.length > 0) await insertLeases(own.over(), granted.map(leaseRow));
  for (const { id, patterns } of narrowed)
    await updatePatterns(own, { id, patterns: patternsText(patterns) });
  if (queued.length > 0) await upsertTickets(own.over(), queued.map(ticketRow));
}

function attempt<T>(run: () => T): Result<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error };
  }
}
