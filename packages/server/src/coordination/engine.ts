// The moving parts of coordination, joined: the ledger that changes tasks, the directory of agents, the dispatcher that
// brings both together, the sweeper for what time does. After each commit, first memory, then whoever waits, then others.

import type { AgentPermission, ApiTask, Handout } from '@tutti/schemas';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { coalesce } from '../kernel/coalesce.ts';
import type { MakeId } from '../kernel/ids.ts';
import type { Database } from '../store/database.ts';
import type { AgentRow } from './agents/agent-row.ts';
import { type Beats, createBeats } from './agents/beats.ts';
import { createDirectory, type Directory } from './agents/directory.ts';
import { type Caller, createRegistry, type Registry } from './agents/registry.ts';
import { type DeclaredRoles, may } from './agents/roles.ts';
import { type BudgetFlag, createBudgetFlag } from './budgets/flag.ts';
import { ANY_DOMAIN, type DomainSettings } from './domains.ts';
import { type Classes, createClasses } from './dispatch/classes.ts';
import { createDispatcher, type Dispatcher, type SchedulerSwitches } from './dispatch/dispatcher.ts';
import { createHandouts, type Handouts } from './dispatch/handouts.ts';
import { createHolding, type Holding } from './dispatch/holding.ts';
import { createLosses, lossOf, type Losses } from './dispatch/losses.ts';
import { createDuties, type Duties } from './dispatch/duties.ts';
import { NO_WITNESSES, type Witnesses } from './evidence/ports.ts';
import { createProving, type Proving } from './evidence/proving.ts';
import { createTaskRetention } from './retention.ts';
import { describeFindings, findingsFor } from './scheduling/reasons.ts';
import { type CoordinationMeter, NO_METER } from './meter.ts';
import type { TaskClass } from './scheduling/requirements.ts';
import type { ProjectNews } from './projects/projects.ts';
import { createSweeper, SILENT_GRACE_MS, SILENT_INTERVALS } from './sweep/sweeper.ts';
import { createLedger, type Committed, type Ledger } from './tasks/ledger.ts';
import type { ContentRow, TaskTables } from './tasks/queries.ts';
import { readContentsOf, readHeldBy, readTasks } from './tasks/reads.ts';
import { releaseReport, type Report } from './tasks/reports.ts';
import { createTaskNews, type TaskNews } from './tasks/task-news.ts';
import type { TaskRow } from './tasks/task-row.ts';
import { taskView } from './tasks/task-view.ts';

/** Where other hosts tell that tasks or agents changed. */
const TASKS_TOPIC = 'coordination/tasks';
const AGENTS_TOPIC = 'coordination/agents';
/** What this host writes it knows. */
const OTHERS = { othersOnly: true } as const;

export interface CoordinationEvents {
  agentChanged(agent: AgentRow, what: 'registered' | 'silent' | 'heard' | 'removed'): void;
  tasksChanged(committed: Committed): void;
  /** Others may have changed tasks, or some were deleted: who counts them by their changes has to count again. */
  recount?(): void;
  /** Nobody who is registered could ever do it. */
  unsatisfiable(taskId: string, message: string): void;
  /** A project or a goal was made, or has another status. */
  projectChanged?(news: ProjectNews): void;
}

export interface CoordinationDeps {
  readonly database: Database<object>;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly switches: () => SchedulerSwitches;
  /** As they are declared now; left out: any domain, without policies. */
  readonly domains?: () => DomainSettings;
  /** Roles that are declared. */
  readonly roles: () => DeclaredRoles;
  readonly events: CoordinationEvents;
  /** What proofs are checked against; left out: nothing can be found out. */
  readonly witnesses?: Witnesses;
  readonly warn: (message: string, cause?: unknown) => void;
  /** Nothing is measured when left out. */
  readonly meter?: CoordinationMeter;
}

