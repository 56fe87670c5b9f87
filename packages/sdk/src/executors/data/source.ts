// Where rows come from: the payload itself, or a file inside the root. CSV and NDJSON are read as they come, so that their
// size does not matter; JSON and YAML are held whole.

import { Readable, pipeline } from 'node:stream';
import { parse as parseCsv, CsvError } from 'csv-parse';
import { parse as parseYaml, YAMLError } from 'yaml';
import { z } from 'zod';
import { ExecutorError } from '../../worker/executor.ts';
import type { Root } from '../files/root.ts';
import type { DataLimits } from './limits.ts';
import { isRow, type Row } from './values.ts';

export const FORMATS = ['csv', 'tsv', 'json', 'ndjson', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

export const sourceShape = {
  /** Rows, or text in the format. */
  data: z.json().optional(),
  /** A file inside the root of the agent. */
  path: z.string().min(1).max(4_096).optional(),
  /** Default: what the name of the file ends with; `csv` for text. */
  format: z.enum(FORMATS).optional(),
  /** Of columns (`,`). */
  delimiter: z.string().length(1).optional(),
  /** Only these rows, counted from 0. */
  rows: z.strictObject({ offset: z.int().min(0).default(0), limit: z.int().min(1).optional() }).optional(),
};

const SourceSchema = z.object(sourceShape);
export type Source = z.output<typeof SourceSchema>;

export interface Reading {
  readonly source: Source;
  readonly root: Root | undefined;
  readonly limits: DataLimits;
  readonly signal: AbortSignal;
  /** How much of the source was read, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

const EXTENSIONS: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'tsv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  yaml: 'yaml',
  yml: 'yaml',
};

export function formatOfPath(path: string, given: Format | undefined): Format {
  const format = given ?? EXTENSIONS[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''];
  if (format !== undefined) return format;
  throw new ExecutorError('invalid_payload', `Say the format of ${path}: one of ${FORMATS.join(', ')}.`);
}

/** The rows of a source, one after the other. */
export async function* readRows(reading: Reading): AsyncGenerator<Row, void> {
  const { source, limits, signal } = reading;
  const { offset = 0, limit = Infinity } = source.rows ?? {};
  let index = 0;
  for await (const value of readValues(reading)) {
    signal.throwIfAborted();
    if (index >= offset + limit) return;
    if (index >= limits.maxRows)
      throw new ExecutorError(
        'limit_rows',
        `The source has more than ${limits.maxRows} rows (maxRows). Split it, or take a part of it with payload.rows.`,
      );
    if (!isRow(value))
      throw new ExecutorError('invalid_data', `Row ${index + 1} is no object with named columns.`);
    if (index >= offset) yield value;
    index += 1;
  }
}

/** A whole document: what the payload holds, as it is, or text that is JSON or YAML. */
export async function readDocument(reading: Reading): Promise<unknown> {
  const { source } = reading;
  if (source.data !== undefined && (typeof source.data !== 'string' || source.format === undefined))
    return source.data;
  const format = formatOf(source);
  if (format === 'json' || format === 'yaml') return await parseWhole(reading, format);
  throw new ExecutorError(
    'invalid_payload',
    `${format} is validated row by row: set payload.each to "records".`,
  );
}

function formatOf({ path, data, format }: Source): Format {
  if ((path === undefined) === (data === undefined))
    throw new ExecutorError('invalid_payload', 'Give either payload.data or payload.path.');
  return path === undefined ? (format ?? 'csv') : formatOfPath(path, format);
}

async function* readValues(reading: Reading): AsyncGenerator<unknown, void> {
  const { source } = reading;
  if (source.data !== undefined && typeof source.data !== 'string') {
    formatOf(source);
    yield* asRows(source.data);
    return;
  }
  const format = formatOf(source);
  if (format === 'csv' || format === 'tsv') yield* readCsv(reading, format);
  else if (format === 'ndjson') yield* readLines(reading);
  else yield* asRows(await parseWhole(reading, format));
}

function asRows(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isRow(value)) return [value];
  throw new ExecutorError('invalid_data', 'The data is no list of rows.');
}

async function* readCsv(reading: Reading, format: 'csv' | 'tsv'): AsyncGenerator<unknown, void> {
  const parser = parseCsv({
    bom: true,
    columns: checkedHeader,
    delimiter: reading.source.delimiter ?? (format === 'tsv' ? '\t' : ','),
    max_record_size: reading.limits.maxRowBytes,
    skip_empty_lines: true,
  });
  // What goes wrong comes out of the parser; leaving the loop ends the source too.
  pipeline(Readable.from(readBytes(reading)), parser, () => {});
  try {
    for await (const row of parser) yield row;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_MAX_RECORD_SIZE')
      throw new ExecutorError(
        'limit_bytes',
        `A row is longer than ${reading.limits.maxRowBytes} bytes (maxRowBytes). Is a quote not closed?`,
      );
    throw new ExecutorError('invalid_data', `The CSV can't be read: ${error.message}`);
  }
}

function checkedHeader(header: readonly string[]): string[] {
  const names = header.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ExecutorError(
      'invalid_data',
      `The CSV has the column "${twice}" twice: give each a name of its own.`,
    );
  return names;
}

async function* readLines(reading: Reading): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  let pending = '';
  let number = 0;
  const parse = (line: string): unknown => {
    number += 1;
    return parseJson(line, `line ${number}`);
  };
  for await (const chunk of readBytes(reading)) {
    pending += decoder.decode(chunk, { stream: true });
    if (pending.length > reading.limits.maxRowBytes + chunk.length)
      throw new ExecutorError(
        'limit_bytes',
        `A line is longer than ${reading.limits.maxRowBytes} bytes (maxRowBytes).`,
      );
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield parse(line);
  }
  if (pending.trim() !== '') yield parse(pending);
}

