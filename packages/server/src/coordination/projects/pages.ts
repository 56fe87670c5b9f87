// Lists of projects and goals, the newest first. A cursor is the last one that was seen.

import { AppError } from '../../kernel/errors.ts';
import type { PageOf } from './queries.ts';

interface Listed {
  readonly id: string;
  readonly created_ms: number;
}

/** Undefined: these are the last ones. */
export function cursorAfter(rows: readonly Listed[], limit: number): string | undefined {
  const last = rows.length < limit ? undefined : rows.at(-1);
  return last === undefined ? undefined : Buffer.from(`${last.created_ms} ${last.id}`).toString('base64url');
}

export function placeOf(cursor: string | undefined): PageOf['after'] {
  if (cursor === undefined) return undefined;
  const [, createdMs, id] = /^(\d{1,16}) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (createdMs !== undefined && id !== undefined) return { createdMs: Number(createdMs), id };
  throw new AppError('invalid_params', 'cursor: not one of ours; begin without one.');
}
