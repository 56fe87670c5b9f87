// Kill -9 in the middle of writes: what was acknowledged is there, nothing half-done is. TUTTI_TEST_KILLS sets how often
// per database, TUTTI_TEST_SEED where to begin.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { nodeArgs } from '../../../../test/support/process.ts';
import { verifies } from '../../../../test/verifies.ts';
import type { Database } from '../../src/store/database.ts';
import { closeStoresAfterTests, openTest, stores } from './support/stores.ts';
import type { TestTables } from './support/tables.ts';

closeStoresAfterTests();

const WRITER = fileURLToPath(new URL('./support/kill-writer.ts', import.meta.url));
const KILLS = Number(process.env['TUTTI_TEST_KILLS'] ?? 10);
const SEED = Number(process.env['TUTTI_TEST_SEED'] ?? Date.now() % 1_000_000);
const MAX_ACKNOWLEDGED = 150;
/** Beyond the acknowledgement that it waits for, so that the kill falls anywhere in the next writes. */
const MAX_DELAY_MS = 4;
/** One round on a machine that is busy with other things. */
const ROUND_LIMIT_MS = 30_000;

/** A generator of its own for each round: mulberry32. */
function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a writer had been told before it was killed, at a moment of chance. */
async function writeUntilKilled(url: string, round: number): Promise<readonly string[]> {
  const chance = createChance(SEED + round);
  // Some are killed while they open the store and make its tables.
  const wanted = chance() < 0.15 ? 0 : Math.ceil(chance() * MAX_ACKNOWLEDGED);
  const delayMs = chance() * (wanted === 0 ? 200 : MAX_DELAY_MS);
  const child = spawn(process.execPath, nodeArgs(WRITER, url, String(round)), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
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
      let url = freshUrl();
      const acknowledged: string[] = [];
      let total = 0;
      for (let round = 0; round < KILLS; round++) {
        // A store lives through several kills; then a new one, so that making the tables is killed too.
        if (round % 10 === 0) {
          url = freshUrl();
          acknowledged.length = 0;
        }
        const said = await writeUntilKilled(url, round);
        total += said.length;
        acknowledged.push(...said);
        const database = await openTest(url);
        await check(database, acknowledged);
        await database[Symbol.asyncDispose]();
      }
      expect(total).toBeGreaterThan(0);
    },
    KILLS * ROUND_LIMIT_MS,
  );
});
