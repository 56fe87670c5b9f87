// The data processor: transforms, validates, cleans, aggregates, filters and converts rows of the payload or of files.

import { z } from 'zod';
import type { Executor, WorkTask } from '../../worker/executor.ts';
import { openRoot, type Root } from '../files/root.ts';
import { withDefaults, type GivenLimits } from '../given-limits.ts';
import { createOperations, operation, type Operation } from '../operations.ts';
import { aggregateShape, createAggregator } from './aggregate.ts';
import { cleanShape, createCleaner } from './clean.ts';
import { DATA_LIMITS, withinTime, type DataLimits } from './limits.ts';
import { encodeWhole, OutputSchema, writeRows, type Written } from './sink.ts';
import { FORMATS, readDocument, readRows, sourceShape, type Reading, type Source } from './source.ts';
import { filterShape, filterStep, transformShape, transformStep, type RowStep } from './steps.ts';
import { compileSchema, type Violation } from './validate.ts';
import { ColumnsSchema, type Row } from './values.ts';

export interface DataProcessorOptions {
  /** The folder of its files. Without one it works on what payloads hold. */
  readonly root?: string;
  readonly limits?: GivenLimits<DataLimits> | undefined;
}

const tabular = { ...sourceShape, output: OutputSchema.optional() };
const TransformPayloadSchema = z.strictObject({ ...tabular, ...transformShape });
const FilterPayloadSchema = z.strictObject({ ...tabular, ...filterShape });
const CleanPayloadSchema = z.strictObject({ ...tabular, ...cleanShape });
const AggregatePayloadSchema = z.strictObject({ ...tabular, ...aggregateShape });
const ValidatePayloadSchema = z.strictObject({
  ...sourceShape,
  schema: z.union([z.boolean(), z.record(z.string(), z.unknown())]),
  /** `document`: the schema is that of the whole; `records`: of each row. */
  each: z.enum(['document', 'records']).default('document'),
});
const ConvertPayloadSchema = z.strictObject({
  ...tabular,
  /** Of the answer; a file says it by its name. */
  to: z.enum(FORMATS).optional(),
  columns: ColumnsSchema.optional(),
});

/** Rows that came in and went out. */
interface Counts {
  in: number;
  out: number;
}

type Tabular = Source & { readonly output?: z.output<typeof OutputSchema> | undefined };

export async function createDataProcessor(options: DataProcessorOptions = {}): Promise<Executor> {
  const root = options.root === undefined ? undefined : await openRoot(options.root);
  const limits = withDefaults(DATA_LIMITS, options.limits);

  /** An operation with a time limit on what it reads. */
  const timed = <S extends z.ZodType<Source>>(
    schema: S,
    run: (payload: z.output<S>, reading: Reading) => Promise<unknown>,
  ): Operation =>
    operation(schema, (payload, task, signal) =>
      withinTime(limits.maxTimeMs, signal, (signal) =>
        run(payload, reading(payload, task, signal, { root, limits })),
      ),
    );

  const rowByRow = <S extends z.ZodType<Tabular>>(
    schema: S,
    stepOf: (payload: z.output<S>) => RowStep,
  ): Operation =>
    timed(schema, async (payload, reading) => {
      const counts: Counts = { in: 0, out: 0 };
      const written = await writeRows(stepped(reading, stepOf(payload), counts), payload.output, {
        root,
        limits,
      });
      return { rowsIn: counts.in, ...written };
    });

  return createOperations(
    {
      'csv-transform': rowByRow(TransformPayloadSchema, transformStep),
      'data-filter': rowByRow(FilterPayloadSchema, filterStep),
      'data-clean': timed(CleanPayloadSchema, async (payload, reading) => {
        const { step, report } = createCleaner(payload, limits.maxGroups);
        const counts: Counts = { in: 0, out: 0 };
        const written = await writeRows(stepped(reading, step, counts), payload.output, { root, limits });
        const { filled, emptied, ...dropped } = report;
        return { rowsIn: counts.in, ...written, dropped, filled, emptied };
      }),
      'data-aggregate': timed(AggregatePayloadSchema, async (payload, reading) => {
        const aggregator = createAggregator(payload, limits.maxGroups);
        let rowsIn = 0;
        for await (const row of readRows(reading)) {
          rowsIn += 1;
          aggregator.add(row, rowsIn);
        }
        const written: Written = await writeRows(each(aggregator.rows()), payload.output, { root, limits });
        return { rowsIn, ...written };
      }),
      'json-validate': timed(ValidatePayloadSchema, async (payload, reading) => {
        const check = compileSchema(payload.schema);
        return payload.each === 'document'
          ? documentReport(check(await readDocument(reading)), limits.maxErrors)
          : await recordsReport(readRows(reading), check, limits.maxErrors);
      }),
      'format-convert': timed(ConvertPayloadSchema, async (payload, reading) => {
        const { output, to, columns } = payload;
        if (output !== undefined) {
          const withDefaults = { columns, ...output, format: output.format ?? to };
          return await writeRows(readRows(reading), withDefaults, { root, limits });
        }
        const format = to ?? 'json';
        const counts: Counts = { in: 0, out: 0 };
        const rows = stepped(reading, (row) => row, counts);
        const content = await encodeWhole(rows, format, { columns }, limits);
        return { rows: counts.out, format, content };
      }),
    },
    ['data-processor'],
  );
}

function reading(
  source: Source,
  task: WorkTask,
  signal: AbortSignal,
  place: { readonly root: Root | undefined; readonly limits: DataLimits },
): Reading {
  return { source, signal, ...place, onProgress: (fraction) => task.progress(fraction) };
}

async function* stepped(reading: Reading, step: RowStep, counts: Counts): AsyncGenerator<Row, void> {
  for await (const row of readRows(reading)) {
    counts.in += 1;
    const next = step(row, counts.in);
    if (next === undefined) continue;
    counts.out += 1;
    yield next;
  }
}

async function* each(rows: readonly Row[]): AsyncGenerator<Row, void> {
  yield* rows;
}

function documentReport(errors: readonly Violation[], maxErrors: number) {
  return { valid: errors.length === 0, errorCount: errors.length, errors: errors.slice(0, maxErrors) };
}

async function recordsReport(
  rows: AsyncIterable<Row>,
  check: (value: unknown) => readonly Violation[],
  maxErrors: number,
) {
  const errors: (Violation & { readonly row: number })[] = [];
  let [checked, invalid, errorCount] = [0, 0, 0];
  for await (const row of rows) {
    checked += 1;
    const found = check(row);
    if (found.length === 0) continue;
    invalid += 1;
    errorCount += found.length;
    for (const error of found) if (errors.length < maxErrors) errors.push({ row: checked, ...error });
  }
  return { valid: invalid === 0, checked, invalid, errorCount, errors };
}
