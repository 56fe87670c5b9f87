// Which events are asked for: `?kind=&name=&reason=&type=&since=&until=&limit=`.

import { parseDurationMs } from '@tutti/schemas';
import type { ApiEvent } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { EVENT_KINDS, type EventKind } from '../resources/events/reasons.ts';

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

export function readEventQuery(
  query: Readonly<Record<string, readonly string[] | undefined>>,
  nowMs: number,
): EventQuery {
  const [name] = query['name'] ?? [];
  const [type] = query['type'] ?? [];
  const [kind] = query['kind'] ?? [];
  const [limit] = query['limit'] ?? [];
  return {
    kind: readKind(kind),
    name,
    reasons: (query['reason'] ?? []).flatMap((text) => text.split(',')).filter((text) => text !== ''),
    type: readType(type),
    sinceMs: readTime('since', query['since']?.[0], nowMs),
    untilMs: readTime('until', query['until']?.[0], nowMs),
    limit: readLimit(limit),
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

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_EVENT_LIMIT;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new AppError('invalid_params', '"limit" must be a number from 1.');
  return Math.min(Number(text), MAX_EVENT_LIMIT);
}
