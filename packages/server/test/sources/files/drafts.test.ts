import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { DRAFT_MAX_AGE_MS, draftOf, sweepDrafts } from '../../../src/sources/files/drafts.ts';

const WRITE_BACK = new URL('../../../src/sources/files/write-back.ts', import.meta.url).href;
const TEXT = JSON.stringify({
  apiVersion: 'tutti.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { name: 'a' },
  spec: { command: 'serve' },
});
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-drafts-'));
  file = join(folder, 'a.json');
  await writeFile(file, TEXT);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const later = (): number => Date.now() + DRAFT_MAX_AGE_MS + 1_000;

test(
  'what a kill left of writing a file is removed, and the file is whole',
  { timeout: 120_000 },
  async () => {
    verifies('SRV-10');
    const program = `
    const { writeSuspendedBack } = await import(${JSON.stringify(WRITE_BACK)});
    process.stdout.on('error', () => process.exit());
    for (let n = 0; ; n++) {
      if (n >= 30) process.stdout.write('.');
      await writeSuspendedBack(process.argv[1], { server: 'a', suspended: n % 2 === 0 });
    }
  `;
    const args = ['--conditions=@tutti/source', '--input-type=module', '-e', program, file];
    let left: readonly string[] = [];
    for (let kill = 0; left.length === 0; kill += 1) {
      const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(writer, 'exit');
      await once(writer.stdout, 'data');
      for (let turn = 0; turn < (kill * 3) % 20; turn += 1) await readFile(file);
      writer.kill('SIGKILL');
      await ended;
      left = (await readdir(folder)).filter((name) => name !== 'a.json');
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ metadata: { name: 'a' } });
    }
    expect(await sweepDrafts([file], Date.now())).toBe(true);
    expect(await readdir(folder)).toHaveLength(left.length + 1);
    expect(await sweepDrafts([file], later())).toBe(false);
    expect(await readdir(folder)).toEqual(['a.json']);
  },
);

test('nothing else is touched', async () => {
  verifies('SRV-10');
  const others = [
    '.a.json.tmp',
    '.a.json.123.tmp',
    '.b.json.5a2f1c1e-3c1b-4a52-9d0c-0c2d8c3c1c11.tmp',
    'a.json.5a2f1c1e-3c1b-4a52-9d0c-0c2d8c3c1c11.tmp',
    '.a.json.5a2f1c1e-3c1b-4a52-9d0c-0c2d8c3c1c11.tmp.bak',
  ];
  for (const name of others) await writeFile(join(folder, name), '');
  const directory = draftOf(file);
  await mkdir(directory);
  const link = draftOf(file);
  await symlink(file, link);
  const old = draftOf(file);
  await writeFile(old, '');
  await utimes(old, 1, 1);
  expect(await sweepDrafts([file, join(folder, 'gone.json')], Date.now())).toBe(false);
  const names = await readdir(folder);
  expect(names).toHaveLength(others.length + 3);
  expect(names.map((name) => join(folder, name))).not.toContain(old);
});

test('a link is followed to where the draft was written', async () => {
  verifies('SRV-10');
  await mkdir(join(folder, 'links'));
  await symlink(file, join(folder, 'links', 'a.json'));
  await writeFile(draftOf(file), '');
  await sweepDrafts([join(folder, 'links', 'a.json')], later());
  expect((await readdir(folder)).toSorted()).toEqual(['a.json', 'links']);
});
