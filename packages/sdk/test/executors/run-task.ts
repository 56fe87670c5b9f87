// Runs one operation of an executor on a payload, as a worker would.

import type { Executor, TaskResult, WorkTask } from '../../src/worker/executor.ts';

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

export function runTask(
  executor: Executor,
  capability: string,
  payload: unknown,
  { signal = new AbortController().signal, onProgress }: RunOptions = {},
): Promise<TaskResult> {
  const task: WorkTask = {
    id: 'task-1',
    claim: 1,
    description: capability,
    requiredCapabilities: [capability],
    payload,
    attempt: 1,
    progress: (fraction) => onProgress?.(fraction),
    ask: () => Promise.resolve(undefined),
  };
  return executor.execute(task, signal);
}