/** What the faces of agents and tasks work with. */
export interface Engine extends AsyncDisposable {
  readonly database: Database<TaskTables>;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly events: CoordinationEvents;
  readonly registry: Registry;
  readonly directory: Directory;
  readonly beats: Beats;
  readonly ledger: Ledger;
  readonly budgetFlag: BudgetFlag;
  readonly proving: Proving;
  readonly handouts: Handouts;
  readonly reserve: Dispatcher['reserve'];
  readonly losses: Losses;
  readonly duties: Duties;
  readonly holding: Holding;
  readonly declaredRoles: () => DeclaredRoles;
  /** Throws where the caller acts in the name of an agent whose role does not allow it. */
  readonly requirePermission: (by: Caller, permission: AgentPermission) => void;
  readonly news: TaskNews;
  /** Null: there is no such task. */
  readonly rowOf: (taskId: string) => Promise<TaskRow | null>;
  readonly classes: Classes;
  readonly switches: () => SchedulerSwitches;
  readonly domains: () => DomainSettings;
  /** Agents were changed here: others are told, and what follows is looked at. */
  readonly agentsChanged: () => void;
  /** The task as callers see it, with what it carries. */
  readonly view: (row: TaskRow) => Promise<ApiTask>;
  /** The words for why no registered agent could ever do a ready task; undefined: one could. */
  readonly unsatisfiable: (row: TaskRow) => string | undefined;
  /** The same for a task that is not there yet. */
  readonly nobodyFor: (taskClass: TaskClass) => string | undefined;
}

