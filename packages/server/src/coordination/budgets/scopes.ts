// Which budgets a task counts for. Pure.

import type { BudgetScope } from '@tutti/schemas';
import { specOf, type TaskRow } from '../tasks/task-row.ts';

/** A task that is being added. */
export interface NewPlace {
  readonly task: string;
  readonly workflow?: string | undefined;
  readonly parent?: string | undefined;
}

/** Of the tree and the run that it belongs to. */
export function scopesOfTask(row: Pick<TaskRow, 'id' | 'spec' | 'workflow_id'>): readonly BudgetScope[] {
  return scopes(specOf(row).root ?? row.id, row.workflow_id);
}

export function scopesOfPlace(
  { task, workflow, parent }: NewPlace,
  known: (id: string) => TaskRow | undefined,
): readonly BudgetScope[] {
  const above = parent === undefined ? undefined : known(parent);
  // A parent that is added by the same batch brings its own.
  const root = above === undefined ? task : (specOf(above).root ?? above.id);
  return scopes(root, workflow ?? null);
}

export function agentScope(id: string): BudgetScope {
  return { kind: 'agent', id };
}

/** One attempt. */
export function holderOf({ id, claim }: Pick<TaskRow, 'id' | 'claim'>): string {
  return `${id}#${claim}`;
}

function scopes(root: string, workflow: string | null): readonly BudgetScope[] {
  const tree: BudgetScope = { kind: 'task_tree', id: root };
  return workflow === null || workflow === '' ? [tree] : [tree, { kind: 'run', id: workflow }];
}
