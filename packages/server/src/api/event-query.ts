// Which events are asked for: `?kind=&name=&reason=&type=&since=&until=&limit=`.

import { parseDurationMs } from '@tutti/schemas';
import type { ApiEvent } from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { EVENT_KINDS, type EventKind } from '../resources/events/reasons.ts';
import { anyText, flagValue, numberValue } from './query-values.ts';

/** Events of one answer; the newest of those that fit. */
export const DEFAULT_EVENT_LIMIT = 1_000;
/** The most that one answer holds; as many as are kept. */
export const MAX_EVENT_LIMIT = 10_000;

export interface EventFilter {
  /** Only of resources of this kind. */
  readonly kind: EventKind | undefined;
  /** Only events of the resource with this name. */
  readonly name: string | undefined;
  /** Only these reasons; all when empty. */
  readonly reasons: readonly string[];
  readonly type: ApiEvent['type'] | undefined;
  /** From this time on. */
  readonly sinceMs: number | undefined;
  /** Before this time. */
  readonly untilMs: number | undefined;
}

export interface EventQuery extends EventFilter {
  readonly limit: number;
}

export const EventQuerySchema = z.object({
  kind: anyText(`Only of resources of this kind: ${EVENT_KINDS.join(', ')}.`).optional(),
  name: anyText('Only of the resource with this name.').optional(),
  reason: anyText('Only these reasons, with commas between them.').optional(),
  type: anyText('Only these: normal or warning.').optional(),
  since: anyText('From then on: a time, or how long ago (30m, 12h).').optional(),
  until: anyText('Before then: a time, or how long ago.').optional(),
  limit: numberValue(
    { min: 1, most: MAX_EVENT_LIMIT },
    `The newest so many (${DEFAULT_EVENT_LIMIT}).`,
  ).optional(),
  follow: flagValue('Whether to go on with what comes, as server-sent events.').optional(),
});

/** Times are read at a moment: how long ago counts from there. */
export function readEventQuery(
  {
    kind,
    name,
    reason = '',
    type,
    since,
    until,
    limit = DEFAULT_EVENT_LIMIT,
  }: z.output<typeof EventQuerySchema>,
  nowMs: number,
): EventQuery {
  return {
    kind: readKind(kind),
    name,
    reasons: reason.split(',').filter((text) => text !== ''),
    type: readType(type),
    sinceMs: readTime('since', since, nowMs),
    untilMs: readTime('until', until, nowMs),
    limit,
  };
}

function readKind(text: string | undefined): EventKind | undefined {
  if (text === undefined || text === '') return undefined;
  const kind = EVENT_KINDS.find((one) => one.toLowerCase() === text.toLowerCase());
  if (kind !== undefined) return kind;
  throw new AppError('invalid_params', `"kind" must be ${EVENT_KINDS.join(', ')}.`);
}

function readType(text: string | undefined): ApiEvent['type'] | undefined {
  switch (text?.toLowerCase()) {
    case undefined:
    case '':
      return undefined;
    case 'normal':
      return 'Normal';
    case 'warning':
      return 'Warning';
    default:
      throw new AppError('invalid_params', '"type" must be normal or warning.');
  }
}

/** A moment, or a duration before now. */
function readTime(name: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  const agoMs = parseDurationMs(text);
  if (agoMs !== undefined) return nowMs - agoMs;
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new AppError(
    'invalid_params',
    `"${name}" must be a time such as 2026-01-31T12:00:00Z, or how long ago: 30m, 12h.`,
  );
}