export async function openEngine(deps: CoordinationDeps): Promise<Engine> {
  const {
    database,
    clock,
    makeId,
    switches,
    events,
    warn,
    meter = NO_METER,
    witnesses = NO_WITNESSES,
    domains = () => ANY_DOMAIN,
  } = deps;
  // Hints between hosts; what they say is looked up.
  const { feed } = database;
  const tables = database.over<TaskTables>();
  await using stack = new AsyncDisposableStack();
  const directory = createDirectory(database);
  const classes = createClasses(database);
  const budgetFlag = createBudgetFlag(database);
  await Promise.all([directory.refresh(), classes.refresh(), budgetFlag.refresh()]);
  const beats = stack.use(createBeats({ database, clock, revived, warn, meter }));
  const registry = createRegistry({ database, directory, beats, clock });
  const ledger = stack.use(createLedger({ database, meter, budgetFlag }));
  const closing = new AbortController();
  const proving = createProving({
    database: tables,
    ledger,
    directory,
    witnesses,
    signal: closing.signal,
  });
  stack.defer(() => closing.abort());
  const losses = createLosses();
  stack.use(ledger.subscribe(committed));
  const contentsOf = coalesce((ids) => readContentsOf(tables, ids));
  const heldBy = coalesce((ids) => readHeldBy(tables, ids));
  const duties = stack.use(createDuties({ ledger, directory, readHeld: heldBy }));
  const rowOf = coalesce((ids) => readTasks(tables, ids));
  const holding = createHolding({ ledger, readTask: rowOf });
  const news = stack.use(createTaskNews(ledger));
  const dispatcher = stack.use(
    createDispatcher({
      database,
      ledger,
      directory,
      classes,
      clock,
      switches,
      undeliverable: (taskId, agentId, claim) => giveBack({ taskId, agentId, claim }),
      warn,
      meter,
    }),
  );
  const handouts = stack.use(
    createHandouts({
      dispatcher,
      ledger,
      directory,
      clock,
      readHeld: heldBy,
      readTask: rowOf,
      show,
      giveBack: ({ id, agent_id, claim }) => giveBack({ taskId: id, agentId: agent_id ?? '', claim }),
    }),
  );
  const sweeper = stack.use(
    createSweeper({ database, ledger, clock, nextSilenceMs, isAlive, silenced, warn }),
  );
  stack.use(feed.listen(TASKS_TOPIC, () => void lookAgain(), OTHERS));
  stack.use(feed.listen(AGENTS_TOPIC, () => void refreshAgents(), OTHERS));
  let closed = false;
  stack.defer(() => {
    closed = true;
  });
  stack.use(
    createTaskRetention({
      database,
      clock,
      isUsed: () => directory.size > 0 || classes.version > 0,
      deleted: () => events.recount?.(),
      warn,
    }),
  );
  sweeper.wake();

  function committed(all: Committed): void {
    for (const taskClass of all.classes) classes.add(taskClass);
    for (const load of all.loads) directory.putLoad(load);
    for (const shown of all.fitness) directory.addFitness(shown);
    if (all.rechecks > 0) sweeper.wakeAt(0);
    for (const transition of all.transitions) {
      const { due_ms: dueMs } = transition.after;
      if (dueMs !== null) sweeper.wakeAt(dueMs);
      const loss = lossOf(transition);
      if (loss !== undefined)
        losses.add(loss.agentId, { task_id: loss.task_id, claim: loss.claim, reason: loss.reason });
    }
    events.tasksChanged(all);
    feed.notify(TASKS_TOPIC);
  }

  async function lookAgain(): Promise<void> {
    try {
      duties.lookAgain();
      events.recount?.();
      await classes.refresh();
      news.lookAgain();
      await dispatcher.lookAgain();
      await handouts.lookAgain();
      sweeper.wake();
    } catch (error) {
      if (!closed) warn('cannot look at the tasks of others; it is tried again', error);
    }
  }

  async function refreshAgents(): Promise<void> {
    try {
      await directory.refresh();
      sweeper.wake();
    } catch (error) {
      if (!closed) warn('cannot look at the agents of others; it is tried again', error);
    }
  }

  function revived(rows: readonly AgentRow[]): void {
    for (const row of rows) {
      directory.put(row);
      events.agentChanged(row, 'heard');
    }
    feed.notify(AGENTS_TOPIC);
  }

  function silenced(rows: readonly AgentRow[]): void {
    for (const row of rows) {
      directory.put(row);
      events.agentChanged(row, 'silent');
    }
    feed.notify(AGENTS_TOPIC);
  }

  function isAlive(id: string, heartbeatMs: number): boolean {
    const lastMs = beats.lastMs(id);
    return lastMs !== undefined && clock.nowMs() - lastMs < SILENT_INTERVALS * heartbeatMs;
  }

  /** As far as this host knows: what others heard is in the store. */
  function nextSilenceMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { row } of directory.all()) {
      if (row.phase === 'Unknown') continue;
      const lastMs = beats.lastMs(row.id) ?? row.changed_ms;
      const silentMs = lastMs + SILENT_INTERVALS * row.heartbeat_ms + SILENT_GRACE_MS;
      if (nextMs === undefined || silentMs < nextMs) nextMs = silentMs;
    }
    return nextMs;
  }

  function giveBack(report: Report): void {
    const reason = 'it was gone when the task was handed out';
    ledger.submit(releaseReport({ ...report, reason })).catch(() => undefined);
  }

  async function show(row: TaskRow, contents?: readonly ContentRow[]): Promise<Handout> {
    return { task: taskView(row, contents ?? (await contentsOf(row.id)), undefined), claim: row.claim };
  }

  function nobodyFor(taskClass: TaskClass): string | undefined {
    for (const _suiting of directory.suiting(taskClass, switches())) return undefined;
    const candidates = Iterator.from(directory.all()).map(({ candidate }) => candidate);
    const findings = findingsFor(taskClass, candidates, switches());
    return `No registered agent could do it: ${describeFindings(taskClass, findings)}.`;
  }

  function unsatisfiable(row: TaskRow): string | undefined {
    const taskClass = classes.get(row.class_id);
    return row.ready !== 1 || taskClass === undefined ? undefined : nobodyFor(taskClass);
  }

  async function view(row: TaskRow): Promise<ApiTask> {
    return taskView(row, await contentsOf(row.id), unsatisfiable(row));
  }

  function requirePermission(by: Caller, permission: AgentPermission): void {
    if (by.agentId === undefined) return;
    const { role } = registry.heard(by.agentId, by);
    if (may(deps.roles(), role, permission)) return;
    throw new AppError(
      'refused',
      `${by.agentId} has the role ${role}, which does not allow "${permission}"; list_roles says which roles do.`,
      { details: { kind: 'role', permission } },
    );
  }

  function agentsChanged(): void {
    feed.notify(AGENTS_TOPIC);
    sweeper.wake();
  }

  const owned = stack.move();
  return {
    database: tables,
    clock,
    makeId,
    events,
    registry,
    directory,
    beats,
    ledger,
    budgetFlag,
    proving,
    handouts,
    reserve: (taskId, kind) => dispatcher.reserve(taskId, kind),
    losses,
    duties,
    holding,
    declaredRoles: deps.roles,
    requirePermission,
    news,
    rowOf,
    classes,
    switches,
    domains,
    agentsChanged,
    view,
    unsatisfiable,
    nobodyFor,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