async function parseWhole(reading: Reading, format: 'json' | 'yaml'): Promise<unknown> {
  const [limit, name] =
    format === 'json'
      ? [reading.limits.maxJsonBytes, 'maxJsonBytes']
      : [reading.limits.maxYamlBytes, 'maxYamlBytes'];
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of readBytes(reading)) {
    bytes += chunk.length;
    if (bytes > limit)
      throw new ExecutorError(
        'limit_bytes',
        `The ${format} document has more than ${limit} bytes (${name}). Use ndjson or csv, which are read row by row.`,
      );
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (format === 'json') return parseJson(text, 'the document');
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof YAMLError || error instanceof ReferenceError)) throw error;
    throw new ExecutorError('invalid_data', `The YAML can't be read: ${error.message}`);
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ExecutorError('invalid_data', `The JSON of ${where} can't be read: ${why}`);
  }
}

async function* readBytes({
  source,
  root,
  limits,
  signal,
  onProgress,
}: Reading): AsyncGenerator<Uint8Array, void> {
  const tooMany = new ExecutorError(
    'limit_bytes',
    `The source has more than ${limits.maxBytes} bytes (maxBytes). Split it.`,
  );
  if (typeof source.data === 'string') {
    const bytes = Buffer.from(source.data);
    if (bytes.length > limits.maxBytes) throw tooMany;
    yield bytes;
    return;
  }
  if (root === undefined)
    throw new ExecutorError(
      'unsupported',
      'This agent has no root for files. Send the data in payload.data, or start it with a root.',
    );
  const { handle, stats } = await root.openFile(source.path ?? '');
  try {
    if (stats.size > limits.maxBytes) throw tooMany;
    let bytes = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false, signal })) {
      if (!(chunk instanceof Uint8Array)) continue;
      bytes += chunk.length;
      // It may grow while it is read.
      if (bytes > limits.maxBytes) throw tooMany;
      yield chunk;
      onProgress?.(Math.min(1, bytes / Math.max(1, stats.size)));
    }
  } finally {
    await handle.close();
  }
}
