// What a failed question means, and when it may be asked again. Pure.

import type { ModelFailure } from '../../coordination/decomposition/ports.ts';

/** What a service said, as far as it matters here. */
export interface ServiceError {
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly message: string;
}

export interface Verdict {
  readonly code: ModelFailure;
  readonly mayRetry: boolean;
}

export function judgeStatus(status: number | undefined): Verdict {
  if (status === undefined) return { code: 'unavailable', mayRetry: true };
  if (status === 429 || status === 529) return { code: 'busy', mayRetry: true };
  if (status === 408 || status >= 500) return { code: 'unavailable', mayRetry: true };
  if (status === 413) return { code: 'too_large', mayRetry: false };
  return status >= 400 ? { code: 'refused', mayRetry: false } : { code: 'invalid_answer', mayRetry: false };
}

/** `retry-after` in seconds or as a date, `retry-after-ms`. Undefined when none of them can be read. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const inMs = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(inMs) && inMs >= 0) return inMs;
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1_000 : undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
