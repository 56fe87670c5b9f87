// Joins tasks that are ready with agents that want work. A round takes the heads of the lines that matter (lines.ts) and the
// best of the agents that wait (standing.ts), decides (scheduling/schedule.ts), and asks the ledger for each assignment; one
// that somebody else was faster with is looked at again. The next round does not wait for the ledger: what is being claimed
// is counted as taken until it is told otherwise. A task for which somebody waits already when it is submitted needs no
// round: an agent is reserved for it, and has it with the same commit.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../store/database.ts';
import type { Directory, KnownAgent } from '../agents/directory.ts';
import { type JudgeOptions, obstacleFor } from '../scheduling/judge.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import { schedule, type WaitingAgent, type WaitingTask } from '../scheduling/schedule.ts';
import type { Score, ScoreOptions } from '../scheduling/score.ts';
import { assignment } from '../tasks/commands.ts';
import type { Committed, Ledger } from '../tasks/ledger.ts';
import type { ContentRow, TaskTables } from '../tasks/queries.ts';
import { readHeads } from '../tasks/reads.ts';
import { takesSlot } from '../tasks/task-machine.ts';
import type { TaskRow } from '../tasks/task-row.ts';
import { type CoordinationMeter, NO_METER } from '../meter.ts';
import type { Classes } from './classes.ts';
import { createLines } from './lines.ts';
import { createStanding, type Kind } from './standing.ts';
import { createWaiters, type Waiter } from './waiters.ts';

/** Tasks of one class that one round gives out. */
const MAX_ROUND_TASKS = 64;
/** After a task was lost to somebody faster. */
const AGAIN_MS = 20;
/** Rounds that one who does not want to wait stays for. */
const IDLE_TURNS = 3;
/** After a round that failed. */
const RETRY_MS = 1_000;
/** Where other hosts write to the same store, and a hint of theirs was lost. */
const POLL_MS = 5_000;

export type SchedulerSwitches = JudgeOptions & ScoreOptions;

/** An agent that is kept for a task that is being submitted. */
export interface Reservation extends Disposable {
  readonly agentId: string;
  /** Kept in the history, for `why`. */
  readonly why: object;
  readonly options: JudgeOptions;
}

export interface Dispatcher extends AsyncDisposable {
  /** The agent wants work until this is disposed of. */
  wait(waiter: Waiter): Disposable;
  /** The best of those who wait for such a task; undefined: nobody does, or tasks stand in line before it. Disposed of when
   *  the submission has ended, one way or the other. */
  reserve(taskId: string, kind: Kind): Reservation | undefined;
  /** Others may have changed anything. */
  lookAgain(): Promise<void>;
  readonly waiting: number;
  /** Resolves when no round is under way. */
  idle(): Promise<void>;
}

export interface DispatcherDeps {
  readonly database: Database<object>;
  readonly ledger: Ledger;
  readonly directory: Directory;
  readonly classes: Classes;
  readonly clock: Clock;
  readonly switches: () => SchedulerSwitches;
  /** A task was given to an agent that was gone before it could be told. */
  readonly undeliverable: (taskId: string, agentId: string, claim: number) => void;
  readonly warn: (message: string, cause?: unknown) => void;
  readonly meter?: Pick<CoordinationMeter, 'roundDone'>;
}

/** A task that is asked for, for an agent. */
interface Claim {
  readonly task: WaitingTask;
  readonly agentId: string;
  readonly why: object;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { ledger, directory, classes, clock, switches, warn, meter = NO_METER } = deps;
  const tables = deps.database.over<TaskTables>();
  const waiters = createWaiters();
  const lines = createLines((ids, limit) => readHeads(tables.read, ids, limit));
  const fitnessOf = (agentId: string, classId: string): number => directory.fitnessOf(agentId, classId);
  const standing = createStanding({ waiting: waitingAgent, candidates, options: switches, fitnessOf });
  let dirtyClasses = new Set<string>();
  let dirtyAgents = new Set<string>();
  /** Agents that the round under way looks at. */
  let looking: ReadonlySet<string> = new Set();
  let running: Promise<void> | undefined;
  /** Assignments that the ledger has not answered yet, by task. */
  const claiming = new Map<string, Promise<void>>();
  /** Those of them that are submitted at the same time, and that no agent has yet. */
  const reserved = new Set<string>();
  /** How many of those are for an agent. */
  const promised = new Map<string, number>();
  let retry: Disposable | undefined;
  let poll: Disposable | undefined;
  const closing = new AbortController();

  function kick(): void {
    if (closing.signal.aborted || waiters.size === 0) return;
    running ??= run().finally(() => {
      running = undefined;
    });
  }

