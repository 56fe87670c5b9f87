// Durations as people write them: `500ms`, `30s`, `5m`, `1h`, or a number of seconds. Inside they are milliseconds.

import { z } from 'zod';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const NOT_A_DURATION = 'not a duration; write `500ms`, `30s`, `5m`, `1h` or a number of seconds';
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** No timer of ours runs longer than this. */
export const MAX_DURATION_MS = 24 * 3_600_000;

/** Milliseconds, or undefined when the text is no duration. */
export function parseDurationMs(value: string | number): number | undefined {
  if (typeof value === 'number') return Math.round(value * 1_000);
  const [, amount, unit] = DURATION.exec(value) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return Math.round(Number(amount) * (UNIT_MS[unit] ?? Number.NaN));
}

/** The shortest way to write a duration: 90000 is `90s`, 300000 is `5m`. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    const size = UNIT_MS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** A duration field within a range; comes out as milliseconds. */
export function durationMs(range: { readonly minMs: number; readonly maxMs: number }) {
  return z
    .union([z.number().nonnegative(), z.string().regex(DURATION, NOT_A_DURATION)], {
      error: NOT_A_DURATION,
    })
    .transform((value, context) => {
      const ms = parseDurationMs(value);
      if (ms !== undefined && ms >= range.minMs && ms <= range.maxMs) return ms;
      context.addIssue({
        code: 'custom',
        message: `out of range; write a duration from ${formatDuration(range.minMs)} to ${formatDuration(range.maxMs)}`,
      });
      return z.NEVER;
    });
}
