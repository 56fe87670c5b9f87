// The book of one batch: what was loaded, and what the decisions so far made of it. Nothing is written here.

import { AppError } from '../../kernel/errors.ts';
import { MAX_SHOWN_AMOUNT, type AgentRow, type FitnessRow, type LoadRow } from '../agents/agent-row.ts';
import type { BudgetBook } from '../budgets/budget-book.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import type { Book, Change, Decision } from './book.ts';
import { endsTask, loadChanges, shownFitness } from './effects.ts';
import { CROWDED_EVERY, type CrowdedTask } from './old-tasks.ts';
import type { ContentRow, HistoryRow, NeededRow, NeedRow } from './queries.ts';
import type { TaskRow } from './task-row.ts';
import type { Transition } from './transitions.ts';

export interface Loaded {
  readonly nowMs: number;
  readonly tasks: readonly TaskRow[];
  readonly agents: readonly AgentRow[];
  readonly loads: readonly LoadRow[];
  readonly needs: readonly NeededRow[];
  readonly contents: readonly ContentRow[];
  readonly budgets?: BudgetBook | undefined;
}

/** What is to be written, each row once. */
export interface Draft {
  readonly book: Book;
  apply(decision: Decision): void;
  readonly isEmpty: boolean;
  readonly inserted: readonly TaskRow[];
  readonly updated: readonly TaskRow[];
  readonly history: readonly HistoryRow[];
  readonly loads: readonly LoadRow[];
  readonly fitness: readonly FitnessRow[];
  readonly contents: readonly ContentRow[];
  readonly needs: readonly NeedRow[];
  readonly classes: readonly TaskClass[];
  /** Tasks that ended. */
  readonly ended: readonly string[];
  readonly rechecked: readonly string[];
  /** Tasks whose requirements changed. */
  readonly reclassed: readonly TaskRow[];
  /** Tasks with many changes, whose history is to be looked at. */
  readonly crowded: readonly CrowdedTask[];
  /** In the order in which they were decided. */
  readonly transitions: readonly Transition[];
}

