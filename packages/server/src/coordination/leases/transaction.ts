// One transaction on the leases of a space: its guard first, so that one comes after the other on all hosts; then whoever
// stands in the way and is not there any more is taken out; then all that was asked for is decided on a draft of the book,
// which is written at the end. It may be run again: nothing outside of it is changed.

import { takeGuard } from '../../store/guard.ts';
import type { Database, Transaction } from '../../store/database.ts';
import {
  type Book,
  type Changes,
  createDraft,
  type Draft,
  EMPTY_BOOK,
  type Lease,
  type Wanted,
} from './book.ts';
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
  readonly known: Book | undefined;
  /** Tickets of those who wait here. */
  readonly waiting: ReadonlySet<string>;
  readonly makeId: (prefix: string) => string;
}

export interface Done {
  readonly book: Book;
  readonly nowMs: number;
  /** One for each command. */
  readonly results: readonly Result[];
  /** By ticket: what those who wait got. */
  readonly served: ReadonlyMap<string, Lease>;
  readonly changes: Changes;
  /** When leases that were looked at end, if nothing more is heard of their agents. */
  readonly expires: ReadonlyMap<string, number>;
}

export async function runBatch(
  database: Database<AllTables>,
  { space, commands, known, waiting, makeId }: Batch,
): Promise<Done> {
  return await database.transaction(async (tx) => {
    // As many as there may be leases and tickets made under it.
    const steps = commands.length * 2 + waiting.size + 1;
    const version = await takeGuard(tx, guardOf(space), steps);
    const nowMs = await tx.nowMs();
    const before = version - steps;
    const book = known?.version === before ? known : await readBook(tx, space, before);
    const draft = createDraft(book, version);
    dropLapsed(draft, nowMs);
    const requests = [
      ...commands.flatMap(({ wanted }) => wanted ?? []),
      ...draft.tickets.filter(({ id }) => waiting.has(id)),
    ];
    const expires = await endOver(tx, draft, {
      nowMs,
      requests,
      suspects: commands.flatMap((one) => one.suspects),
    });
    const tasks = await readTasks(tx, requests);
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
    const served = serve(draft, moment, (id) => there.has(id));
    const changes = draft.changes();
    await write(tx, changes);
    const { leases, tickets } = draft;
    return { book: { version, leases, tickets }, nowMs, results, served, changes, expires };
  });
}

async function readBook(tx: Transaction<AllTables>, space: string, version: number): Promise<Book> {
  if (version === 0) return { ...EMPTY_BOOK, version };
  const { leases, tickets } = await readSpace(tx, space);
  return {
    version,
    leases: new Map(leases.map((row) => [row.id, leaseOf(row)])),
    tickets: tickets.map(ticketOf),
  };
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
    ...suspects.filter((id) => draft.leases.has(id)),
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
