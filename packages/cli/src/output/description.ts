// What descriptions of resources are made of: fields, and sections of rows.

import type { ApiCondition } from '@tutti/schemas';
import { oneLine } from './printable.ts';
import { tableLines } from './table.ts';

export const MAX_TEXT_WIDTH = 120;

/** Fields without a value are left out. */
export function fieldLines(
  fields: readonly (readonly [label: string, value: string | undefined])[],
): string[] {
  const shown = fields.flatMap(([label, value]) =>
    value === undefined || value === '' ? [] : [{ label: `${label}:`, value }],
  );
  const width = Math.max(...shown.map(({ label }) => label.length)) + 1;
  return shown.map(({ label, value }) => `${label.padEnd(width)}${value}`);
}

/** Nothing when there are no rows. */
export function section(title: string, rows: readonly string[][]): string[] {
  const [first, ...more] = rows;
  if (first === undefined) return [];
  return ['', `${title}:`, ...tableLines(first, more).map((line) => `  ${line}`)];
}

export function conditionLines(conditions: readonly ApiCondition[]): string[] {
  return section(
    'Conditions',
    conditions.map(({ type, status, reason = '', message = '' }) => [
      type,
      status,
      reason,
      oneLine(message, MAX_TEXT_WIDTH),
    ]),
  );
}
