// The one door by which tasks change. Whoever wants a change hands in an intent; intents that come while a transaction is
// under way go into the next one together, so that a commit serves many. In a batch each is decided by itself, in order,
// over rows that are locked: one that is refused costs the others nothing.
//
// An intent is done when its promise resolves: it is on disk, and listeners have heard of it. After `outcome_unknown` it
// may be done or not; with an idempotency key, or the number of a claim, it can be asked again.

import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../store/database.ts';
import { StoreError } from '../../store/store-error.ts';
import { addFitness } from '../agents/fitness-queries.ts';
import { readAgents } from '../agents/queries.ts';
import type { AgentTables, FitnessRow, LoadRow } from '../agents/agent-row.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import { type BudgetBook, createBudgetBook } from '../budgets/budget-book.ts';
import { loadForBatch, saveBatch } from '../budgets/ledger.ts';
import type { BudgetTables } from '../budgets/queries.ts';
import { agentScope, holderOf, scopesOfPlace, scopesOfTask } from '../budgets/scopes.ts';
import { isHeld } from './task-machine.ts';
import { type CoordinationMeter, NO_METER } from '../meter.ts';
import type { Intent, Once } from './book.ts';
import { createDraft, type Draft, type Loaded } from './draft.ts';
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
  /** Tasks that needed one that ended, and are to be looked at. */
  readonly rechecks: number;
}

export interface LedgerDeps {
  readonly database: Database<object>;
  readonly meter?: Pick<CoordinationMeter, 'batchTaken'>;
  /** Whether there are budgets at all; left out: there are none. */
  readonly hasBudgets?: () => boolean;
}

interface Waiting {
  readonly intent: Intent;
  /** For the measure of its wait. */
  readonly sinceMs: number;
  readonly resolve: (row: TaskRow) => void;
  readonly reject: (error: unknown) => void;
}

interface Written {
  readonly verdicts: readonly Verdict[];
  readonly draft: Draft;
  readonly rechecks: number;
}

type Verdict =
  | { readonly kind: 'done'; readonly row: TaskRow }
  | { readonly kind: 'refused'; readonly error: unknown };

export function createLedger({ database, meter = NO_METER, hasBudgets = () => false }: LedgerDeps): Ledger {
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
      meter.batchTaken(batch.length, performance.now() - (batch[0]?.sinceMs ?? 0));
      await runBatch(batch, 1);
    }
    running = undefined;
  }

  async function runBatch(batch: readonly Waiting[], attempt: number): Promise<void> {
    let written: Written;
    try {
      written = await tables.transaction((tx) => write(tx, batch, hasBudgets()));
    } catch (error) {
      return await failBatch(batch, attempt, error);
    }
    // Memory first, then whoever waits.
    const { transitions, classes, loads, fitness } = written.draft;
    if (transitions.length > 0)
      for (const listener of listeners)
        listener({ transitions, classes, loads, fitness, rechecks: written.rechecks });
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
      waiting.push({ intent, sinceMs: performance.now(), resolve, reject });
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

async function write(tx: TaskTransaction, batch: readonly Waiting[], hasBudgets: boolean): Promise<Written> {
  const intents = batch.map(({ intent }) => intent);
  const loaded = await load(tx, intents);
  const budgets = hasBudgets ? await loadBudgetBook(tx, intents, loaded) : undefined;
  const draft = createDraft(budgets === undefined ? loaded : { ...loaded, budgets });
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
  const rechecks = await save(tx, draft, added);
  if (budgets !== undefined) await saveBatch(tx.over<BudgetTables>(), budgets);
  return { verdicts, draft, rechecks };
}

/** Locks are taken in one order everywhere: tasks by id, then agents by id. */
async function load(tx: TaskTransaction, intents: readonly Intent[]): Promise<Loaded> {
  const ids = distinct(intents.flatMap((intent) => intent.tasks));
  const named = distinct(intents.flatMap(({ agents }) => agents ?? []));
  const needsOf = distinct(intents.flatMap((intent) => intent.needsOf ?? []));
  const asked = distinct(intents.flatMap((intent) => intent.contentsOf ?? []));
  const [tasks, loads, agents, needs, contents] = await together([
    lockTasks(tx, ids),
    lockLoads(tx, named, ids),
    named.length === 0 ? [] : readAgents({ dialect: tx.dialect, read: tx.over<AgentTables>() }, named),
    needsOf.length === 0 ? [] : readNeeds(tx, needsOf),
    asked.length === 0 ? [] : readDecidingContents(tx, asked),
  ]);
  // After the locks: a time that was read before them may be older than what others wrote.
  const nowMs = await tx.nowMs();
  return { nowMs, tasks, agents, loads, needs, contents };
}

/** Behind the locks of tasks and agents, in one order everywhere too. */
async function loadBudgetBook(
  tx: TaskTransaction,
  intents: readonly Intent[],
  { tasks }: Loaded,
): Promise<BudgetBook> {
  const byId = new Map(tasks.map((row) => [row.id, row]));
  const scopes = intents.flatMap(({ agents = [], tasks: ids, budgets }) => [
    ...agents.map(agentScope),
    ...(agents.length === 0 ? [] : ids.flatMap((id) => byId.get(id) ?? []).flatMap(scopesOfTask)),
    ...(budgets ?? []).flatMap((place) => scopesOfPlace(place, (id) => byId.get(id))),
  ]);
  const holders = tasks.filter(({ status }) => isHeld(status)).map(holderOf);
  return createBudgetBook(await loadForBatch(tx.over<BudgetTables>(), scopes, holders));
}

/** How many tasks are to be looked at again because of it. */
async function save(tx: TaskTransaction, draft: Draft, answers: readonly AnswerRow[]): Promise<number> {
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
  const added = classes.map(({ id, domain, ...wanted }) => ({
    id,
    domain,
    wanted: JSON.stringify(wanted),
    seen_ms: draft.book.nowMs,
  }));
  const [, rechecks] = await together([
    // Before others are asked for.
    rechecked.length > 0 && dropRechecks(tx, rechecked),
    // A task that is submitted here may need one that ends here.
    ended.length > 0 && needs.length === 0 && askRechecks(tx, ended),
    inserted.length > 0 && insertTasks(tx, inserted),
    updated.length > 0 && updateTasks(tx, updated),
    reclassed.length > 0 && updateRequirements(tx, reclassed),
    added.length > 0 && writeClasses(tx, added),
    history.length > 0 && insertHistory(tx, history),
    contents.length > 0 && writeContents(tx, contents),
    needs.length > 0 && insertNeeds(tx, needs),
    loads.length > 0 && updateLoads(tx, loads),
    fitness.length > 0 && addFitness(tx.over<AgentTables>(), fitness),
    answers.length > 0 && insertAnswers(tx, answers),
  ]);
  if (ended.length > 0 && needs.length > 0) return await askRechecks(tx, ended);
  return rechecks === false ? 0 : rechecks;
}

/** Statements that are handed to the database in this order without waiting for each other's answers. Rejects when all of
 *  them have ended, with the first error. */
async function together<const All extends readonly unknown[]>(
  statements: All,
): Promise<{ -readonly [Index in keyof All]: Awaited<All[Index]> }> {
  await Promise.allSettled(statements);
  return await Promise.all(statements);
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
