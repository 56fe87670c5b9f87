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
import { readNamed } from '../agents/queries.ts';
import type { AgentTables, FitnessRow, LoadRow } from '../agents/agent-row.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import { type BudgetBook, createBudgetBook } from '../budgets/budget-book.ts';
import { loadForBatch, saveBatch } from '../budgets/ledger.ts';
import type { BudgetFlag } from '../budgets/flag.ts';
import type { BudgetTables } from '../budgets/queries.ts';
import { agentScope, holderOf, scopesOfPlace, scopesOfTask } from '../budgets/scopes.ts';
import { isHeld } from './task-machine.ts';
import { type CoordinationMeter, NO_METER } from '../meter.ts';
import type { Intent, Once } from './book.ts';
import { createDraft, type Draft, type Loaded } from './draft.ts';
import {
  type AnswerRow,
  askRechecks,
  type ContentRow,
  dropRechecks,
  insertAnswers,
  insertHistory,
  insertNeeds,
  insertTasks,
  lockLoads,
  lockTasks,
  readAnswers,
  readCarried,
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
import { thinHistory } from './old-tasks.ts';
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
  /** What those carry that were handed out. */
  readonly contents: readonly ContentRow[];
  /** Tasks that needed one that ended, and are to be looked at. */
  readonly rechecks: number;
}

export interface LedgerDeps {
  readonly database: Database<object>;
  readonly meter?: Pick<CoordinationMeter, 'batchTaken'>;
  /** Whether there are budgets; left out: there are none. */
  readonly budgetFlag?: Pick<BudgetFlag, 'isRaised'>;
}

const NO_BUDGETS: Pick<BudgetFlag, 'isRaised'> = { isRaised: () => false };

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
  /** Of tasks that were handed out. */
  readonly contents: readonly ContentRow[];
  /** How many tasks are to be looked at again because of it; settled by the commit. */
  readonly rechecks: Promise<number>;
}

type Verdict =
  | { readonly kind: 'done'; readonly row: TaskRow }
  | { readonly kind: 'refused'; readonly error: unknown };

export function createLedger({ database, meter = NO_METER, budgetFlag = NO_BUDGETS }: LedgerDeps): Ledger {
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
      written = await tables.transaction((tx) => write(tx, batch, budgetFlag), { byKeys: true });
    } catch (error) {
      return await failBatch(batch, attempt, error);
    }
    // Memory first, then whoever waits.
    const { transitions, classes, loads, fitness } = written.draft;
    const { contents } = written;
    const rechecks = await written.rechecks;
    if (transitions.length > 0)
      for (const listener of listeners)
        listener({ transitions, classes, loads, fitness, contents, rechecks });
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

async function write(
  tx: TaskTransaction,
  batch: readonly Waiting[],
  budgetFlag: Pick<BudgetFlag, 'isRaised'>,
): Promise<Written> {
  const intents = batch.map(({ intent }) => intent);
  const { isBudgeted, ...loaded } = await load(tx, intents, budgetFlag);
  const budgets = isBudgeted ? await loadBudgetBook(tx, intents, loaded) : undefined;
  const draft = createDraft(budgets === undefined ? loaded : { ...loaded, budgets });
  const answers = new Map(loaded.answers.map((answer) => [keyOf(answer), answer]));
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
  const { statements, rechecks } = save(tx, draft, added);
  if (budgets === undefined) {
    tx.last(statements);
  } else {
    await together(statements);
    await saveBatch(tx.over<BudgetTables>(), budgets);
  }
  const carried = handedOut(draft, loaded.carried);
  return { verdicts, draft, contents: carried, rechecks };
}

/** What the tasks carry that agents are given here: as it was, or as it is written here. */
function handedOut({ transitions, contents }: Draft, carried: readonly ContentRow[]): readonly ContentRow[] {
  const given = new Set(transitions.flatMap(({ event, after }) => (event === 'assign' ? [after.id] : [])));
  if (given.size === 0) return [];
  const written = contents.filter(({ task_id }) => given.has(task_id));
  const isWritten = ({ task_id, part }: ContentRow): boolean =>
    written.some((row) => row.task_id === task_id && row.part === part);
  return [...carried.filter((row) => given.has(row.task_id) && !isWritten(row)), ...written];
}

