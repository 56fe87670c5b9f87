// The example of two agents in one repository, as its guide says to run it.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeArgs, startProcess } from '../support/process.ts';
import { verifies } from '../verifies.ts';

const EXAMPLE = new URL('../../examples/pair-programming/run.ts', import.meta.url);
const TIMEOUT_MS = 240_000;

test(
  'two agents edit one repository, collide, wait and merge',
  async () => {
    verifies('LCK-02', 'LCK-04');
    const folder = await mkdtemp(join(tmpdir(), 'tutti-example-'));
    try {
      await using example = startProcess(process.execPath, nodeArgs(EXAMPLE, folder));
      const { code } = await example.ended;
      expect(code, example.output()).toBe(0);
      expect(example.output()).toMatch(
        /bob may not commit: [^]*shopping\.txt: ada has shopping\.txt \("adding bread"\)/,
      );
      expect(example.output()).toMatch(/bob waits: ada has shopping\.txt to itself/);
      expect(example.output()).toContain('main has all 13 lines, and 0 merge commits were needed.');
      const list = await readFile(join(folder, 'list.txt'), 'utf8');
      expect(list.split('\n').slice(0, 3)).toEqual(['milk', 'bread', 'beer']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  TIMEOUT_MS,
);
