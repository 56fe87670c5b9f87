// What a batch of decisions sees: the tasks and agents that they named, locked, as they are after the decisions before
// them in the same batch. A decision reads it and returns what is to change; the ledger does the rest.

import type { AgentRow, LoadRow } from '../agents/agent-row.ts';
import type { BudgetBook } from '../budgets/budget-book.ts';
import type { NewPlace } from '../budgets/scopes.ts';
import type { TaskClass } from '../scheduling/requirements.ts';
import type { ContentRow, NeededRow, TaskPart } from './queries.ts';
import type { TaskRow } from './task-row.ts';
import type { Transition } from './transitions.ts';

export interface Book {
  /** The database's clock. */
  readonly nowMs: number;
  task(id: string): TaskRow | undefined;
  /** As it is registered; its load counts what the batch gave it already. */
  agent(id: string): (AgentRow & { readonly load: LoadRow }) | undefined;
  /** What a task asks or was answered, for intents that asked for it. */
  content(taskId: string, part: TaskPart): string | undefined;
  /** What a task needs, for intents that asked for it. */
  needs(taskId: string): readonly NeededRow[];
  /** Undefined: there are none. */
  readonly budgets: Pick<BudgetBook, 'shortagesOfSubmit' | 'shortagesOfAttempt'> | undefined;
}

export type Change =
  | {
      readonly kind: 'submit';
      readonly row: TaskRow;
      readonly taskClass: TaskClass;
      readonly needs: readonly string[];
    }
  | { readonly kind: 'transition'; readonly transition: Transition }
  | ({ readonly kind: 'content' } & { readonly row: ContentRow })
  | { readonly kind: 'rechecked'; readonly taskId: string }
  /** It wants something else of an agent than before. */
  | { readonly kind: 'reclassed'; readonly taskId: string; readonly taskClass: TaskClass };

export interface Decision {
  /** The answer: the task after it. */
  readonly task: TaskRow;
  readonly changes: readonly Change[];
}

/** Something that is wanted of the ledger. */
export interface Intent {
  /** Tasks that it decides about, or by; they are locked. */
  readonly tasks: readonly string[];
  /** The only agents that may hold its tasks where it changes them; left out: they are looked up. */
  readonly holders?: readonly string[] | undefined;
  /** Agents that it gives something to. */
  readonly agents?: readonly string[] | undefined;
  /** Tasks whose dependencies it looks at. */
  readonly needsOf?: readonly string[] | undefined;
  /** Tasks whose question it looks at. */
  readonly contentsOf?: readonly string[] | undefined;
  /** Tasks that it may give to an agent, who is told what they carry. */
  readonly handsOut?: readonly string[] | undefined;
  /** Tasks that it adds, which may count for budgets. */
  readonly budgets?: readonly NewPlace[] | undefined;
  /** The same again gets the first answer. */
  readonly once?: Once | undefined;
  /** Throws an AppError to refuse: then nothing of it happens. Pure. */
  decide(book: Book): Decision;
}

/** An idempotency key of a principal, and a digest of what it was used for. */
export interface Once {
  readonly principal: string;
  readonly key: string;
  readonly digest: string;
}

export function transition(change: Transition): Decision {
  return { task: change.after, changes: [{ kind: 'transition', transition: change }] };
}
