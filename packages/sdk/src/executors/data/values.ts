// Rows and the values in their cells.

import { z } from 'zod';

export type Row = Readonly<Record<string, unknown>>;

export const ColumnSchema = z.string().min(1).max(1_000);
export const ColumnsSchema = z.array(ColumnSchema).min(1).max(1_000);
export const VALUE_TYPES = ['string', 'number', 'integer', 'boolean', 'date'] as const;
export const TypesSchema = z.record(ColumnSchema, z.enum(VALUE_TYPES));
export type ValueType = (typeof VALUE_TYPES)[number];

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number that a cell holds; undefined when it holds none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !NUMBER.test(value.trim())) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const TRUE = new Set(['true', 'yes', 'y', '1']);
const FALSE = new Set(['false', 'no', 'n', '0']);

/** The value as the type wants it; undefined when it can't be. An empty one stays null. */
export function convert(value: unknown, type: ValueType): unknown {
  if (isEmpty(value)) return null;
  const text = textOf(value).trim();
  switch (type) {
    case 'string':
      return textOf(value);
    case 'number':
      return numberOf(value);
    case 'integer': {
      const number = numberOf(value);
      return Number.isSafeInteger(number) ? number : undefined;
    }
    case 'boolean':
      return TRUE.has(text.toLowerCase()) ? true : FALSE.has(text.toLowerCase()) ? false : undefined;
    case 'date':
      return dateOf(text);
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** ISO 8601 only: what other notations mean depends on the country. A date of the day stays one. */
function dateOf(text: string): string | undefined {
  if (!DATE.test(text)) return undefined;
  const time = new Date(text.length > 10 && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(time.getTime())) return undefined;
  // The 31st of February would become one of March.
  const day = text.slice(0, 10);
  if (new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) return undefined;
  return text.length === 10 ? text : time.toISOString();
}

/** Below 0 when `a` comes first: as numbers where both are numbers, else by their characters. */
export function compare(a: unknown, b: unknown): number {
  const [first, second] = [numberOf(a), numberOf(b)];
  if (first !== undefined && second !== undefined) return first - second;
  const [left, right] = [textOf(a), textOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
