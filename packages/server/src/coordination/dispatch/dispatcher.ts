// Joins tasks that are ready with agents that want work. A round reads the heads of the lines that matter, decides
// (scheduling/schedule.ts), and asks the ledger for each assignment; one that somebody else was faster with is looked at
// again. The next round does not wait for the ledger: what is being claimed is counted as taken until it is told
// otherwise. What it knows of other hosts are hints: a round too many costs a read.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../store/database.ts';
import type { Directory, KnownAgent } from '../agents/directory.ts';
import { type JudgeOptions, obstacleFor } from '../scheduling/judge.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import { type Assignment, schedule, type WaitingAgent, type WaitingTask } from '../scheduling/schedule.ts';
import type { ScoreOptions } from '../scheduling/score.ts';
import { assignment } from '../tasks/commands.ts';
import type { Ledger } from '../tasks/ledger.ts';
import type { TaskTables } from '../tasks/queries.ts';
import { type HeadRow, readHeads } from '../tasks/reads.ts';
import { takesSlot } from '../tasks/task-machine.ts';
import { specOf, type TaskRow } from '../tasks/task-row.ts';
import { type CoordinationMeter, NO_METER } from '../meter.ts';
import type { Classes } from './classes.ts';
import { createWaiters, type Waiter } from './waiters.ts';

/** Tasks of one class that one round gives out. */
const MAX_ROUND_TASKS = 64;
/** Lines that one statement looks at. */
const MAX_LINES = 50;
/** After a task was lost to somebody faster. */
const AGAIN_MS = 20;
/** Rounds that one who does not want to wait stays for. */
const IDLE_TURNS = 3;
/** After a round that failed. */
const RETRY_MS = 1_000;

export type SchedulerSwitches = JudgeOptions & ScoreOptions;

