// What an executor came to, as a report that can be sent. Pure.

import { MAX_TASK_CONTENT_BYTES } from '@tutti/schemas';
import { ExecutorError, type TaskResult } from './executor.ts';
import type { Failure } from './work-api.ts';

export type Ended =
  | { readonly kind: 'complete'; readonly result: unknown }
  | { readonly kind: 'fail'; readonly failure: Failure };

const MAX_ERROR_CHARS = 4_000;

export function endedBy({ success, data, error, retryable = true }: TaskResult): Ended {
  if (!success) {
    const failure = { error: words(error ?? 'The executor failed and gave no reason.'), retryable };
    return {
      kind: 'fail',
      failure: checkJson(data) === undefined ? { ...failure, partial_result: data } : failure,
    };
  }
  const unfit = checkJson(data);
  return unfit === undefined ? { kind: 'complete', result: data } : failed(unfit, false);
}

/** What was thrown. Only failures that the executor foresees say that another attempt is of no use. */
export function endedByError(error: unknown): Ended {
  if (error instanceof ExecutorError) return failed(`${error.code}: ${error.message}`, error.retryable);
  return failed(error instanceof Error ? error.message || error.name : String(error), true);
}

export function failed(error: string, retryable: boolean, partialResult?: unknown): Ended {
  const unfit = checkJson(partialResult);
  return {
    kind: 'fail',
    failure: {
      error: words(error),
      retryable,
      ...(unfit === undefined && partialResult !== undefined && { partial_result: partialResult }),
    },
  };
}

/** Why a value can't be sent; undefined when it can. */
export function checkJson(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `invalid_data: The result is no JSON: ${why}`;
  }
  if (text === undefined) return 'invalid_data: The result is no JSON.';
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_TASK_CONTENT_BYTES) return undefined;
  return `limit_bytes: The result has ${bytes} bytes of JSON, and at most ${MAX_TASK_CONTENT_BYTES} are kept. Write it to a file and answer with its path.`;
}

function words(error: string): string {
  return error.length <= MAX_ERROR_CHARS ? error || 'failed' : `${error.slice(0, MAX_ERROR_CHARS - 1)}…`;
}