  async function run(): Promise<void> {
    await Promise.resolve();
    while (!closing.signal.aborted && dirtyClasses.size + dirtyAgents.size > 0) {
      const dirty = { classes: dirtyClasses, agents: dirtyAgents };
      dirtyClasses = new Set();
      dirtyAgents = new Set();
      looking = dirty.agents;
      try {
        await round(dirty);
      } catch (error) {
        warn('cannot give out tasks; it is tried again', error);
        for (const id of dirty.classes) dirtyClasses.add(id);
        for (const id of dirty.agents) dirtyAgents.add(id);
        retry?.[Symbol.dispose]();
        retry = clock.after(RETRY_MS, tryAgain);
        return;
      } finally {
        looking = new Set();
      }
    }
  }

  async function round(dirty: {
    readonly classes: ReadonlySet<string>;
    readonly agents: ReadonlySet<string>;
  }): Promise<void> {
    const wanted = new Set<TaskClass>();
    const agents = new Map<string, WaitingAgent>();
    let wants = 0;
    for (const id of dirty.agents) {
      const agent = waitingAgent(id);
      if (agent === undefined) continue;
      agents.set(id, agent);
      wants += agent.wants;
      for (const taskClass of classes.concerning(id))
        if (obstacleFor(taskClass, agent.agent, switches()) === undefined) wanted.add(taskClass);
    }
    for (const id of dirty.classes) {
      const taskClass = classes.get(id);
      if (taskClass === undefined) continue;
      if (standing.count({ taskClass, preferredTags: [] }) === 0) continue;
      wanted.add(taskClass);
      wants = MAX_ROUND_TASKS;
    }
    if (wanted.size === 0) return;
    const limit = Math.min(MAX_ROUND_TASKS, wants) + claiming.size;
    const heads = await lines.heads([...wanted], limit);
    const tasks = heads.filter(({ id }) => !claiming.has(id));
    if (tasks.length === 0) return;
    // No more agents can have one than there are tasks, and those are the best of each kind.
    for (const kind of kindsOf(tasks.filter(({ taskClass }) => dirty.classes.has(taskClass.id))))
      for (const agent of standing.best(kind, tasks.length)) agents.set(agent.agent.id, agent);
    // What was looked at before the lines were read may not want any more.
    const current = [...agents.keys()].flatMap((id) => waitingAgent(id) ?? []);
    const assignments = schedule(tasks, current, { ...switches(), fitnessOf });
    const byId = new Map(tasks.map((task) => [task.id, task]));
    const claims = assignments.flatMap(({ taskId, agentId, score }) => {
      const task = byId.get(taskId);
      return task === undefined ? [] : [{ task, agentId, why: reasons(task, score) }];
    });
    for (const one of claims) claim(one);
    meter.roundDone(assignments.length);
    if (assignments.length === 0) return;
    // A line that was longer than what was taken may have more for those who still want some.
    for (const { id } of wanted)
      if (heads.filter(({ taskClass }) => taskClass.id === id).length === limit) dirtyClasses.add(id);
  }

  function claim(one: Claim): void {
    const { task, agentId } = one;
    promise(agentId, 1);
    const answered = assign(one)
      .catch((error: unknown) => {
        warn('cannot give out a task; it is tried again', error);
        retry ??= clock.after(RETRY_MS, tryAgain);
      })
      .finally(() => {
        claiming.delete(task.id);
        promise(agentId, -1);
        kick();
      });
    claiming.set(task.id, answered);
  }

  function promise(agentId: string, change: 1 | -1): void {
    const count = (promised.get(agentId) ?? 0) + change;
    if (count === 0) promised.delete(agentId);
    else promised.set(agentId, count);
    standing.touch(agentId);
  }

  async function assign({ task, agentId, why }: Claim): Promise<void> {
    try {
      const after = await ledger.submit(assignment({ taskId: task.id, agentId, why, options: switches() }));
      // A budget has no room for it; the agent may have another one.
      if (after.status !== 'assigned') dirtyAgents.add(agentId);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
      // Somebody was faster, or the agent is not what it was. Both are looked at again.
      await directory.refreshOne(agentId);
      standing.touch(agentId);
      clock.after(AGAIN_MS, () => {
        lines.forget();
        dirtyAgents.add(agentId);
        dirtyClasses.add(task.taskClass.id);
        kick();
      });
    }
  }

  function reasons(kind: Kind, score: Score): object {
    return { ...score, among: standing.count(kind) };
  }

  /** The agents that wait and could suit, and perhaps others: the fewer of those who wait and those who suit. */
  function* candidates(taskClass: TaskClass): Iterable<KnownAgent['candidate']> {
    if (taskClass.target !== null || waiters.size * 4 > directory.size) {
      for (const { candidate } of directory.suiting(taskClass, switches())) yield candidate;
      return;
    }
    for (const id of waiters.agentIds()) {
      const known = directory.get(id);
      if (known !== undefined) yield known.candidate;
    }
  }

