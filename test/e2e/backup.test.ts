// Backup, restore and the move to PostgreSQL, as people do them.

import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiEventListSchema } from '@tutti/schemas';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { findPostgres } from '../../packages/server/test/store/support/postgres.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startProcess } from '../support/process.ts';
import { verifies } from '../verifies.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const TIMEOUT = { timeout: 180_000 };

const postgres = await findPostgres();
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-backup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (place: string, env?: Readonly<Record<string, string>>): Promise<Gateway> =>
  startGateway({ files: declared({ one: faulty() }), folder: place, waitFor: ['one'], env });

async function tutti(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const run = startProcess(process.execPath, [BIN, ...args], { cwd: folder });
  const { code } = await run.ended;
  return { code, output: run.output() };
}

async function events(gateway: Gateway): Promise<readonly string[]> {
  const answer = await fetch(`${gateway.url}/api/v1/events`);
  return ApiEventListSchema.parse(await answer.json()).items.map(({ time, reason }) => `${time} ${reason}`);
}

/** Events are written behind: until then a backup may be of the moment before. */
async function backedUp(file: string, event: string): Promise<boolean> {
  return (await readFile(file, 'utf8')).includes(event);
}

test('the one who runs writes the backup; restored into another folder all is there', TIMEOUT, async () => {
  verifies('OPS-02', 'OPS-05');
  const from = await mkdtemp(join(folder, 'from-'));
  const file = join(folder, 'a.backup');
  let known: readonly string[] = [];
  {
    await using gateway = await start(from);
    known = await events(gateway);
    await eventually(async () => {
      await rm(file, { force: true });
      const run = await tutti('backup', file, '--state', gateway.statePath, '-o', 'json');
      expect(run.code, run.output).toBe(0);
      expect(JSON.parse(run.output)).toMatchObject({ file, tables: expect.any(Number) });
      return await backedUp(file, 'MCPServerToolsDiscovered');
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // Never over another file; never while somebody has the store; never without the token.
    expect(await tutti('backup', file, '--state', gateway.statePath)).toMatchObject({ code: 4 });
    const refused = await tutti('restore', file, '--state', gateway.statePath);
    expect(refused).toMatchObject({ code: 4, output: expect.stringContaining(`pid ${gateway.pid}`) });
    expect((await fetch(`${gateway.url}/api/v1/backup`, { method: 'POST' })).status).toBe(401);
  }
  const to = await mkdtemp(join(folder, 'to-'));
  const state = join(to, 'state');
  expect(await tutti('restore', file, '--state', state)).toMatchObject({ code: 0 });
  {
    await using gateway = await start(to);
    expect((await events(gateway)).slice(0, known.length)).toEqual(known);
  }
  // What it holds now is not lost by accident.
  const full = await tutti('restore', file, '--state', state);
  expect(full).toMatchObject({ code: 4, output: expect.stringContaining('--replace') });
  const before = join(folder, 'before.backup');
  expect(await tutti('backup', before, '--state', state)).toMatchObject({ code: 0 });
  const replaced = await tutti('restore', file, '--state', state, '--replace');
  expect(replaced).toMatchObject({ code: 0, output: expect.stringContaining('tutti.db.replaced') });
  const after = join(folder, 'after.backup');
  expect(await tutti('backup', after, '--state', state)).toMatchObject({ code: 0 });
  const rows = async (path: string): Promise<readonly string[]> =>
    (await readFile(path, 'utf8')).split('\n').slice(1, -2);
  expect(await rows(after)).toEqual(await rows(file));
  expect((await rows(before)).length).toBeGreaterThan((await rows(file)).length);
});

test('says what is wrong', TIMEOUT, async () => {
  verifies('OPS-02', 'OPS-05');
  const none = await tutti('backup', 'x', '--state', join(folder, 'none'));
  expect(none).toMatchObject({ code: 3, output: expect.stringContaining('--state') });
  await writeFile(join(folder, 'no.backup'), '{"hello":1}\n');
  const state = join(folder, 'state');
  expect(await tutti('restore', 'no.backup', '--state', state)).toMatchObject({ code: 2 });
  const newer = JSON.stringify({
    format: 'tutti-backup',
    version: 1,
    takenAt: new Date(0).toISOString(),
    migrations: [{ module: 'events', number: 99, name: 'later' }],
  });
  await writeFile(join(folder, 'new.backup'), `${newer}\n`);
  for (const args of [[], ['--replace']]) {
    const refused = await tutti('restore', 'new.backup', '--state', state, ...args);
    expect(refused).toMatchObject({ code: 4, output: expect.stringContaining('another version of Tutti') });
  }
  const far = await tutti(
    'restore',
    'new.backup',
    '--state',
    state,
    '--to',
    'postgres://u:hush@127.0.0.1:1/x',
  );
  expect(far.code).toBe(4);
  expect(far.output).not.toContain('hush');
});

test.runIf(postgres !== undefined)('copied to PostgreSQL, and started there', TIMEOUT, async () => {
  verifies('OPS-02', 'OPS-03');
  const url = postgres?.freshUrl() ?? '';
  let known: readonly string[] = [];
  {
    await using gateway = await start(folder);
    known = await events(gateway);
  }
  const state = join(folder, 'state');
  expect(await tutti('copy', url, '--state', state)).toMatchObject({ code: 0 });
  expect(await tutti('copy', url, '--state', state)).toMatchObject({ code: 4 });
  await using gateway = await start(folder, { TUTTI_STORE: url });
  expect((await events(gateway)).slice(0, known.length)).toEqual(known);
  // A copy of the state folder is the same host a second time.
  await mkdir(join(folder, 'other'), { mode: 0o700 });
  await copyFile(join(gateway.statePath, 'replica'), join(folder, 'other', 'replica'));
  const second = startProcess(
    process.execPath,
    [BIN, 'up', gateway.configPath, '--port', '0', '--state', join(folder, 'other')],
    { cwd: folder, env: { TUTTI_STORE: url } },
  );
  expect(await second.ended).toMatchObject({ code: 4 });
  expect(second.output()).toContain(`pid ${gateway.pid}`);
  await gateway.close();
  const file = join(folder, 'pg.backup');
  expect(await tutti('restore', join(folder, 'none.backup'), '--to', url)).toMatchObject({ code: 3 });
  expect(await tutti('backup', file, '--state', state)).toMatchObject({ code: 0 });
  const replaced = await tutti('restore', file, '--to', url, '--replace', '--state', state);
  expect(replaced).toMatchObject({ code: 0, output: expect.stringContaining('_replaced') });
});
