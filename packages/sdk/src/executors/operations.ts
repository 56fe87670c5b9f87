// An executor made of named operations: each is a capability with a schema of its payload. The operation is what the task
// requires; with several, `payload.operation` says which.

import type { z } from 'zod';
import { ExecutorError, type Executor, type TaskResult, type WorkTask } from '../worker/executor.ts';

export interface Operation {
  run(task: WorkTask, signal: AbortSignal): Promise<unknown>;
}

export type Operations = Readonly<Record<string, Operation>>;

/** An operation whose payload meets its schema once, here. */
export function operation<S extends z.ZodType>(
  schema: S,
  run: (payload: z.output<S>, task: WorkTask, signal: AbortSignal) => Promise<unknown>,
): Operation {
  return {
    run(task, signal) {
      const parsed = schema.safeParse(withoutOperation(task.payload ?? {}));
      if (!parsed.success) throw new ExecutorError('invalid_payload', describeIssues(parsed.error.issues));
      return run(parsed.data, task, signal);
    },
  };
}

export function createOperations(operations: Operations, tags: readonly string[]): Executor {
  const capabilities = Object.keys(operations);
  return {
    capabilities,
    tags,
    async execute(task, signal) {
      try {
        signal.throwIfAborted();
        const name = chooseOperation(task, capabilities);
        const data = await operations[name]?.run(task, signal);
        return { success: true, data };
      } catch (error) {
        return failure(error, signal);
      }
    },
  };
}

function failure(error: unknown, signal: AbortSignal): TaskResult {
  if (error instanceof ExecutorError) {
    return { success: false, error: `${error.code}: ${error.message}`, retryable: error.retryable };
  }
  // The worker knows why it aborted.
  signal.throwIfAborted();
  throw error;
}

function chooseOperation({ payload, requiredCapabilities }: WorkTask, known: readonly string[]): string {
  const named =
    typeof payload === 'object' && payload !== null && 'operation' in payload ? payload.operation : undefined;
  if (typeof named === 'string') {
    if (known.includes(named)) return named;
    throw new ExecutorError(
      'unsupported',
      `There is no operation "${named}" here: use one of ${known.join(', ')}.`,
    );
  }
  const required = requiredCapabilities.filter((capability) => known.includes(capability));
  const [only] = required;
  if (only !== undefined && required.length === 1) return only;
  const which = required.length === 0 ? known : required;
  throw new ExecutorError(
    'invalid_payload',
    `Say which operation is meant: require one capability, or set payload.operation to one of ${which.join(', ')}.`,
  );
}

function withoutOperation(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('operation' in payload)) return payload;
  const { operation: _operation, ...rest } = payload;
  return rest;
}

const MAX_ISSUES = 5;

function describeIssues(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  const lines = issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `${['payload', ...path.map(String)].join('.')}: ${message}`);
  return `The payload does not fit. ${lines.join('; ')}`;
}
