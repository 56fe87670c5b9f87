// How much the data processor takes on. Each limit has a name that its error says.

import { ExecutorError } from '../../worker/executor.ts';

export interface DataLimits {
  /** Rows of one source. */
  readonly maxRows: number;
  /** Bytes of one source. */
  readonly maxBytes: number;
  /** Bytes of one row of text. */
  readonly maxRowBytes: number;
  /** Bytes of a JSON document, which is held whole. */
  readonly maxJsonBytes: number;
  /** Bytes of a YAML document, which is held whole and is slow to read. */
  readonly maxYamlBytes: number;
  /** Bytes that are answered; more has to go to a file. */
  readonly maxResultBytes: number;
  /** Groups of an aggregation, or keys that duplicates are told by. */
  readonly maxGroups: number;
  /** Violations that a validation lists. */
  readonly maxErrors: number;
  readonly maxTimeMs: number;
}

export const DATA_LIMITS: DataLimits = {
  maxRows: 5_000_000,
  maxBytes: 1024 ** 3,
  maxRowBytes: 1024 ** 2,
  maxJsonBytes: 16 * 1024 ** 2,
  maxYamlBytes: 1024 ** 2,
  maxResultBytes: 900 * 1024,
  maxGroups: 100_000,
  maxErrors: 100,
  maxTimeMs: 300_000,
};

/** Ends the work when its time is over. */
export async function withinTime<T>(
  maxTimeMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(maxTimeMs);
  try {
    return await work(AbortSignal.any([signal, timeout]));
  } catch (error) {
    if (signal.aborted || !timeout.aborted) throw error;
    throw new ExecutorError(
      'limit_time',
      `The work took longer than ${maxTimeMs} ms (maxTime). Split the task, or give the agent more time.`,
    );
  }
}
