// Cleaning: white space, empty rows, missing and wrong values, duplicates. Says how many rows it left out, and why.

import { z } from 'zod';
import { ExecutorError } from '../../worker/executor.ts';
import type { RowStep } from './steps.ts';
import { ColumnSchema, ColumnsSchema, convert, isEmpty, textOf, TypesSchema, type Row } from './values.ts';

export const cleanShape = {
  /** Takes white space off both ends. */
  trim: z.boolean().default(true),
  /** Leaves rows out that have no value at all. */
  dropEmpty: z.boolean().default(true),
  /** Values for empty cells. */
  fill: z.record(ColumnSchema, z.union([z.string(), z.number(), z.boolean()])).optional(),
  /** Rows without a value there are left out. */
  required: ColumnsSchema.optional(),
  types: TypesSchema.optional(),
  /** What becomes of a value that is not of its type: its row is left out, it is made empty, or the task fails. */
  invalid: z.enum(['drop', 'empty', 'fail']).default('drop'),
  /** Of rows that are equal in these columns the first stays. */
  dedupeBy: ColumnsSchema.optional(),
  case: z.record(ColumnSchema, z.enum(['lower', 'upper'])).optional(),
};
const CleanSchema = z.object(cleanShape);

export interface CleanReport {
  empty: number;
  missing: number;
  invalid: number;
  duplicate: number;
  filled: number;
  emptied: number;
}

export function createCleaner(
  options: z.output<typeof CleanSchema>,
  maxGroups: number,
): { readonly step: RowStep; readonly report: CleanReport } {
  const report: CleanReport = { empty: 0, missing: 0, invalid: 0, duplicate: 0, filled: 0, emptied: 0 };
  const seen = new Set<string>();
  const types = Object.entries(options.types ?? {});
  const fills = Object.entries(options.fill ?? {});
  const cases = Object.entries(options.case ?? {});

  const step: RowStep = (row, number) => {
    if (options.dropEmpty && Object.values(row).every(isEmpty)) return left('empty');
    const next: Record<string, unknown> = options.trim ? trimmed(row) : { ...row };
    for (const [name, to] of cases) {
      const value = next[name];
      if (typeof value === 'string') next[name] = to === 'lower' ? value.toLowerCase() : value.toUpperCase();
    }
    for (const [name, type] of types) {
      const value = convert(next[name], type);
      if (value !== undefined) {
        next[name] = value;
        continue;
      }
      if (options.invalid === 'fail')
        throw new ExecutorError(
          'invalid_data',
          `Row ${number}: ${JSON.stringify(textOf(next[name]).slice(0, 100))} in "${name}" is no ${type}.`,
        );
      if (options.invalid === 'drop') return left('invalid');
      next[name] = null;
      report.emptied += 1;
    }
    for (const [name, value] of fills) {
      if (!isEmpty(next[name])) continue;
      next[name] = value;
      report.filled += 1;
    }
    if (options.required?.some((name) => isEmpty(next[name])) === true) return left('missing');
    if (options.dedupeBy === undefined) return next;
    const key = JSON.stringify(options.dedupeBy.map((name) => textOf(next[name])));
    if (seen.has(key)) return left('duplicate');
    if (seen.size >= maxGroups)
      throw new ExecutorError(
        'limit_rows',
        `More than ${maxGroups} different rows (maxGroups) can't be told apart at once. Split the data, or leave dedupeBy out.`,
      );
    seen.add(key);
    return next;
  };

  function left(why: keyof CleanReport): undefined {
    report[why] += 1;
  }

  return { step, report };
}

function trimmed(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value]),
  );
}
