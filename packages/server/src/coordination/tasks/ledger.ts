// The one door by which tasks change. Whoever wants a change hands in an intent; intents that come while a transaction is
// under way go into the next one together, so that a commit serves many. In a batch each is decided by itself, in order,
// over rows that are locked: one that is refused costs the others nothing.
//
// An intent is done when its promise resolves: it is on disk, and listeners have heard of it. After `outcome_unknown` it
// may be done or not; with an idempotency key, or the number of a claim, it can be asked again.

import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../store/database.ts';
import { StoreError } from '../../store/store-error.ts';
import { addFitness, readAgents } from '../agents/queries.ts';
import type { AgentTables, FitnessRow, LoadRow } from '../agents/agent-row.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import type { Intent, Once } from './book.ts';
import { createDraft, type Draft } from './draft.ts';
import {
  type AnswerRow,
  askRechecks,
  dropRechecks,
  insertAnswers,
  insertHistory,
  insertNeeds,
  insertTasks,
  lockLoads,
  lockTasks,
  readAnswers,
  readDecidingContents,
  readNeeds,
  type TaskTables,
  type TaskTransaction,
  updateLoads,
  updateRequirements,
  updateTasks,
  writeClasses,
  writeContents,
} from './queries.ts';
import { requireSame } from './once.ts';
import { answeredRow, type TaskRow } from './task-row.ts';
import type { Transition } from './transitions.ts';

/** Intents that one transaction takes. */
export const MAX_BATCH = 128;
/** Intents that wait for a transaction; one more is refused. */
export const MAX_WAITING_INTENTS = 10_000;
/** How often a batch is tried that lost against other writers. */
const MAX_TRIES = 5;

export interface Ledger extends AsyncDisposable {
  /** The task after it. Rejects with an AppError; then nothing was changed, unless it is `outcome_unknown`. */
  submit(intent: Intent): Promise<TaskRow>;
  /** Called after each commit with what it changed. */
  subscribe(listener: (committed: Committed) => void): Disposable;
}

export interface Committed {
  /** In order. */
  readonly transitions: readonly Transition[];
  readonly classes: readonly TaskClass[];
  readonly loads: readonly LoadRow[];
  readonly fitness: readonly FitnessRow[];
}

export interface LedgerDeps {
  readonly database: Database<object>;
}

interface Waiting {
  readonly intent: Intent;
  readonly resolve: (row: TaskRow) => void;
  readonly reject: (error: unknown) => void;
}

type Verdict =
  | { readonly kind: 'done'; readonly row: TaskRow }
  | { readonly kind: 'refused'; readonly error: unknown };

export function createLedger({ database }: LedgerDeps): Ledger {
  const tables = database.over<TaskTables>();
  const listeners = new Set<(committed: Committed) => void>();
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  async function runAll(): Promise<void> {
    // All that is handed in within one turn is seen together.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      await runBatch(batch, 1);
    }
    running = undefined;
  }

  async function runBatch(batch: readonly Waiting[], attempt: number): Promise<void> {
    let written: { readonly verdicts: readonly Verdict[]; readonly draft: Draft };
    try {
      written = await tables.transaction((tx) => write(tx, batch));
    } catch (error) {
      return await failBatch(batch, attempt, error);
    }
    // Memory first, then whoever waits.
    const { transitions, classes, loads, fitness } = written.draft;
    if (transitions.length > 0)
      for (const listener of listeners) listener({ transitions, classes, loads, fitness });
    written.verdicts.forEach((verdict, index) => {
      if (verdict.kind === 'done') batch[index]?.resolve(verdict.row);
      else batch[index]?.reject(verdict.error);
    });
  }

  async function failBatch(batch: readonly Waiting[], attempt: number, error: unknown): Promise<void> {
    const failure = error instanceof StoreError ? error.failure : undefined;
    if (failure === 'contention' && attempt < MAX_TRIES) return await runBatch(batch, attempt + 1);
    // Somebody wrote the same row meanwhile: the next look sees it.
    if (failure === 'unique_violation' && batch.length === 1 && attempt === 1)
      return await runBatch(batch, attempt + 1);
    // One row of it can't be written (an id that was taken meanwhile, a value that can't be kept): the others can.
    const isOnesFault = failure === 'unique_violation' || failure === 'invalid_statement';
    if (isOnesFault && batch.length > 1) {
      for (const one of batch) await runBatch([one], 1);
      return;
    }
    for (const { reject } of batch) reject(error);
  }

  return {
    submit(intent) {
      if (closed) return Promise.reject(new AppError('unavailable', 'Tutti is stopping; try again later.'));
      if (waiting.length >= MAX_WAITING_INTENTS)
        return Promise.reject(
          new AppError(
            'overloaded',
            `${MAX_WAITING_INTENTS} changes of tasks wait already; try again later.`,
          ),
        );
      const { promise, resolve, reject } = Promise.withResolvers<TaskRow>();
      waiting.push({ intent, resolve, reject });
      running ??= runAll();
      return promise;
    },
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await running;
    },
  };
}

