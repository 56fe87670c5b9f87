// Where rows go: into the result of the task while they are few, or into a file inside the root, which is there whole or
// not at all.

import { stringify as stringifyCsv } from 'csv-stringify/sync';
import { stringify as stringifyYaml } from 'yaml';
import { z } from 'zod';
import { ExecutorError } from '../../worker/executor.ts';
import type { Root } from '../files/root.ts';
import type { DataLimits } from './limits.ts';
import { FORMATS, formatOfPath, type Format } from './source.ts';
import { ColumnsSchema, type Row } from './values.ts';

export const OutputSchema = z.strictObject({
  /** A file inside the root of the agent; what is there is replaced. */
  path: z.string().min(1).max(4_096),
  /** Default: what the name of the file ends with. */
  format: z.enum(FORMATS).optional(),
  delimiter: z.string().length(1).optional(),
  /** Of CSV. Default: those of the first row. */
  columns: ColumnsSchema.optional(),
});

export type Output = z.output<typeof OutputSchema>;

const BATCH_ROWS = 1_000;

/** What the rows became. */
export type Written =
  | { readonly rows: number; readonly records: readonly Row[] }
  | { readonly rows: number; readonly path: string; readonly format: Format; readonly bytes: number };

export async function writeRows(
  rows: AsyncIterable<Row>,
  output: Output | undefined,
  { root, limits }: { readonly root: Root | undefined; readonly limits: DataLimits },
): Promise<Written> {
  if (output === undefined) {
    const records = await collectRows(rows, limits);
    return { rows: records.length, records };
  }
  if (root === undefined)
    throw new ExecutorError(
      'unsupported',
      'This agent has no root for files. Leave payload.output out, or start it with a root.',
    );
  const format = formatOfPath(output.path, output.format);
  let count = 0;
  const counted = async function* (): AsyncGenerator<Row, void> {
    for await (const row of rows) {
      count += 1;
      yield row;
    }
  };
  const bytes = await root.replaceFile(output.path, async (handle) => {
    let bytes = 0;
    for await (const text of encodeRows(counted(), format, output)) {
      await handle.writeFile(text);
      bytes += Buffer.byteLength(text);
    }
    return bytes;
  });
  return { rows: count, path: output.path, format, bytes };
}

async function collectRows(
  rows: AsyncIterable<Row>,
  { maxResultBytes }: DataLimits,
): Promise<readonly Row[]> {
  const records: Row[] = [];
  let bytes = 0;
  for await (const row of rows) {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes > maxResultBytes) throw tooLong(maxResultBytes);
    records.push(row);
  }
  return records;
}

/** All rows as one text. */
export async function encodeWhole(
  rows: AsyncIterable<Row>,
  format: Format,
  options: Partial<Output>,
  { maxResultBytes }: DataLimits,
): Promise<string> {
  const parts: string[] = [];
  let bytes = 0;
  for await (const text of encodeRows(rows, format, options)) {
    bytes += Buffer.byteLength(text);
    if (bytes > maxResultBytes) throw tooLong(maxResultBytes);
    parts.push(text);
  }
  return parts.join('');
}

function tooLong(maxResultBytes: number): ExecutorError {
  return new ExecutorError(
    'limit_bytes',
    `The result has more than ${maxResultBytes} bytes (maxResultBytes). Write it to a file with payload.output.`,
  );
}

async function* encodeRows(
  rows: AsyncIterable<Row>,
  format: Format,
  options: Partial<Output>,
): AsyncGenerator<string, void> {
  const encode = encoderOf(format, options);
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield encode(batch);
    batch = [];
  }
  if (batch.length > 0) yield encode(batch);
  yield encode(undefined);
}

/** Texts of batches that follow each other; undefined ends them. */
function encoderOf(format: Format, options: Partial<Output>): (batch: readonly Row[] | undefined) => string {
  let isFirst = true;
  const first = (): boolean => {
    const was = isFirst;
    isFirst = false;
    return was;
  };
  switch (format) {
    case 'csv':
    case 'tsv':
      return csvEncoder(options.delimiter ?? (format === 'tsv' ? '\t' : ','), options.columns);
    case 'ndjson':
      return (batch = []) => batch.map((row) => `${JSON.stringify(row)}\n`).join('');
    case 'json':
      return (batch) => {
        if (batch === undefined) return first() ? '[]\n' : '\n]\n';
        return batch.map((row) => `${first() ? '[\n' : ',\n'}${JSON.stringify(row)}`).join('');
      };
    case 'yaml':
      return (batch) => {
        if (batch === undefined) return first() ? '[]\n' : '';
        first();
        return stringifyYaml(batch);
      };
  }
}

function csvEncoder(delimiter: string, given: readonly string[] | undefined) {
  let columns: readonly string[] | undefined;
  let known = new Set<string>();
  let rows = 0;
  return (batch: readonly Row[] | undefined): string => {
    const isFirst = columns === undefined;
    if (columns === undefined) {
      columns = given ?? Object.keys(batch?.[0] ?? {});
      known = new Set(columns);
    }
    if (batch === undefined) {
      return isFirst && columns.length > 0 ? stringifyCsv([columns], { delimiter }) : '';
    }
    for (const row of batch) {
      rows += 1;
      const unknown = given === undefined ? Object.keys(row).find((name) => !known.has(name)) : undefined;
      if (unknown !== undefined)
        throw new ExecutorError(
          'invalid_data',
          `Row ${rows} has the column "${unknown}", which the first row has not. Name all columns in payload.output.columns, or write another format.`,
        );
    }
    const names = columns;
    const cells = batch.map((row) => names.map((name) => row[name]));
    return stringifyCsv(isFirst ? [names, ...cells] : cells, { delimiter, cast: { boolean: String } });
  };
}
