// What an executor is: the part of a worker that does the work. It knows nothing of connections, and of Tutti only which
// task it does.

import type { TaskQuestion } from '@tutti/schemas';

/** The member of `_meta` by which a call of a tool at Tutti says for which task it is made: `{task_id, claim}`. */
export const CLAIM_META = 'dev.tutti/claim';

export interface TaskResult {
  readonly success: boolean;
  /** The result of the task, or what a failed attempt leaves for the next one; JSON. */
  readonly data?: unknown;
  /** What went wrong; needed when it was no success. */
  readonly error?: string;
  /** Whether another attempt may succeed (true). */
  readonly retryable?: boolean;
}

export type Question = { readonly prompt: string } & Partial<
  Omit<TaskQuestion, 'agent_id' | 'claim' | 'prompt'>
>;

/** A task as an executor sees it. */
export interface WorkTask {
  readonly id: string;
  /** The number of the claim on it. Calls of tools that are made for it carry both (`CLAIM_META` in their `_meta`), so that
   *  they are refused once it is over. */
  readonly claim: number;
  readonly description: string;
  readonly requiredCapabilities: readonly string[];
  readonly payload: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  /** What an earlier attempt left. */
  readonly partialResult?: unknown;
  /** What other tasks hand over. */
  readonly contextualData?: unknown;
  /** How far it is, from 0 to 1, with words for people; `partialResult` is kept for the next attempt, should this one not
   *  end. Never fails and never waits: what comes too often is left out. */
  readonly progress: (fraction: number, message?: string, partialResult?: unknown) => void;
  /** Asks a person. Resolves with the answer; undefined when the person declined or nobody answered in time. */
  readonly ask: (question: Question) => Promise<unknown>;
}

export interface Executor {
  readonly capabilities: readonly string[];
  readonly tags: readonly string[];
  /** The signal is aborted when the task is lost, cancelled, or out of time: nothing that comes later is reported. */
  execute(task: WorkTask, signal: AbortSignal): Promise<TaskResult>;
}

export type ExecutorErrorCode =
  | 'invalid_payload'
  | 'invalid_data'
  | 'unsupported'
  | 'not_found'
  | 'exists'
  | 'outside_root'
  | 'refused_address'
  | 'unauthorized'
  | 'unavailable'
  | 'failed'
  | 'limit_rows'
  | 'limit_bytes'
  | 'limit_time';

/** A failure that an executor foresees. The code is stable and begins the error of the task. */
export class ExecutorError extends Error {
  readonly code: ExecutorErrorCode;
  readonly retryable: boolean;

  constructor(
    code: ExecutorErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ExecutorError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Whether the executor can do what the task requires. */
export function canDo(executor: Pick<Executor, 'capabilities'>, required: readonly string[]): boolean {
  return required.every((capability) => executor.capabilities.includes(capability));
}

/** Several executors as one; a task goes to the first that has all its required capabilities. */
export function combine(executors: readonly Executor[]): Executor {
  return {
    capabilities: [...new Set(executors.flatMap(({ capabilities }) => capabilities))],
    tags: [...new Set(executors.flatMap(({ tags }) => tags))],
    execute(task, signal) {
      const chosen = executors.find((executor) => canDo(executor, task.requiredCapabilities));
      if (chosen !== undefined) return chosen.execute(task, signal);
      const error = `unsupported: No executor of this agent has all of: ${task.requiredCapabilities.join(', ')}. Split the task, or start an agent that has them.`;
      return Promise.resolve({ success: false, error, retryable: false });
    },
  };
}
