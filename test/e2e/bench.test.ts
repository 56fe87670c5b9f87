// The published benchmarks: the command runs, measures what it says, and the page shows every bar.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { BARS } from '../../bench/bars.ts';
import { verifies } from '../verifies.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('a part of the benchmarks runs and gives numbers', async () => {
  verifies('OPS-14');
  const folder = await mkdtemp(join(tmpdir(), 'tutti-bench-test-'));
  const file = join(folder, 'results.json');
  await promisify(execFile)(
    process.execPath,
    ['--conditions=@tutti/source', 'bench/main.ts', '--quick', '--only', 'start', '--json', file],
    // What is emitted must not be led to the sources.
    { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  z.object({ start: z.object({ coldMs: z.number().positive(), cachedMs: z.number().positive() }) }).parse(
    JSON.parse(await readFile(file, 'utf8')),
  );
  await rm(folder, { recursive: true });
});

test('the page shows every bar with its number', async () => {
  verifies('OPS-14');
  const page = await readFile(join(ROOT, 'docs/benchmarks.md'), 'utf8');
  expect(page).toContain('npm run bench');
  for (const bar of BARS) expect(page).toContain(bar.what);
});
