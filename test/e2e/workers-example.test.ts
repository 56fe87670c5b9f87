// The example of workers, as its guide says to run it.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { computeDirectly } from '../../examples/workers/direct.ts';
import { nodeArgs, startProcess } from '../support/process.ts';
import { verifies } from '../verifies.ts';

const EXAMPLE = new URL('../../examples/workers/run.ts', import.meta.url);
const TIMEOUT_MS = 240_000;

test(
  '100,000 rows come out right though an agent is killed in the middle',
  async () => {
    verifies('AGT-10', 'AGT-11');
    const folder = await mkdtemp(join(tmpdir(), 'tutti-example-'));
    try {
      await using example = startProcess(process.execPath, nodeArgs(EXAMPLE, folder));
      const { code } = await example.ended;
      expect(code, example.output()).toBe(0);
      expect(example.output()).toMatch(/data-1 is killed while it works on/);
      const totals: unknown = JSON.parse(await readFile(join(folder, 'totals.json'), 'utf8'));
      const direct = computeDirectly(join(folder, 'data', 'orders.csv'));
      expect(totals).toEqual(direct);
      // The data is worth the work: what is wrong in it is many times over.
      expect(direct.map(({ region }) => region)).toEqual(['east', 'north', 'overseas', 'south', 'west']);
      const orders = direct.reduce((sum, total) => sum + total.orders, 0);
      expect(orders).toBeGreaterThan(90_000);
      expect(orders).toBeLessThan(97_000);
      const report = await readFile(join(folder, 'data', 'report.csv'), 'utf8');
      expect(report.trim().split('\n')).toEqual([
        'region,orders,cents,largest',
        ...direct.map(({ region, orders, cents, largest }) => `${region},${orders},${cents},${largest}`),
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS,
);
