// How long a failed attempt is waited for until the next. Pure; no chance in it, so that a plan can be told.

import type { RetryPolicy } from '@tutti/schemas';

export interface Backoff {
  readonly backoff: RetryPolicy['backoff'];
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

/** After so many failed attempts (from 1), in milliseconds. */
export function retryDelayMs({ backoff, initialDelayMs, maxDelayMs }: Backoff, failures: number): number {
  const factors = { fixed: 1, linear: failures, exponential: 2 ** (failures - 1) };
  return Math.min(maxDelayMs, initialDelayMs * factors[backoff]);
}
