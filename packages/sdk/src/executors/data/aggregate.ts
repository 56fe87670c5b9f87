// Groups of rows and what is counted of them. Sums are exact to the last place that doubles can hold (Neumaier), so that
// their order does not matter.

import { z } from 'zod';
import { ExecutorError } from '../../worker/executor.ts';
import { ColumnSchema, ColumnsSchema, compare, isEmpty, numberOf, textOf, type Row } from './values.ts';

export const METRICS = ['count', 'sum', 'avg', 'min', 'max', 'distinct'] as const;

const MetricSchema = z.strictObject({
  op: z.enum(METRICS),
  /** Not needed to count rows; a count of a column counts the cells that hold something. */
  column: ColumnSchema.optional(),
});
type Metric = z.output<typeof MetricSchema>;

export const aggregateShape = {
  groupBy: ColumnsSchema.optional(),
  /** By the names that they get. */
  metrics: z
    .record(ColumnSchema, MetricSchema)
    .refine((metrics) => Object.keys(metrics).length > 0, 'name one at least'),
};
const AggregateSchema = z.object(aggregateShape);

interface Accumulator {
  add(row: Row, number: number): void;
  value(): unknown;
}

interface Group {
  readonly key: readonly unknown[];
  readonly metrics: readonly Accumulator[];
}

export function createAggregator(
  { groupBy = [], metrics }: z.output<typeof AggregateSchema>,
  maxGroups: number,
): { add(row: Row, number: number): void; rows(): readonly Row[] } {
  const groups = new Map<string, Group>();
  const named = Object.entries(metrics);
  // Distinct values are held too.
  let distinct = 0;
  const onDistinct = (): void => {
    distinct += 1;
    if (distinct > maxGroups) throw tooMany('different values', maxGroups);
  };
  const newGroup = (key: readonly unknown[]): Group => ({
    key,
    metrics: named.map(([, metric]) => accumulatorOf(metric, onDistinct)),
  });
  if (groupBy.length === 0) groups.set('[]', newGroup([]));
  return {
    add(row, number) {
      const key = groupBy.map((name) => cell(row, name, number));
      const text = JSON.stringify(key);
      let group = groups.get(text);
      if (group === undefined) {
        if (groups.size >= maxGroups) throw tooMany('groups', maxGroups);
        group = newGroup(key);
        groups.set(text, group);
      }
      for (const metric of group.metrics) metric.add(row, number);
    },
    rows: () =>
      [...groups.values()]
        .sort(byKey)
        .map(({ key, metrics }) =>
          Object.fromEntries([
            ...groupBy.map((name, index) => [name, key[index]] as const),
            ...named.map(([name], index) => [name, metrics[index]?.value()] as const),
          ]),
        ),
  };
}

function byKey({ key: a }: Group, { key: b }: Group): number {
  for (const [index, part] of a.entries()) {
    const order = compare(part, b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function accumulatorOf({ op, column }: Metric, onDistinct: () => void): Accumulator {
  if (op === 'count') return counter(column);
  if (column === undefined) throw new ExecutorError('invalid_payload', `The metric "${op}" needs a column.`);
  switch (op) {
    case 'sum':
    case 'avg':
      return summer(column, op);
    case 'min':
    case 'max':
      return extreme(column, op);
    case 'distinct': {
      const values = new Set<string>();
      return {
        add(row, number) {
          const text = textOf(cell(row, column, number));
          if (text === '' || values.has(text)) return;
          onDistinct();
          values.add(text);
        },
        value: () => values.size,
      };
    }
  }
}

function counter(column: string | undefined): Accumulator {
  let count = 0;
  return {
    add(row, number) {
      if (column === undefined || !isEmpty(cell(row, column, number))) count += 1;
    },
    value: () => count,
  };
}

function summer(column: string, op: 'sum' | 'avg'): Accumulator {
  let count = 0;
  let sum = 0;
  let lost = 0;
  return {
    add(row, number) {
      const value = numberIn(row, column, number);
      if (value === undefined) return;
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
      count += 1;
    },
    value: () => (op === 'sum' ? sum + lost : count === 0 ? null : (sum + lost) / count),
  };
}

function extreme(column: string, op: 'min' | 'max'): Accumulator {
  let best: unknown;
  return {
    add(row, number) {
      const value = cell(row, column, number);
      if (isEmpty(value)) return;
      const order = best === undefined ? 0 : compare(value, best);
      if (best === undefined || (op === 'min' ? order < 0 : order > 0)) best = numberOf(value) ?? value;
    },
    value: () => best ?? null,
  };
}

function numberIn(row: Row, column: string, number: number): number | undefined {
  const value = cell(row, column, number);
  if (isEmpty(value)) return undefined;
  const found = numberOf(value);
  if (found !== undefined) return found;
  throw new ExecutorError(
    'invalid_data',
    `Row ${number}: ${JSON.stringify(textOf(value).slice(0, 100))} in "${column}" is no number. Clean the data first.`,
  );
}

function cell(row: Row, name: string, number: number): unknown {
  if (Object.hasOwn(row, name)) return row[name];
  throw new ExecutorError(
    'invalid_data',
    `Row ${number} has no column "${name}". It has: ${Object.keys(row).slice(0, 50).join(', ')}.`,
  );
}

function tooMany(what: string, maxGroups: number): ExecutorError {
  return new ExecutorError(
    'limit_rows',
    `There are more than ${maxGroups} ${what} (maxGroups). Group by fewer columns, or filter first.`,
  );
}