export interface Dispatcher extends AsyncDisposable {
  /** The agent wants work until this is disposed of. */
  wait(waiter: Waiter): Disposable;
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

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { ledger, directory, classes, clock, switches, warn, meter = NO_METER } = deps;
  const tables = deps.database.over<TaskTables>();
  const waiters = createWaiters();
  let dirtyClasses = new Set<string>();
  let dirtyAgents = new Set<string>();
  let running: Promise<void> | undefined;
  /** Assignments that the ledger has not answered yet, by task. */
  const claiming = new Map<string, Promise<void>>();
  /** How many of those are for an agent. */
  const promised = new Map<string, number>();
  let retry: Disposable | undefined;
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
      try {
        await round(dirty);
      } catch (error) {
        warn('cannot give out tasks; it is tried again', error);
        for (const id of dirty.classes) dirtyClasses.add(id);
        for (const id of dirty.agents) dirtyAgents.add(id);
        retry?.[Symbol.dispose]();
        retry = clock.after(RETRY_MS, tryAgain);
        return;
      }
    }
  }

  async function round(dirty: {
    readonly classes: ReadonlySet<string>;
    readonly agents: ReadonlySet<string>;
  }): Promise<void> {
    const agents = new Map<string, WaitingAgent>();
    const lines = new Set<TaskClass>();
    for (const id of dirty.classes) {
      const taskClass = classes.get(id);
      if (taskClass === undefined) continue;
      for (const agent of waitingFor(taskClass)) {
        agents.set(agent.agent.id, agent);
        lines.add(taskClass);
      }
    }
    for (const id of dirty.agents) {
      const agent = waitingAgent(id);
      if (agent === undefined) continue;
      agents.set(id, agent);
      for (const taskClass of classes.all())
        if (obstacleFor(taskClass, agent.agent, switches()) === undefined) lines.add(taskClass);
    }
    if (agents.size === 0 || lines.size === 0) return;
    const wants = agents.values().reduce((sum, { wants: one }) => sum + one, 0);
    const limit = Math.min(MAX_ROUND_TASKS, wants) + claiming.size;
    const heads = await readLines([...lines], limit);
    const tasks = heads.filter(({ id }) => !claiming.has(id));
    if (tasks.length === 0) return;
    const options = {
      ...switches(),
      fitnessOf: (agentId: string, classId: string) => directory.fitnessOf(agentId, classId),
    };
    const assignments = schedule(tasks, Array.from(agents.values()), options);
    for (const one of assignments) claim(one, tasks);
    meter.roundDone(assignments.length);
    // A line that was longer than what was read may have more for those who still want some.
    for (const { id } of lines)
      if (heads.filter(({ taskClass }) => taskClass.id === id).length === limit) dirtyClasses.add(id);
  }

  function claim(one: Assignment, tasks: readonly WaitingTask[]): void {
    const { taskId, agentId } = one;
    promised.set(agentId, (promised.get(agentId) ?? 0) + 1);
    const answered = assign(one, tasks)
      .catch((error: unknown) => {
        warn('cannot give out a task; it is tried again', error);
        retry ??= clock.after(RETRY_MS, tryAgain);
      })
      .finally(() => {
        claiming.delete(taskId);
        const left = (promised.get(agentId) ?? 1) - 1;
        if (left === 0) promised.delete(agentId);
        else promised.set(agentId, left);
        kick();
      });
    claiming.set(taskId, answered);
  }

  async function assign(
    { taskId, agentId, score, among }: Assignment,
    tasks: readonly WaitingTask[],
  ): Promise<void> {
    let task: TaskRow;
    try {
      const why = { ...score, among };
      task = await ledger.submit(assignment({ taskId, agentId, why, options: switches() }));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
      // Somebody was faster, or the agent is not what it was. Both are looked at again.
      await directory.refreshOne(agentId);
      const taskClass = tasks.find(({ id }) => id === taskId)?.taskClass;
      clock.after(AGAIN_MS, () => {
        dirtyAgents.add(agentId);
        if (taskClass !== undefined) dirtyClasses.add(taskClass.id);
        kick();
      });
      return;
    }
    // A budget has no room for it; the agent may have another one.
    if (task.status !== 'assigned') {
      dirtyAgents.add(agentId);
      return;
    }
    if (!waiters.give(agentId, task)) deps.undeliverable(taskId, agentId, task.claim);
    else if (waiters.wantOf(agentId) > 0) dirtyAgents.add(agentId);
  }

  async function readLines(lines: readonly TaskClass[], limit: number): Promise<readonly WaitingTask[]> {
    const tasks: WaitingTask[] = [];
    for (let at = 0; at < lines.length; at += MAX_LINES) {
      const ids = lines.slice(at, at + MAX_LINES).map(({ id }) => id);
      const heads = await readHeads(tables.read, ids, limit);
      tasks.push(...heads.flatMap(waitingTask));
    }
    return tasks;
  }

  function waitingTask(row: HeadRow): readonly WaitingTask[] {
    const taskClass = classes.get(row.class_id);
    if (taskClass === undefined) return [];
    return [{ id: row.id, rankMs: row.rank_ms, taskClass, preferredTags: specOf(row).preferredTags }];
  }

  /** The waiting agents that may have tasks of the class now. */
  function* waitingFor(taskClass: TaskClass): Iterable<WaitingAgent> {
    for (const known of candidates(taskClass)) {
      const agent = waitingAgent(known.row.id);
      if (agent !== undefined && obstacleFor(taskClass, agent.agent, switches()) === undefined) yield agent;
    }
  }

  /** The fewer of those who wait and those who suit. */
  function* candidates(taskClass: TaskClass): Iterable<KnownAgent> {
    if (waiters.size * 4 > directory.size) return yield* directory.suiting(taskClass, switches());
    for (const id of waiters.agentIds()) {
      const known = directory.get(id);
      if (known !== undefined) yield known;
    }
  }

  function waitingAgent(id: string): WaitingAgent | undefined {
    const known = directory.get(id);
    if (known === undefined) return undefined;
    const taken = promised.get(id) ?? 0;
    const wants = waiters.wantOf(id) - taken;
    if (wants <= 0) return undefined;
    const { candidate } = known;
    return { agent: { ...candidate, usedSlots: candidate.usedSlots + taken }, wants };
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
    const using = Iterator.from(waiters.agentIds()).filter((id) => directory.get(id)?.load.used !== 0);
    await directory.refreshLoads([...using]);
    for (const id of waiters.agentIds()) dirtyAgents.add(id);
    kick();
  }

  const transitions = ledger.subscribe(({ transitions: all }) => {
    for (const { before, after } of all) {
      if (after.ready === 1) dirtyClasses.add(after.class_id);
      // Its holder has a slot again.
      const holder = before?.agent_id ?? undefined;
      if (holder !== undefined && !takesSlot(after)) dirtyAgents.add(holder);
    }
    kick();
  });
  const changes = directory.subscribe((id) => {
    dirtyAgents.add(id);
    kick();
  });

  return {
    wait(waiter) {
      const waiting = waiters.add(waiter);
      dirtyAgents.add(waiter.agentId);
      kick();
      return waiting;
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
      await running;
      await Promise.all(claiming.values());
    },
  };
}
