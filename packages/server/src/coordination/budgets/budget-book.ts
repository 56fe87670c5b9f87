// The budgets of one batch: what was loaded and locked, and what its decisions made of it. Nothing is written here. An
// attempt reserves from all its budgets where it is given out; where its claim ends, what it used is settled, and what
// never began is given back. A task counts, and is let in by its depth, where it is submitted.

import type { BudgetAmounts, BudgetScope, BudgetUnit } from '@tutti/schemas';
import { isHeld } from '../tasks/task-machine.ts';
import { specOf, type TaskRow } from '../tasks/task-row.ts';
import type { Transition } from '../tasks/transitions.ts';
import { workedMs } from '../tasks/worked-ms.ts';
import { type BudgetRow, isLevel, release, reserve, settle, type Shortage } from './budget.ts';
import type { ReservationRow } from './queries.ts';
import { agentScope, holderOf, scopesOfTask } from './scopes.ts';

const USED: readonly BudgetUnit[] = ['tokens', 'money_micros', 'wall_time_ms'];
const COUNTED: readonly BudgetUnit[] = ['tasks', 'depth'];
const UNBEGUN: readonly Transition['event'][] = ['release', 'expire', 'cancel', 'give_up', 'reassign'];

export interface LoadedBudgets {
  readonly rows: readonly BudgetRow[];
  readonly reservations: readonly ReservationRow[];
}

export interface BudgetBook {
  /** Empty: there is room for the task, as the last of so many that come together. */
  shortagesOfSubmit(row: TaskRow, tasks?: number): readonly Shortage[];
  /** Empty: there is room for an attempt of the agent. */
  shortagesOfAttempt(row: TaskRow, agentId: string): readonly Shortage[];
  /** Each change of a task, in order. */
  take(transition: Transition, nowMs: number): void;
  /** What is to be written. */
  readonly changed: readonly BudgetRow[];
  readonly added: readonly ReservationRow[];
  readonly ended: readonly string[];
}

export function createBudgetBook(loaded: LoadedBudgets): BudgetBook {
  const rows = new Map(loaded.rows.map((row) => [keyOf(row), row]));
  const held = Map.groupBy<string, ReservationRow>(loaded.reservations, ({ holder }) => holder);
  const changed = new Set<string>();
  const added = new Map<string, readonly ReservationRow[]>();
  const ended = new Set<string>();

  function of(scopes: readonly BudgetScope[], units: readonly BudgetUnit[]): readonly BudgetRow[] {
    return scopes.flatMap((scope) => units.flatMap((unit) => rows.get(keyOf({ scope, unit })) ?? []));
  }

  function put(row: BudgetRow): void {
    const key = keyOf(row);
    rows.set(key, row);
    changed.add(key);
  }

  function forSubmit(row: TaskRow): readonly BudgetRow[] {
    return of(scopesOfTask(row), COUNTED);
  }

  /** Of an agent attempts are counted. */
  function forAttempt(row: TaskRow, agentId: string): readonly BudgetRow[] {
    const agent = [agentScope(agentId)];
    return [...of([...scopesOfTask(row), ...agent], USED), ...of(agent, COUNTED)];
  }

  function begin(row: TaskRow, agentId: string): void {
    const amounts = amountsOf(row);
    const reserved = reserve(forAttempt(row, agentId), amounts);
    // Whoever decided has asked for shortages before.
    if (reserved.kind === 'refused') return;
    const counting = reserved.rows.filter(({ unit }) => !isLevel(unit));
    if (counting.length === 0) return;
    for (const one of counting) put(one);
    const holder = holderOf(row);
    const reservations = counting.map(({ scope: { kind, id }, unit }) => ({
      holder,
      kind,
      id,
      unit,
      amount: amounts[unit] ?? 0,
    }));
    held.set(holder, reservations);
    added.set(holder, reservations);
  }

  function end({ before, event, usage }: Transition, nowMs: number): void {
    if (before === undefined) return;
    const holder = holderOf(before);
    const reservations = held.get(holder);
    if (reservations === undefined) return;
    const isUnbegun = before.status === 'assigned' && UNBEGUN.includes(event);
    const actual: BudgetAmounts = { wall_time_ms: workedMs(before, nowMs) };
    if (usage?.tokens !== undefined) actual.tokens = usage.tokens;
    if (usage?.money_micros !== undefined) actual.money_micros = usage.money_micros;
    for (const { kind, id, unit, amount } of reservations) {
      const row = rows.get(`${kind}\n${id}\n${unit}`);
      // Its limit was taken away.
      if (row === undefined) continue;
      put(isUnbegun ? release(row, amount) : settle(row, amount, actual[row.unit] ?? amount));
    }
    held.delete(holder);
    if (!added.delete(holder)) ended.add(holder);
  }

  return {
    shortagesOfSubmit: (row, tasks = 1) => shortages(forSubmit(row), { ...amountsOf(row), tasks }),
    shortagesOfAttempt: (row, agentId) => shortages(forAttempt(row, agentId), amountsOf(row)),
    take(transition, nowMs) {
      const { before, after } = transition;
      if (before === undefined) {
        for (const row of forSubmit(after)) if (!isLevel(row.unit)) put({ ...row, spent: row.spent + 1 });
        return;
      }
      const wasHeld = isHeld(before.status);
      const isNow = isHeld(after.status);
      if (wasHeld && !isNow) end(transition, nowMs);
      if (!wasHeld && isNow && after.agent_id !== null) begin(after, after.agent_id);
    },
    get changed() {
      return [...changed].toSorted().flatMap((key) => rows.get(key) ?? []);
    },
    get added() {
      return [...added.values()].flat();
    },
    get ended() {
      return [...ended];
    },
  };
}

/** A task is one, and as deep as it is, whatever it says. */
function amountsOf(row: TaskRow): BudgetAmounts {
  const { budget, depth = 0 } = specOf(row);
  return { ...budget, tasks: 1, depth };
}

function shortages(rows: readonly BudgetRow[], amounts: BudgetAmounts): readonly Shortage[] {
  const reserved = reserve(rows, amounts);
  return reserved.kind === 'refused' ? reserved.shortages : [];
}

function keyOf({ scope, unit }: Pick<BudgetRow, 'scope' | 'unit'>): string {
  return `${scope.kind}\n${scope.id}\n${unit}`;
}
