// Which budgets a task counts for. Pure.

import type { BudgetScope } from '@tutti/schemas';
import { specOf, type TaskRow } from '../tasks/task-row.ts';

/** A task that is being added. */
export interface NewPlace {
  readonly task: string;
  readonly project?: string | undefined;
  readonly workflow?: string | undefined;
  readonly parent?: string | undefined;
}

/** Of the project, the runs and the tree that it belongs to. */
export function scopesOfTask(
  row: Pick<TaskRow, 'id' | 'spec' | 'workflow_id' | 'project_id'>,
): readonly BudgetScope[] {
  const { root = row.id, run } = specOf(row);
  return scopes(root, [run, row.workflow_id], row.project_id);
}

export function scopesOfPlace(
  { task, project, workflow, parent }: NewPlace,
  known: (id: string) => TaskRow | undefined,
): readonly BudgetScope[] {
  const above = parent === undefined ? undefined : known(parent);
  // A parent that is added by the same batch brings its own.
  if (above === undefined) return scopes(task, [workflow], project);
  const { root = above.id, run = above.workflow_id } = specOf(above);
  return scopes(root, [run, workflow], project ?? above.project_id);
}

export function agentScope(id: string): BudgetScope {
  return { kind: 'agent', id };
}

/** One attempt. */
export function holderOf({ id, claim }: Pick<TaskRow, 'id' | 'claim'>): string {
  return `${id}#${claim}`;
}

type Name = string | null | undefined;

function scopes(root: string, runs: readonly Name[], project: Name): readonly BudgetScope[] {
  const all: BudgetScope[] = [{ kind: 'task_tree', id: root }];
  for (const id of new Set(runs)) if (isName(id)) all.push({ kind: 'run', id });
  if (isName(project)) all.push({ kind: 'project', id: project });
  return all;
}

function isName(name: Name): name is string {
  return name !== undefined && name !== null && name !== '';
}
