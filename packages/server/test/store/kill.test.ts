// Kill -9 in the middle of writes: what was acknowledged is there, nothing half-done is. TUTTI_TEST_KILLS sets how often
// per database, TUTTI_TEST_SEED where to begin.

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChance } from '../../../../test/support/chance.ts';
import { verifies } from '../../../../test/verifies.ts';
import type { Database } from '../../src/store/database.ts';
import { closeStoresAfterTests, openTest, stores } from './support/stores.ts';
import type { TestTables } from './support/tables.ts';

closeStoresAfterTests();

const KILLS = Number(process.env['TUTTI_TEST_KILLS'] ?? 92);
const SEED = Number(process.env['TUTTI_TEST_SEED'] ?? Date.now() % 1_000_000);
/** The writer as two files: loading hundreds of modules for each round would take most of the time. */
const BUILT = fileURLToPath(
  new URL(`../../../../node_modules/.cache/tutti-kill-${process.pid}`, import.meta.url),
);
beforeAll(async () => {
  const built = await rolldown({
    input: {
      writer: fileURLToPath(new URL('./support/kill-writer.ts', import.meta.url)),
      // It is started by its place beside the file that starts it.
      worker: fileURLToPath(new URL('../../src/store/sqlite/worker.ts', import.meta.url)),
    },
    platform: 'node',
    external: ['pg'],
  });
  await built.write({ dir: BUILT, entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  await writeFile(join(BUILT, 'package.json'), '{"type":"module"}');
});
afterAll(() => rm(BUILT, { recursive: true, force: true }));

/** Rounds that one store lives through. */
const PER_STORE = 10;
const MAX_ACKNOWLEDGED = 60;
/** Beyond the acknowledgement that it waits for, so that the kill falls anywhere in the next writes. */
const MAX_DELAY_MS = 4;
/** One round on a machine that is busy with other things. */
const ROUND_LIMIT_MS = 30_000;

type Writer = ChildProcessByStdio<Writable, Readable, null>;

/** A writer that has loaded its code and waits to begin: loading takes longer than all the rest of a round. */
function prepareWriter(url: string, round: number): Writer {
  return spawn(process.execPath, [join(BUILT, 'writer.js'), url, String(round)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** What a writer had been told before it was killed, at a moment of chance. */
async function writeUntilKilled(child: Writer, round: number): Promise<readonly string[]> {
  const chance = createChance(SEED + round);
  // Some are killed while they open the store and make its tables.
  const wanted = chance() < 0.15 ? 0 : Math.ceil(chance() * MAX_ACKNOWLEDGED);
  const delayMs = chance() * (wanted === 0 ? 100 : MAX_DELAY_MS);
  const exited = once(child, 'exit');
  child.stdin.end();
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === wanted + 1) setTimeout(() => child.kill('SIGKILL'), delayMs);
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return said.slice(1);
}

async function check(database: Database<TestTables>, acknowledged: readonly string[]): Promise<void> {
  const rows = await database.read.selectFrom('t_rows').selectAll().execute();
  const ids = new Set(rows.map(({ id }) => id));
  const count = (prefix: string): number => rows.filter(({ id }) => id.startsWith(prefix)).length;
  for (const said of acknowledged) {
    if (said.startsWith('single:')) expect(ids).toContain(said);
    if (said.startsWith('several:')) for (const n of [0, 1, 2]) expect(ids).toContain(`${said}:${n}`);
  }
  const groups = Map.groupBy(
    rows.filter(({ id }) => id.startsWith('several:')),
    ({ id }) => id.slice(0, id.lastIndexOf(':')),
  );
  for (const group of groups.values()) expect(group).toHaveLength(3);
  const told = acknowledged
    .filter((said) => said.startsWith('guarded:'))
    .map((said) => Number(said.slice(8)));
  expect(new Set(told).size).toBe(told.length);
  const guarded = rows.find(({ id }) => id === 'guarded')?.n ?? 0;
  expect(guarded).toBeGreaterThanOrEqual(Math.max(0, ...told));
  const [place, ...others] = rows.filter(({ id }) => id.startsWith('place:'));
  expect(others).toEqual([]);
  const lastPlace = acknowledged.findLast((said) => said.startsWith('place:'));
  if (lastPlace !== undefined) expect(place).toBeDefined();
  // It is where it was last acknowledged to be, or was moved on by the write that nobody heard of.
  const [, round, step] = lastPlace?.split(':') ?? [];
  if (place !== undefined && place.id.split(':')[1] === round)
    expect([Number(step), Number(step) + 1]).toContain(place.n);
  expect(count('undone:')).toBe(0);
}

describe.each(stores)('killed on $name', ({ name, freshUrl }) => {
  test(
    `${KILLS} times, what was acknowledged is there and nothing half-done`,
    async () => {
      verifies('OPS-03');
      process.stdout.write(`kill -9 on ${name}: ${KILLS} times, TUTTI_TEST_SEED=${SEED}\n`);
      // A store lives through several kills; then a new one, so that making the tables is killed too.
      const urls = Array.from({ length: Math.ceil(KILLS / PER_STORE) }, freshUrl);
      const urlOf = (round: number): string => urls[Math.floor(round / PER_STORE)] ?? '';
      const acknowledged: string[] = [];
      let total = 0;
      let next = prepareWriter(urlOf(0), 0);
      for (let round = 0; round < KILLS; round++) {
        if (round % PER_STORE === 0) acknowledged.length = 0;
        const writer = next;
        if (round + 1 < KILLS) next = prepareWriter(urlOf(round + 1), round + 1);
        const said = await writeUntilKilled(writer, round);
        total += said.length;
        acknowledged.push(...said);
        const database = await openTest(urlOf(round));
        await check(database, acknowledged);
        await database[Symbol.asyncDispose]();
      }
      expect(total).toBeGreaterThan(0);
    },
    KILLS * ROUND_LIMIT_MS,
  );
});
