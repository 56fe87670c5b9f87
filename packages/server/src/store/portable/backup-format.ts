// The format of a backup: one file of JSON lines that either database can write and read.
//
//   {"format":"tutti-backup","version":1,"takenAt":"…","migrations":[…]}
//   {"table":"…","columns":["…"]}      then its rows, one line each: ["…",1,null]
//   {"end":{"rows":2,"sha256":"…"}}    of all lines before
//
// A file that was cut off or changed has no end that fits.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { Table } from '../driver.ts';
import { isValue, type Value } from '../statement.ts';
import { messageOf } from '../store-error.ts';
import { migrationSchema, type Contents, type Filled, type Part } from './contents.ts';

/** One row, and so one line, at most. */
const MAX_LINE_CHARS = 256 * 1024 ** 2;
/** Rows that are handed on at once. */
const PAGE_ROWS = 100;

const headSchema = z.object({
  format: z.literal('tutti-backup'),
  version: z.literal(1),
  takenAt: z.string(),
  migrations: z.array(migrationSchema),
});
const tableSchema = z.object({ table: z.string(), columns: z.array(z.string()).min(1) });
const endSchema = z.object({ end: z.object({ rows: z.int(), sha256: z.string() }) });
const rowSchema = z.array(z.custom<Value>(isValue));
const lineSchema = z.union([rowSchema, tableSchema, endSchema]);

/** The text of a backup, piece by piece; what it was made from stays open meanwhile. Returns how much it holds. */
export async function* formatBackup(
  { migrations, parts }: Contents,
  takenAtMs: number,
): AsyncGenerator<string, Filled> {
  const hash = createHash('sha256');
  let tables = 0;
  let rows = 0;
  const lines = (contents: readonly unknown[]): string => {
    const text = contents.map((line) => `${JSON.stringify(line)}\n`).join('');
    hash.update(text);
    return text;
  };
  const head: z.infer<typeof headSchema> = {
    format: 'tutti-backup',
    version: 1,
    takenAt: new Date(takenAtMs).toISOString(),
    migrations: [...migrations],
  };
  yield lines([head]);
  for await (const part of parts) {
    if (part.kind === 'table') {
      tables += 1;
      yield lines([{ table: part.table.name, columns: part.table.columns }]);
    } else {
      rows += part.rows.length;
      yield lines(part.rows);
    }
  }
  yield lines([{ end: { rows, sha256: hash.copy().digest('hex') } }]);
  return { tables, rows };
}

export interface BackupReader extends Contents, AsyncDisposable {}

/** The parts reject where the file turns out to be damaged: keep nothing of it before its end was reached. */
export async function readBackup(path: string): Promise<BackupReader> {
  const lines = readLines(path);
  const first = await lines.next();
  const head = headSchema.safeParse(first.value?.content);
  if (!head.success) {
    await lines.return(undefined);
    throw new AppError('invalid_config', `${path} is no backup that this version of Tutti can read`);
  }
  return {
    migrations: head.data.migrations,
    parts: readParts(lines, path),
    async [Symbol.asyncDispose]() {
      await lines.return(undefined);
    },
  };
}

async function* readParts(lines: AsyncIterable<Line>, path: string): AsyncGenerator<Part> {
  let table: Table | undefined;
  let count = 0;
  let rows: (readonly Value[])[] = [];
  for await (const { content, digestBefore } of lines) {
    const parsed = lineSchema.safeParse(content);
    if (!parsed.success) throw damaged(path, 'it has a line of another kind');
    const line = parsed.data;
    if (Array.isArray(line)) {
      if (line.length !== table?.columns.length) throw damaged(path, 'a row does not fit its table');
      rows.push(line);
      count += 1;
      if (rows.length < PAGE_ROWS) continue;
    }
    if (rows.length > 0) yield { kind: 'rows', rows };
    rows = [];
    if ('table' in line) {
      table = { name: line.table, columns: line.columns };
      yield { kind: 'table', table };
    } else if ('end' in line) {
      if (line.end.rows !== count || line.end.sha256 !== digestBefore())
        throw damaged(path, 'it was changed after it was written');
      return;
    }
  }
  throw damaged(path, 'its end is missing');
}

interface Line {
  readonly content: unknown;
  /** Of all lines before this one; until the next line is read. */
  readonly digestBefore: () => string;
}

async function* readLines(path: string): AsyncGenerator<Line, undefined> {
  const hash = createHash('sha256');
  const digestBefore = (): string => hash.copy().digest('hex');
  let rest = '';
  for await (const chunk of await readText(path)) {
    rest += chunk;
    if (rest.length > MAX_LINE_CHARS) throw damaged(path, 'it has a line that is too long');
    // Only a line feed ends a line: JSON text may hold the other line ends of Unicode.
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      const text = rest.slice(0, end);
      rest = rest.slice(end + 1);
      yield { content: parse(text, path), digestBefore };
      hash.update(`${text}\n`);
    }
  }
  if (rest !== '') throw damaged(path, 'it was cut off');
}

async function readText(path: string): Promise<AsyncIterable<string>> {
  try {
    const file = await open(path, 'r');
    return file.createReadStream({ encoding: 'utf8' });
  } catch (error) {
    throw new AppError('not_found', `cannot read the backup ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(path, 'it has a line that is no JSON');
  }
}

function damaged(path: string, why: string): AppError {
  return new AppError(
    'invalid_config',
    `${path} is damaged: ${why}; nothing was restored, use another backup`,
  );
}
