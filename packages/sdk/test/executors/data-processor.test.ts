import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseYaml } from 'yaml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createDataProcessor } from '../../src/executors.ts';
import type { Executor } from '../../src/worker/executor.ts';
import { runTask } from './run-task.ts';

const ORDERS = `id,customer,amount,paid,day
1, Ada ,12.50,yes,2026-01-02
2,Grace,7,no,2026-01-03
3,,3.25,yes,2026-01-03
4,Ada,broken,yes,2026-01-04
2,Grace,7,no,2026-01-03
,,,,
`;

let folder: string;
let executor: Executor;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-data-'));
  executor = await createDataProcessor({ root: folder });
  await writeFile(join(folder, 'orders.csv'), ORDERS);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('data processor', () => {
  test('transforms columns', async () => {
    verifies('AGT-10');
    const result = await runTask(executor, 'csv-transform', {
      data: 'first,last,age\nAda,Lovelace,36\nGrace,"Hopper, Rear Admiral",85\n',
      rename: { age: 'years' },
      set: { name: '{first} {last}' },
      types: { years: 'integer' },
      select: ['name', 'years'],
    });
    expect(result).toEqual({
      success: true,
      data: {
        rowsIn: 2,
        rows: 2,
        records: [
          { name: 'Ada Lovelace', years: 36 },
          { name: 'Grace Hopper, Rear Admiral', years: 85 },
        ],
      },
    });
  });

  test('cleans, and says what it left out and why', async () => {
    const result = await runTask(executor, 'data-clean', {
      path: 'orders.csv',
      types: { amount: 'number', paid: 'boolean', day: 'date' },
      required: ['id'],
      fill: { customer: 'unknown' },
      dedupeBy: ['id'],
      output: { path: 'clean.ndjson' },
    });
    expect(result).toMatchObject({
      success: true,
      data: {
        rowsIn: 6,
        rows: 3,
        path: 'clean.ndjson',
        format: 'ndjson',
        dropped: { empty: 1, missing: 0, invalid: 1, duplicate: 1 },
        filled: 1,
      },
    });
    const lines = (await readFile(join(folder, 'clean.ndjson'), 'utf8')).trim().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { id: '1', customer: 'Ada', amount: 12.5, paid: true, day: '2026-01-02' },
      { id: '2', customer: 'Grace', amount: 7, paid: false, day: '2026-01-03' },
      { id: '3', customer: 'unknown', amount: 3.25, paid: true, day: '2026-01-03' },
    ]);
  });

  test('filters by conditions', async () => {
    const data = [
      { name: 'a', size: '5' },
      { name: 'b', size: '40' },
      { name: 'c', size: '' },
      { name: 'd', size: 41 },
    ];
    const names = async (payload: object): Promise<unknown> => {
      const result = await runTask(executor, 'data-filter', { data, ...payload });
      expect(result).toMatchObject({ success: true });
      return JSON.stringify(result.data)
        .match(/"name":"(.)"/g)
        ?.map((found) => found.at(-2))
        .join('');
    };
    expect(await names({ where: [{ column: 'size', op: 'gt', value: 5 }] })).toBe('bd');
    expect(await names({ where: [{ column: 'size', op: 'eq', value: '5.0' }] })).toBe('a');
    expect(await names({ where: [{ column: 'size', op: 'empty' }] })).toBe('c');
    const any = [
      { column: 'name', op: 'in', value: ['a', 'c'] },
      { column: 'size', op: 'gte', value: 41 },
    ];
    expect(await names({ where: any, match: 'any' })).toBe('acd');
  });

  test('aggregates by groups', async () => {
    const result = await runTask(executor, 'data-aggregate', {
      path: 'orders.csv',
      rows: { offset: 0, limit: 3 },
      groupBy: ['day'],
      metrics: {
        orders: { op: 'count' },
        customers: { op: 'distinct', column: 'customer' },
        total: { op: 'sum', column: 'amount' },
        mean: { op: 'avg', column: 'amount' },
        most: { op: 'max', column: 'amount' },
      },
    });
    expect(result.data).toEqual({
      rowsIn: 3,
      rows: 2,
      records: [
        { day: '2026-01-02', orders: 1, customers: 1, total: 12.5, mean: 12.5, most: 12.5 },
        { day: '2026-01-03', orders: 2, customers: 1, total: 10.25, mean: 5.125, most: 7 },
      ],
    });
  });

  test('sums do not depend on the order', async () => {
    const sum = async (values: readonly number[]): Promise<unknown> => {
      const data = values.map((value) => ({ value }));
      const metrics = { sum: { op: 'sum', column: 'value' } };
      return (await runTask(executor, 'data-aggregate', { data, metrics })).data;
    };
    const records = [{ sum: 2 }];
    expect(await sum([1, 1e100, 1, -1e100])).toMatchObject({ records });
    expect(await sum([1e100, -1e100, 1, 1])).toMatchObject({ records });
  });

  test('validates against a JSON Schema', async () => {
    const schema = {
      type: 'object',
      required: ['email'],
      properties: { email: { type: 'string', format: 'email' }, tags: { prefixItems: [{ const: 'x' }] } },
      unevaluatedProperties: false,
    };
    const check = (data: unknown): Promise<unknown> =>
      runTask(executor, 'json-validate', { data, schema }).then(({ data }) => data);
    expect(await check({ email: 'ada@example.org', tags: ['x'] })).toMatchObject({ valid: true });
    expect(await check({ email: 'ada', tags: ['y'], more: 1 })).toMatchObject({
      valid: false,
      errorCount: 3,
      errors: expect.arrayContaining([
        expect.objectContaining({ path: '/email', keyword: 'format' }),
        expect.objectContaining({ path: '/tags/0', keyword: 'const' }),
        expect.objectContaining({
          keyword: 'unevaluatedProperties',
          message: expect.stringContaining('"more"'),
        }),
      ]),
    });
    const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'number' }] };
    const old = await runTask(executor, 'json-validate', { data: ['a'], schema: draft7 });
    expect(old.data).toMatchObject({ valid: false });
  });

  test('validates row by row', async () => {
    const result = await runTask(executor, 'json-validate', {
      path: 'orders.csv',
      each: 'records',
      schema: { properties: { amount: { pattern: '^[0-9.]+$' } } },
    });
    expect(result.data).toMatchObject({
      valid: false,
      checked: 6,
      invalid: 2,
      errors: [{ row: 4, path: '/amount' }, { row: 6 }],
    });
  });

  test('converts between formats without loss', async () => {
    const rows = [
      { text: 'a "quoted", one', note: 'two\nlines', empty: '' },
      { text: 'ümläut', note: ' spaces ', empty: '' },
    ];
    let text = JSON.stringify(rows);
    let from = 'json';
    for (const to of ['csv', 'yaml', 'tsv', 'ndjson', 'json']) {
      const result = await runTask(executor, 'format-convert', { data: text, format: from, to });
      expect(result).toMatchObject({ success: true, data: { rows: 2, format: to } });
      text = contentOf(result.data);
      if (to === 'csv') expect(parseCsv(text, { columns: true })).toEqual(rows);
      if (to === 'yaml') expect(parseYaml(text)).toEqual(rows);
      from = to;
    }
    expect(JSON.parse(text)).toEqual(rows);
  });

  test('reads 100,000 rows as they come, and writes a file whole or not at all', async () => {
    const rows = 100_000;
    const lines = ['id,group,cents'];
    for (let id = 0; id < rows; id += 1) lines.push(`${id},${id % 7},${(id * 37) % 1_000}`);
    await writeFile(join(folder, 'big.csv'), lines.join('\n'));
    const fractions: number[] = [];
    const payload = { path: 'big.csv', types: { cents: 'integer' }, output: { path: 'out/big.csv' } };
    const failed = await runTask(executor, 'data-clean', payload);
    expect(failed).toMatchObject({ success: false, error: expect.stringContaining('not_found') });
    const written = await runTask(
      executor,
      'data-clean',
      { ...payload, output: { path: 'big-clean.csv' } },
      { onProgress: (fraction) => fractions.push(fraction) },
    );
    expect(written.data).toMatchObject({ rowsIn: rows, rows });
    expect(fractions.length).toBeGreaterThan(3);
    expect(fractions.at(-1)).toBe(1);
    const aggregated = await runTask(executor, 'data-aggregate', {
      path: 'big-clean.csv',
      groupBy: ['group'],
      metrics: { rows: { op: 'count' }, cents: { op: 'sum', column: 'cents' } },
    });
    const expected = Array.from({ length: 7 }, (_, group) => ({ group: String(group), rows: 0, cents: 0 }));
    for (let id = 0; id < rows; id += 1) {
      const group = expected[id % 7];
      if (group === undefined) continue;
      group.rows += 1;
      group.cents += (id * 37) % 1_000;
    }
    expect(aggregated.data).toEqual({ rowsIn: rows, rows: 7, records: expected });
    // A failure half way leaves what was there, and no rest of the attempt.
    await writeFile(join(folder, 'broken.csv'), `${lines.slice(0, 50_000).join('\n')}\n1,"not closed`);
    const half = await runTask(executor, 'csv-transform', {
      path: 'broken.csv',
      output: { path: 'big-clean.csv' },
    });
    expect(half).toMatchObject({
      success: false,
      retryable: false,
      error: expect.stringContaining('invalid_data'),
    });
    expect((await readFile(join(folder, 'big-clean.csv'), 'utf8')).trim().split('\n').length).toBe(rows + 1);
    expect((await readdir(folder)).sort()).toEqual(['big-clean.csv', 'big.csv', 'broken.csv', 'orders.csv']);
  });

  test('limits have names', async () => {
    const limited = await createDataProcessor({
      root: folder,
      limits: { maxRows: 3, maxResultBytes: 100, maxGroups: 1, maxJsonBytes: 10, maxRowBytes: 100 },
    });
    const errors: readonly (readonly [string, object, string])[] = [
      ['data-aggregate', { path: 'orders.csv', metrics: { n: { op: 'count' } } }, 'limit_rows: .*maxRows'],
      [
        'csv-transform',
        { path: 'orders.csv', rows: { limit: 2 }, set: { long: 'x'.repeat(90) } },
        'limit_bytes: .*payload.output',
      ],
      [
        'data-aggregate',
        { data: [{ a: 1 }, { a: 2 }], groupBy: ['a'], metrics: { n: { op: 'count' } } },
        'limit_rows: .*maxGroups',
      ],
      ['data-clean', { data: [{ a: 1 }, { a: 2 }], dedupeBy: ['a'] }, 'limit_rows: .*maxGroups'],
      [
        'format-convert',
        { data: '[{"a": 1234567}]', format: 'json', to: 'csv' },
        'limit_bytes: .*maxJsonBytes',
      ],
      ['csv-transform', { data: `a\n"${'x'.repeat(500)}` }, 'limit_bytes: .*maxRowBytes'],
    ];
    for (const [capability, payload, error] of errors) {
      const result = await runTask(limited, capability, payload);
      expect(result).toMatchObject({ success: false, retryable: false, error: expect.stringMatching(error) });
    }
    const big = await createDataProcessor({ root: folder, limits: { maxBytes: 10 } });
    expect((await runTask(big, 'csv-transform', { path: 'orders.csv' })).error).toMatch(
      /^limit_bytes: .*maxBytes/,
    );
  });

  test('its time is limited, and a lost task ends it at once', async () => {
    await writeFile(join(folder, 'long.csv'), `a\n${'1\n'.repeat(2_000_000)}`);
    const quick = await createDataProcessor({ root: folder, limits: { maxTimeMs: 20 } });
    const payload = { path: 'long.csv', metrics: { n: { op: 'count' } } };
    const late = await runTask(quick, 'data-aggregate', payload);
    expect(late).toMatchObject({ success: false, error: expect.stringMatching(/^limit_time: .*maxTime/) });
    const lost = new AbortController();
    const running = runTask(executor, 'data-aggregate', payload, {
      signal: lost.signal,
      onProgress: () => lost.abort(new Error('The task is lost.')),
    });
    await expect(running).rejects.toThrow('The task is lost.');
  });

  test('bad input is told in words', async () => {
    await symlink('/etc/hostname', join(folder, 'leak.csv'));
    const errors: readonly (readonly [string, unknown, string])[] = [
      ['csv-transform', { path: '../orders.csv' }, 'outside_root'],
      ['csv-transform', { path: 'leak.csv' }, 'outside_root'],
      ['csv-transform', { path: '/etc/passwd', format: 'csv' }, 'outside_root'],
      ['csv-transform', { path: 'none.csv' }, 'not_found'],
      ['csv-transform', {}, 'invalid_payload: Give either'],
      ['csv-transform', 'text', 'invalid_payload'],
      ['csv-transform', { data: 'a', colour: 'red' }, 'invalid_payload: .*colour'],
      ['csv-transform', { data: 'a,a\n1,2' }, 'invalid_data: .*"a" twice'],
      ['csv-transform', { data: 'a,b\n1,2,3' }, 'invalid_data: '],
      ['csv-transform', { data: 'a\n1', select: ['b'] }, 'invalid_data: Row 1 has no column "b"'],
      [
        'csv-transform',
        { data: 'a\nx', types: { a: 'number' } },
        'invalid_data: Row 1: "x" in "a" is no number',
      ],
      [
        'data-filter',
        { data: 'a\n1', where: [{ column: 'a', op: 'in', value: 1 }] },
        'invalid_payload: The condition',
      ],
      ['format-convert', { data: '{"a": ', format: 'json' }, 'invalid_data: '],
      ['format-convert', { data: 'a: [', format: 'yaml' }, 'invalid_data: '],
      ['format-convert', { data: [{ a: 1 }, { b: 2 }], to: 'csv' }, 'invalid_data: Row 2 has the column "b"'],
      ['json-validate', { data: 1, schema: { type: 'nothing' } }, 'invalid_payload: payload.schema'],
      [
        'json-validate',
        { data: 1, schema: { $ref: 'https://example.org/s.json' } },
        'invalid_payload: payload.schema',
      ],
    ];
    for (const [capability, payload, error] of errors) {
      const result = await runTask(executor, capability, payload);
      expect(result, JSON.stringify(payload)).toMatchObject({
        success: false,
        retryable: false,
        error: expect.stringMatching(`^${error}`),
      });
    }
    const rootless = await createDataProcessor();
    expect((await runTask(rootless, 'csv-transform', { path: 'orders.csv' })).error).toMatch(
      /^unsupported: .*no root/,
    );
    await expect(createDataProcessor({ root: join(folder, 'none') })).rejects.toThrow("can't be opened");
  });

  test('the operation is what the task requires, or what its payload names', async () => {
    const both = { ...executor };
    const data = [{ a: 1 }];
    const named = await runTask(both, 'data-aggregate', { operation: 'format-convert', data });
    expect(named.data).toMatchObject({ format: 'json' });
    const unknown = await runTask(both, 'data-aggregate', { operation: 'shred', data });
    expect(unknown.error).toMatch(/^unsupported: .*csv-transform/);
  });
});

function contentOf(data: unknown): string {
  if (typeof data === 'object' && data !== null && 'content' in data && typeof data.content === 'string')
    return data.content;
  throw new Error(`no content in ${JSON.stringify(data)}`);
}
