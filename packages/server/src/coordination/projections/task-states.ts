// What other systems call the state of a task: one table, from which everything else is read.

import {
  TASK_REASONS,
  TASK_STATUSES,
  type TaskReason,
  type TaskStates,
  type TaskStatus,
} from '@tutti/schemas';

/** By status. */
const BY_STATUS: Readonly<Record<TaskStatus, TaskStates>> = {
  pending: { a2a: 'TASK_STATE_SUBMITTED', mcp: 'working', conductor: 'Pending' },
  assigned: { a2a: 'TASK_STATE_SUBMITTED', mcp: 'working', conductor: 'Assigned' },
  in_progress: { a2a: 'TASK_STATE_WORKING', mcp: 'working', conductor: 'Running' },
  waiting: { a2a: 'TASK_STATE_WORKING', mcp: 'working', conductor: 'Running' },
  completed: { a2a: 'TASK_STATE_COMPLETED', mcp: 'completed', conductor: 'Completed' },
  failed: { a2a: 'TASK_STATE_FAILED', mcp: 'failed', conductor: 'Failed' },
  cancelled: { a2a: 'TASK_STATE_CANCELED', mcp: 'cancelled', conductor: 'Cancelled' },
};

/** Where the reason of a waiting task says more. Only a question can be answered by whoever asks for the task's state:
 *  proofs come from its agent, an approval from a reviewer. */
const BY_REASON: Partial<Record<TaskReason, TaskStates>> = {
  input: { a2a: 'TASK_STATE_INPUT_REQUIRED', mcp: 'input_required', conductor: 'WaitingForElicitation' },
};

export function projectTask(status: TaskStatus, reason?: TaskReason): TaskStates {
  const byReason = status === 'waiting' && reason !== undefined ? BY_REASON[reason] : undefined;
  return byReason ?? BY_STATUS[status];
}

type System = keyof TaskStates;

/** The statuses, with the reasons that matter, that a state of another system stands for; for filters. */
export function statusesOf(
  system: System,
  state: string,
): readonly { readonly status: TaskStatus; readonly reason: TaskReason | undefined }[] {
  const all = TASK_STATUSES.flatMap((status) =>
    [undefined, ...(status === 'waiting' ? TASK_REASONS : [])].map((reason) => ({ status, reason })),
  );
  return all.filter(({ status, reason }) => projectTask(status, reason)[system] === state);
}