interface LoadedBatch extends Loaded {
  /** To requests that were made before. */
  readonly answers: readonly AnswerRow[];
  /** What tasks carry that may be handed out. */
  readonly carried: readonly ContentRow[];
  readonly isBudgeted: boolean;
}

/** Locks are taken in one order everywhere: tasks by id, then agents by id. */
async function load(
  tx: TaskTransaction,
  intents: readonly Intent[],
  budgetFlag: Pick<BudgetFlag, 'isRaised'>,
): Promise<LoadedBatch> {
  const ids = distinct(intents.flatMap((intent) => intent.tasks));
  const named = distinct(intents.flatMap(({ agents }) => agents ?? []));
  const loaded = distinct(intents.flatMap(({ agents = [], holders = [] }) => [...agents, ...holders]));
  const held = distinct(intents.flatMap((intent) => (intent.holders === undefined ? intent.tasks : [])));
  const needsOf = distinct(intents.flatMap((intent) => intent.needsOf ?? []));
  const asked = distinct(intents.flatMap((intent) => intent.contentsOf ?? []));
  const keys = intents.flatMap(({ once }) => once ?? []);
  const given = distinct(intents.flatMap(({ handsOut }) => handsOut ?? []));
  const [tasks, loads, nowMs, agents, carried, needs, contents, answers, isBudgeted] = await together([
    lockTasks(tx, ids),
    lockLoads(tx, loaded, held),
    // Behind the locks: a time that was taken before them may be older than what others wrote.
    tx.nowMs(),
    named.length === 0 ? [] : readNamed(tx.over<AgentTables>(), named),
    given.length === 0 ? [] : readCarried(tx, given),
    needsOf.length === 0 ? [] : readNeeds(tx, needsOf),
    asked.length === 0 ? [] : readDecidingContents(tx, asked),
    keys.length === 0 ? [] : readAnswers(tx, keys),
    budgetFlag.isRaised(tx),
  ]);
  return { nowMs, tasks, agents, loads, needs, contents, answers, carried, isBudgeted };
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

/** Hands in what is to be written. */
function save(
  tx: TaskTransaction,
  draft: Draft,
  answers: readonly AnswerRow[],
): { readonly statements: readonly Promise<unknown>[]; readonly rechecks: Promise<number> } {
  const {
    inserted,
    updated,
    history,
    crowded,
    loads,
    fitness,
    contents,
    needs,
    ended,
    rechecked,
    reclassed,
  } = draft;
  const classes = draft.classes.map(({ id, domain, ...wanted }) => ({
    id,
    domain,
    wanted: JSON.stringify(wanted),
    seen_ms: draft.book.nowMs,
  }));
  const statements: Promise<unknown>[] = [];
  // Before others are asked for.
  if (rechecked.length > 0) statements.push(dropRechecks(tx, rechecked));
  if (inserted.length > 0) statements.push(insertTasks(tx, inserted));
  if (updated.length > 0) statements.push(updateTasks(tx, updated));
  if (reclassed.length > 0) statements.push(updateRequirements(tx, reclassed));
  if (classes.length > 0) statements.push(writeClasses(tx, classes));
  if (history.length > 0) statements.push(insertHistory(tx, history));
  if (crowded.length > 0) statements.push(thinHistory(tx, crowded));
  if (contents.length > 0) statements.push(writeContents(tx, contents));
  if (needs.length > 0) statements.push(insertNeeds(tx, needs));
  if (loads.length > 0) statements.push(updateLoads(tx, loads));
  if (fitness.length > 0) statements.push(addFitness(tx.over<AgentTables>(), fitness));
  if (answers.length > 0) statements.push(insertAnswers(tx, answers));
  // Last: a task that is submitted here may need one that ends here.
  const rechecks = ended.length > 0 ? askRechecks(tx, ended) : Promise.resolve(0);
  statements.push(rechecks);
  return { statements, rechecks };
}

/** Statements that are handed to the database in this order without waiting for each other's answers. Rejects when all of
 *  them have ended, with the first error. */
async function together<const All extends readonly unknown[]>(
  statements: All,
): Promise<{ -readonly [Index in keyof All]: Awaited<All[Index]> }> {
  await Promise.allSettled(statements);
  return await Promise.all(statements);
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
