// What may be done to one row: change its columns, or keep it or not. Pure.

import { z } from 'zod';
import { ExecutorError } from '../../worker/executor.ts';
import {
  ColumnSchema,
  ColumnsSchema,
  compare,
  convert,
  isEmpty,
  numberOf,
  textOf,
  TypesSchema,
  type Row,
  type ValueType,
} from './values.ts';

/** A row, or undefined when it is left out. Rows are numbered from 1. */
export type RowStep = (row: Row, number: number) => Row | undefined;

export const transformShape = {
  rename: z.record(ColumnSchema, ColumnSchema).optional(),
  /** New columns, or new values of known ones: `"{first} {last}"`. */
  set: z.record(ColumnSchema, z.string().max(10_000)).optional(),
  types: TypesSchema.optional(),
  /** The columns that stay, in this order. */
  select: ColumnsSchema.optional(),
  drop: ColumnsSchema.optional(),
};
const TransformSchema = z.object(transformShape);

export function transformStep({
  rename,
  set,
  types,
  select,
  drop,
}: z.output<typeof TransformSchema>): RowStep {
  const typed = Object.entries(types ?? {});
  const templates = Object.entries(set ?? {});
  return (row, number) => {
    const next: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(row)) next[rename?.[name] ?? name] = value;
    for (const [name, template] of templates) {
      next[name] = template.replace(/\{([^{}]+)\}/g, (_, column: string) =>
        textOf(known(next, column, number)),
      );
    }
    for (const [name, type] of typed) next[name] = converted(known(next, name, number), name, type, number);
    for (const name of drop ?? []) delete next[name];
    if (select === undefined) return next;
    return Object.fromEntries(select.map((name) => [name, known(next, name, number)]));
  };
}

function known(row: Row, name: string, number: number): unknown {
  if (Object.hasOwn(row, name)) return row[name];
  throw new ExecutorError(
    'invalid_data',
    `Row ${number} has no column "${name}". It has: ${Object.keys(row).slice(0, 50).join(', ')}.`,
  );
}

function converted(value: unknown, name: string, type: ValueType, number: number): unknown {
  const result = convert(value, type);
  if (result !== undefined) return result;
  throw new ExecutorError(
    'invalid_data',
    `Row ${number}: ${JSON.stringify(textOf(value).slice(0, 100))} in "${name}" is no ${type}. Clean the data first.`,
  );
}

const CONDITIONS = [
  'eq',
  'ne',
  'lt',
  'lte',
  'gt',
  'gte',
  'contains',
  'startsWith',
  'endsWith',
  'in',
  'empty',
  'notEmpty',
] as const;
const ScalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const ConditionSchema = z.strictObject({
  column: ColumnSchema,
  op: z.enum(CONDITIONS),
  /** A list for `in`; nothing for `empty` and `notEmpty`. */
  value: z.union([ScalarSchema, z.array(ScalarSchema).max(10_000)]).optional(),
});
type Condition = z.output<typeof ConditionSchema>;

export const filterShape = {
  where: z.array(ConditionSchema).min(1).max(100),
  /** Whether all conditions have to hold, or one. */
  match: z.enum(['all', 'any']).default('all'),
};
const FilterSchema = z.object(filterShape);

export function filterStep({ where, match }: z.output<typeof FilterSchema>): RowStep {
  const tests = where.map(conditionTest);
  return (row, number) => {
    const holds = (test: (row: Row, number: number) => boolean): boolean => test(row, number);
    return (match === 'all' ? tests.every(holds) : tests.some(holds)) ? row : undefined;
  };
}

function conditionTest({ column, op, value }: Condition): (row: Row, number: number) => boolean {
  const needsNone = op === 'empty' || op === 'notEmpty';
  if (needsNone !== (value === undefined) || (op === 'in') !== Array.isArray(value))
    throw new ExecutorError(
      'invalid_payload',
      `The condition on "${column}" does not fit: "in" takes a list, "empty" and "notEmpty" take no value, others take one.`,
    );
  const test = testOf(op, value);
  return (row, number) => test(known(row, column, number));
}

function testOf(op: Condition['op'], value: Condition['value']): (cell: unknown) => boolean {
  const text = Array.isArray(value) ? '' : textOf(value);
  const among = new Set((Array.isArray(value) ? value : []).map(comparable));
  switch (op) {
    case 'eq':
      return (cell) => comparable(cell) === comparable(value);
    case 'ne':
      return (cell) => comparable(cell) !== comparable(value);
    case 'lt':
      return (cell) => !isEmpty(cell) && compare(cell, value) < 0;
    case 'lte':
      return (cell) => !isEmpty(cell) && compare(cell, value) <= 0;
    case 'gt':
      return (cell) => !isEmpty(cell) && compare(cell, value) > 0;
    case 'gte':
      return (cell) => !isEmpty(cell) && compare(cell, value) >= 0;
    case 'contains':
      return (cell) => textOf(cell).includes(text);
    case 'startsWith':
      return (cell) => textOf(cell).startsWith(text);
    case 'endsWith':
      return (cell) => textOf(cell).endsWith(text);
    case 'in':
      return (cell) => among.has(comparable(cell));
    case 'empty':
      return isEmpty;
    case 'notEmpty':
      return (cell) => !isEmpty(cell);
  }
}

/** CSV knows texts only: `5` and `"5.0"` are the same number. */
function comparable(value: unknown): string | number {
  return numberOf(value) ?? textOf(value);
}