export function createDraft(loaded: Loaded): Draft {
  const { nowMs } = loaded;
  const tasks = new Map(loaded.tasks.map((row) => [row.id, row]));
  const agents = new Map(loaded.agents.map((row) => [row.id, row]));
  const loads = new Map(loaded.loads.map((row) => [row.agent_id, row]));
  const inserted = new Set<string>();
  const updated = new Set<string>();
  const changedLoads = new Set<string>();
  const history: HistoryRow[] = [];
  const fitness = new Map<string, FitnessRow>();
  const contents = new Map<string, ContentRow>();
  const needs: NeedRow[] = [];
  const classes = new Map<string, TaskClass>();
  const ended: string[] = [];
  const rechecked: string[] = [];
  const reclassed = new Set<string>();
  const crowded: CrowdedTask[] = [];
  const transitions: Transition[] = [];

  function take(transition: Transition): void {
    const { after, event, detail } = transition;
    tasks.set(after.id, after);
    if (!inserted.has(after.id)) updated.add(after.id);
    const { id: task_id, version, status, agent_id, claim } = after;
    history.push({
      task_id,
      version,
      at_ms: nowMs,
      event,
      status,
      agent_id,
      claim,
      detail: JSON.stringify(detail),
    });
    if (version % CROWDED_EVERY === 0) crowded.push({ task_id, version });
    for (const { agentId, used, completed, failed } of loadChanges(transition)) {
      const load = loads.get(agentId);
      // An agent that was removed has nothing to count any more.
      if (load === undefined) continue;
      loads.set(agentId, {
        agent_id: agentId,
        used: load.used + used,
        completed: load.completed + completed,
        failed: load.failed + failed,
        version: changedLoads.has(agentId) ? load.version : load.version + 1,
      });
      changedLoads.add(agentId);
    }
    const shown = shownFitness(transition, nowMs);
    if (shown !== undefined) addFitness(shown);
    if (endsTask(transition)) ended.push(after.id);
    loaded.budgets?.take(transition, nowMs);
    transitions.push(transition);
  }

  function addFitness(shown: FitnessRow): void {
    const key = `${shown.agent_id}\n${shown.class_id}`;
    const known = fitness.get(key);
    fitness.set(
      key,
      known === undefined
        ? shown
        : {
            ...shown,
            completed: known.completed + shown.completed,
            failed: known.failed + shown.failed,
            total_ms: known.total_ms + shown.total_ms,
            cost_micros: Math.min(MAX_SHOWN_AMOUNT, known.cost_micros + shown.cost_micros),
            tokens: Math.min(MAX_SHOWN_AMOUNT, known.tokens + shown.tokens),
            metered: known.metered + shown.metered,
          },
    );
  }

  const executors: { readonly [Kind in Change['kind']]: (change: Extract<Change, { kind: Kind }>) => void } =
    {
      submit({ row, taskClass, needs: needed }) {
        inserted.add(row.id);
        classes.set(taskClass.id, taskClass);
        for (const needs_id of needed) needs.push({ task_id: row.id, needs_id });
        take({ event: 'submit', before: undefined, after: row, detail: {} });
      },
      transition({ transition }) {
        take(transition);
      },
      content({ row }) {
        contents.set(contentKey(row.task_id, row.part), row);
      },
      rechecked({ taskId }) {
        rechecked.push(taskId);
      },
      reclassed({ taskId, taskClass }) {
        classes.set(taskClass.id, taskClass);
        if (!inserted.has(taskId)) reclassed.add(taskId);
      },
    };

  function run<Kind extends Change['kind']>(kind: Kind, change: Extract<Change, { kind: Kind }>): void {
    executors[kind](change);
  }

  const rowsOf = (ids: ReadonlySet<string>): readonly TaskRow[] =>
    [...ids].flatMap((id) => tasks.get(id) ?? []);

  return {
    book: {
      nowMs,
      budgets: loaded.budgets,
      task: (id) => tasks.get(id),
      agent(id) {
        const row = agents.get(id);
        const load = loads.get(id);
        return row === undefined || load === undefined ? undefined : { ...row, load };
      },
      content: (taskId, part) =>
        contents.get(contentKey(taskId, part))?.body ??
        loaded.contents.find((row) => row.task_id === taskId && row.part === part)?.body,
      needs: (taskId) => [
        ...loaded.needs
          .filter(({ task_id }) => task_id === taskId)
          .map((need) => ({ ...need, status: tasks.get(need.needs_id)?.status ?? need.status })),
        // Those of a task that was submitted in this very batch; what it needs is locked with it.
        ...needs
          .filter(({ task_id }) => task_id === taskId)
          .map((need) => ({ ...need, status: tasks.get(need.needs_id)?.status ?? null })),
      ],
    },
    apply({ changes }) {
      for (const change of changes) {
        if (change.kind === 'submit' && tasks.has(change.row.id))
          throw new AppError('conflict', `There is a task ${change.row.id} already.`);
        run(change.kind, change);
      }
    },
    get isEmpty() {
      return transitions.length + contents.size + rechecked.length === 0;
    },
    get inserted() {
      return rowsOf(inserted);
    },
    get updated() {
      return rowsOf(updated);
    },
    history,
    crowded,
    get loads() {
      return [...changedLoads].toSorted().flatMap((id) => loads.get(id) ?? []);
    },
    get fitness() {
      return [...fitness.keys()].toSorted().flatMap((key) => fitness.get(key) ?? []);
    },
    get contents() {
      return [...contents.values()];
    },
    needs,
    get classes() {
      return [...classes.values()];
    },
    ended,
    rechecked,
    get reclassed() {
      return rowsOf(reclassed);
    },
    transitions,
  };
}

function contentKey(taskId: string, part: string): string {
  return `${part}\n${taskId}`;
}