async function write(
  tx: TaskTransaction,
  batch: readonly Waiting[],
): Promise<{ readonly verdicts: readonly Verdict[]; readonly draft: Draft }> {
  const intents = batch.map(({ intent }) => intent);
  const draft = createDraft(await load(tx, intents));
  const answers = await earlierAnswers(tx, intents);
  const added: AnswerRow[] = [];
  const verdicts = intents.map((intent): Verdict => {
    try {
      const { once } = intent;
      const earlier = once === undefined ? undefined : answers.get(keyOf(once));
      if (once !== undefined && earlier !== undefined) return { kind: 'done', row: repeated(earlier, once) };
      const decision = intent.decide(draft.book);
      draft.apply(decision);
      if (once !== undefined) {
        const answer = { ...once, answer: JSON.stringify(decision.task), at_ms: draft.book.nowMs };
        answers.set(keyOf(once), answer);
        added.push(answer);
      }
      return { kind: 'done', row: decision.task };
    } catch (error) {
      return { kind: 'refused', error };
    }
  });
  await save(tx, draft);
  if (added.length > 0) await insertAnswers(tx, added);
  return { verdicts, draft };
}

/** Locks are taken in one order everywhere: tasks by id, then agents by id. */
async function load(
  tx: TaskTransaction,
  intents: readonly Intent[],
): Promise<Parameters<typeof createDraft>[0]> {
  const tasks = await lockTasks(tx, distinct(intents.flatMap((intent) => intent.tasks)));
  const named = intents.flatMap(({ agents }) => agents ?? []);
  const holders = tasks.flatMap(({ agent_id, ended_ms }) =>
    agent_id === null || ended_ms !== null ? [] : [agent_id],
  );
  const ids = distinct([...named, ...holders]);
  const loads = ids.length === 0 ? [] : await lockLoads(tx, ids);
  const agents = named.length === 0 ? [] : await readAgents(tx.over<AgentTables>(), distinct(named));
  const needsOf = intents.flatMap((intent) => intent.needsOf ?? []);
  const needs = needsOf.length === 0 ? [] : await readNeeds(tx, distinct(needsOf));
  const asked = intents.flatMap((intent) => intent.contentsOf ?? []);
  const contents = asked.length === 0 ? [] : await readDecidingContents(tx, distinct(asked));
  // After the locks: a time that was read before them may be older than what others wrote.
  return { nowMs: await tx.nowMs(), tasks, agents, loads, needs, contents };
}

async function save(tx: TaskTransaction, draft: Draft): Promise<void> {
  const {
    inserted,
    updated,
    history,
    loads,
    fitness,
    contents,
    needs,
    classes,
    ended,
    rechecked,
    reclassed,
  } = draft;
  if (inserted.length > 0) await insertTasks(tx, inserted);
  if (updated.length > 0) await updateTasks(tx, updated);
  if (reclassed.length > 0) await updateRequirements(tx, reclassed);
  if (classes.length > 0)
    await writeClasses(
      tx,
      classes.map(({ id, domain, ...wanted }) => ({
        id,
        domain,
        wanted: JSON.stringify(wanted),
        seen_ms: draft.book.nowMs,
      })),
    );
  if (history.length > 0) await insertHistory(tx, history);
  if (contents.length > 0) await writeContents(tx, contents);
  if (needs.length > 0) await insertNeeds(tx, needs);
  if (loads.length > 0) await updateLoads(tx, loads);
  if (fitness.length > 0) await addFitness(tx.over<AgentTables>(), fitness);
  if (rechecked.length > 0) await dropRechecks(tx, rechecked);
  if (ended.length > 0) await askRechecks(tx, ended);
}

async function earlierAnswers(
  tx: TaskTransaction,
  intents: readonly Intent[],
): Promise<Map<string, AnswerRow>> {
  const keys = intents.flatMap(({ once }) => once ?? []);
  const answers = keys.length === 0 ? [] : await readAnswers(tx, keys);
  return new Map(answers.map((answer) => [keyOf(answer), answer]));
}

function keyOf({ principal, key }: Pick<AnswerRow, 'principal' | 'key'>): string {
  return `${principal}\n${key}`;
}

function repeated(earlier: AnswerRow, once: Once): TaskRow {
  requireSame(earlier, once);
  return answeredRow(earlier.answer);
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].toSorted();
}
