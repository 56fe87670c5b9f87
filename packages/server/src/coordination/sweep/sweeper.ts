// What happens by itself, because time went by: retries come due, offers lapse, attempts time out, agents fall silent. It
// sleeps until the next such time; where others write to the same store it also looks when their changes are told. Every
// look is repeatable: what another host did meanwhile is found done.

import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../store/database.ts';
import type { AgentRow, AgentTables } from '../agents/agent-row.ts';
import { markSilent, readSilent } from '../agents/queries.ts';
import { dueTask, lostClaim, needsRecheck } from '../tasks/commands.ts';
import type { Ledger } from '../tasks/ledger.ts';
import type { TaskTables } from '../tasks/queries.ts';
import { readDue, readNextDue, readOrphans, readRechecks } from '../tasks/reads.ts';

/** An agent is taken for dead after so many of its intervals. */
export const SILENT_INTERVALS = 2;
/** For a beat that is on its way to the store. */
export const SILENT_GRACE_MS = 1_000;
/** Tasks, or agents, that one look takes on. */
const SWEEP_ROWS = 500;
/** The clocks of host and database differ; nothing is looked at more often. */
const MIN_SLEEP_MS = 20;
const MAX_SLEEP_MS = 30_000;
const RETRY_MS = 1_000;

export interface Sweeper extends AsyncDisposable {
  /** Something may be due by then. */
  wakeAt(atMs: number): void;
  /** Looks at everything as soon as it can. */
  wake(): void;
}

export interface SweeperDeps {
  readonly database: Database<object>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** When an agent could fall silent next; undefined: there is none. */
  readonly nextSilenceMs: () => number | undefined;
  /** Whether this host heard of it of late, and did not write it down yet. */
  readonly isAlive: (id: string, heartbeatMs: number) => boolean;
  /** These are taken for dead now. */
  readonly silenced: (rows: readonly AgentRow[]) => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

export function createSweeper(deps: SweeperDeps): Sweeper {
  const { ledger, clock, warn } = deps;
  const tables = deps.database.over<TaskTables & AgentTables>();
  let timer: Disposable | undefined;
  let timerAtMs = Infinity;
  let sweeping: Promise<void> | undefined;
  let again = false;
  const closing = new AbortController();

  function wakeAt(atMs: number): void {
    if (closing.signal.aborted || atMs >= timerAtMs) return;
    timer?.[Symbol.dispose]();
    timerAtMs = atMs;
    const delayMs = Math.min(MAX_SLEEP_MS, Math.max(MIN_SLEEP_MS, atMs - clock.nowMs()));
    timer = clock.after(delayMs, wake);
  }

  function wake(): void {
    if (closing.signal.aborted) return;
    timer?.[Symbol.dispose]();
    timer = undefined;
    timerAtMs = Infinity;
    if (sweeping !== undefined) {
      again = true;
      return;
    }
    sweeping = sweepAll();
  }

  async function sweepAll(): Promise<void> {
    do again = false;
    while ((await trySweep()) && again && !closing.signal.aborted);
    // In the same turn as the last look at whether to do it again.
    sweeping = undefined;
  }

  /** False: it failed, and is tried again later. */
  async function trySweep(): Promise<boolean> {
    try {
      await sweep();
      return true;
    } catch (error) {
      if (closing.signal.aborted) return false;
      warn('cannot look after tasks and agents; it is tried again', error);
      wakeAt(clock.nowMs() + RETRY_MS);
      return false;
    }
  }

  async function sweep(): Promise<void> {
    const nowMs = clock.nowMs();
    await sweepAgents(nowMs);
    const due = await readDue(tables.read, nowMs, SWEEP_ROWS);
    await submitAll(due.map(({ id }) => dueTask(id)));
    const rechecks = await readRechecks(tables.read, SWEEP_ROWS);
    await submitAll(rechecks.map(needsRecheck));
    if (due.length === SWEEP_ROWS || rechecks.length === SWEEP_ROWS) again = true;
    const nextMs = await readNextDue(tables.read);
    if (nextMs !== undefined) wakeAt(Math.max(nextMs, clock.nowMs() + MIN_SLEEP_MS));
    const silenceMs = deps.nextSilenceMs();
    if (silenceMs !== undefined) wakeAt(Math.max(silenceMs, clock.nowMs() + RETRY_MS));
  }

  async function sweepAgents(nowMs: number): Promise<void> {
    const query = { nowMs, intervals: SILENT_INTERVALS, graceMs: SILENT_GRACE_MS };
    const silent = await readSilent(tables.read, { ...query, limit: SWEEP_ROWS });
    const ids = silent
      .filter(({ id, heartbeat_ms: heartbeatMs }) => !deps.isAlive(id, heartbeatMs))
      .map(({ id }) => id);
    if (ids.length > 0) {
      const marked = await tables.transaction(async (tx) =>
        markSilent(tx, ids, { ...query, nowMs: await tx.nowMs() }),
      );
      if (marked.length > 0) deps.silenced(marked);
    }
    if (silent.length === SWEEP_ROWS) again = true;
    const orphans = await readOrphans(tables.read, SWEEP_ROWS);
    await submitAll(
      orphans.map(({ id, claim, agent_id }) => lostClaim(id, claim, `its agent ${agent_id} is gone`)),
    );
    if (orphans.length === SWEEP_ROWS) again = true;
  }

  /** A task that is gone meanwhile needs nothing. */
  async function submitAll(intents: readonly Parameters<Ledger['submit']>[0][]): Promise<void> {
    const outcomes = await Promise.allSettled(intents.map((intent) => ledger.submit(intent)));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') warn('something that was due could not be done', failed.reason);
  }

  return {
    wakeAt,
    wake,
    async [Symbol.asyncDispose]() {
      closing.abort();
      timer?.[Symbol.dispose]();
      await sweeping;
    },
  };
}
