// A task as the store has it, for tests of what looks at rows alone.

import type { TaskRow } from '../../../src/coordination/tasks/task-row.ts';

const SPEC = {
  required_capabilities: [],
  requiredTags: [],
  preferredTags: [],
  target: null,
  timeoutMs: 300_000,
  maxRetries: 3,
  backoff: 'fixed',
  initialDelayMs: 0,
  maxDelayMs: 0,
  depends_on: [],
  on_dependency_failure: 'fail',
  on_unsatisfiable: 'wait',
};

export function newTaskRow(row: Pick<TaskRow, 'id'> & Partial<TaskRow>): TaskRow {
  return {
    class_id: 'class',
    domain: 'default',
    rank_ms: 0,
    ready: 1,
    status: 'pending',
    reason: 'ready',
    message: null,
    description: 'work',
    priority: 5,
    spec: JSON.stringify(SPEC),
    principal: 'local',
    parent_id: null,
    workflow_id: null,
    project_id: null,
    goal_id: null,
    agent_id: null,
    claim: 0,
    attempts: 0,
    progress: null,
    error: null,
    dead_letter: 0,
    due_ms: null,
    deadline_ms: null,
    not_before_ms: null,
    created_ms: 0,
    assigned_ms: null,
    started_ms: null,
    waiting_ms: null,
    wait_due_ms: null,
    ended_ms: null,
    version: 1,
    ...row,
  };
}