  function waitingAgent(id: string): WaitingAgent | undefined {
    const known = directory.get(id);
    if (known === undefined) return undefined;
    const taken = promised.get(id) ?? 0;
    const wants = waiters.wantOf(id) - taken;
    if (wants <= 0) return undefined;
    const { candidate } = known;
    return {
      agent: taken === 0 ? candidate : { ...candidate, usedSlots: candidate.usedSlots + taken },
      wants,
    };
  }

  function tryAgain(): void {
    lookAgain().catch((error: unknown) => {
      warn('cannot look for tasks; it is tried again', error);
      retry ??= clock.after(RETRY_MS, tryAgain);
    });
  }

  /** Slots that others took are found by who wants them; those that they freed are not. */
  async function lookAgain(): Promise<void> {
    retry?.[Symbol.dispose]();
    retry = undefined;
    lines.forget();
    const using = Iterator.from(waiters.agentIds()).filter((id) => directory.get(id)?.load.used !== 0);
    const ids = [...using];
    await directory.refreshLoads(ids);
    for (const { id } of classes.all()) dirtyClasses.add(id);
    kick();
  }

  function pollLater(): void {
    if (tables.dialect !== 'postgres' || closing.signal.aborted) return;
    poll = clock.after(POLL_MS, () => {
      if (waiters.size > 0) tryAgain();
      pollLater();
    });
  }

  function committed({ transitions, contents }: Committed): void {
    const last = new Map<string, TaskRow>();
    for (const { before, after, event } of transitions) {
      last.set(after.id, after);
      // Its holder has a slot again.
      const holder = before?.agent_id ?? undefined;
      if (holder !== undefined && !takesSlot(after)) dirtyAgents.add(holder);
      if (event === 'assign' && claiming.has(after.id)) give(after, contents);
    }
    for (const row of last.values()) {
      lines.enter(row, classes.get(row.class_id));
      if (row.ready === 1) dirtyClasses.add(row.class_id);
    }
    kick();
  }

  function give(task: TaskRow, contents: readonly ContentRow[]): void {
    const { id, agent_id: agentId, claim: number } = task;
    if (agentId === null) return;
    reserved.delete(id);
    const carried = contents.filter(({ task_id }) => task_id === id);
    if (!waiters.give(agentId, { task, contents: carried })) deps.undeliverable(id, agentId, number);
    else if (waiters.wantOf(agentId) > 0) dirtyAgents.add(agentId);
    // It waits for fewer than before.
    standing.touch(agentId);
  }

  const transitions = ledger.subscribe(committed);
  const changes = directory.subscribe((id, what) => {
    standing.touch(id);
    if (what === 'load') return;
    dirtyAgents.add(id);
    kick();
  });
  pollLater();

  return {
    wait(waiter) {
      const { agentId } = waiter;
      const waiting = waiters.add(waiter);
      standing.touch(agentId);
      dirtyAgents.add(agentId);
      kick();
      return {
        [Symbol.dispose]() {
          waiting[Symbol.dispose]();
          standing.touch(agentId);
        },
      };
    },
    reserve(taskId, kind) {
      const { id } = kind.taskClass;
      if (closing.signal.aborted || waiters.size === 0) return undefined;
      if (dirtyClasses.has(id) || !lines.hasOnly(id, (other) => claiming.has(other))) return undefined;
      const [best] = standing.best(kind, 1);
      if (best === undefined) return undefined;
      const agentId = best.agent.id;
      // It may be given one that waits already.
      if (dirtyAgents.has(agentId) || looking.has(agentId)) return undefined;
      const score = standing.scoreOf(kind, agentId);
      if (score === undefined) return undefined;
      const why = reasons(kind, score);
      const { promise: over, resolve } = Promise.withResolvers<void>();
      claiming.set(taskId, over);
      reserved.add(taskId);
      promise(agentId, 1);
      return {
        agentId,
        why,
        options: switches(),
        [Symbol.dispose]() {
          claiming.delete(taskId);
          promise(agentId, -1);
          resolve();
          // It was not taken at once: it may stand in line.
          if (!reserved.delete(taskId)) return;
          dirtyClasses.add(id);
          kick();
        },
      };
    },
    lookAgain,
    get waiting() {
      return waiters.size;
    },
    async idle() {
      // A round that is under way may claim, and what was claimed may need another round.
      for (let turn = 0; turn < IDLE_TURNS; turn++) {
        await running;
        await Promise.all(claiming.values());
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      transitions[Symbol.dispose]();
      changes[Symbol.dispose]();
      retry?.[Symbol.dispose]();
      poll?.[Symbol.dispose]();
      await running;
      await Promise.all(claiming.values());
    },
  };
}

/** One for each that differs. */
function kindsOf(tasks: readonly WaitingTask[]): Iterable<Kind> {
  return new Map(
    tasks.map((task) => [JSON.stringify([task.taskClass.id, task.preferredTags]), task]),
  ).values();
}
