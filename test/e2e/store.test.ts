// The store in a whole host: what it keeps over a restart, and what is said where it can't be opened.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiEventListSchema } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { declared, faulty } from '../faults/support/declared.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startProcess } from '../support/process.ts';
import { verifies } from '../verifies.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));

async function reasons(gateway: Gateway): Promise<readonly string[]> {
  const answer = await fetch(`${gateway.url}/api/v1/events?server=one`);
  return ApiEventListSchema.parse(await answer.json()).items.map(({ reason }) => reason);
}

test('tools and events are there again after a restart', { timeout: 120_000 }, async () => {
  verifies('CAT-04', 'OPS-02');
  const folder = await mkdtemp(join(tmpdir(), 'tutti-store-'));
  try {
    const files = declared({ one: faulty() });
    const first = await startGateway({ files, folder, waitFor: ['one'] });
    await first.close();
    await using second = await startGateway({ files, folder });
    // Of the first run: the second had nothing to create before this one was asked.
    expect((await reasons(second)).slice(0, 4)).toEqual([
      'MCPServerCreated',
      'MCPServerStarting',
      'MCPServerStarted',
      'MCPServerToolsDiscovered',
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each([
  [
    'a file that is no database',
    'sqlite:FOLDER/config',
    'this file is no SQLite database; choose another path',
  ],
  [
    'a folder that is not there',
    'sqlite:FOLDER/none/x.db',
    'check that its folder exists and can be written',
  ],
  ['nothing that is a store', 'mysql://me:hush@x', 'use sqlite:PATH or postgres://'],
  [
    'a PostgreSQL that is not there',
    'postgres://me:hush-hush%21@127.0.0.1:1/x?password=hidden',
    'check that it runs and that TUTTI_STORE names it rightly',
  ],
])('%s: refused, with what to do and without the password', { timeout: 60_000 }, async (_, store, advice) => {
  verifies('OPS-02');
  const folder = await mkdtemp(join(tmpdir(), 'tutti-store-'));
  try {
    const config = join(folder, 'config');
    await writeFile(config, '{"mcpServers": {}}'.padEnd(4_096));
    const run = startProcess(
      process.execPath,
      [BIN, 'up', config, '--port', '0', '--state', join(folder, 's')],
      {
        cwd: folder,
        env: { TUTTI_STORE: store.replace('FOLDER', folder) },
      },
    );
    const { code } = await run.ended;
    expect(code).toBeGreaterThan(0);
    expect(run.output()).toContain(advice);
    expect(run.output()).not.toMatch(/hush|hidden| at .*\.ts:\d/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
