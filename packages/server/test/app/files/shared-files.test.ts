// Shared files on a real disk: who may write, what a write replaces, and what leads out of a root.

import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LeaseRequestSchema } from '@tutti/schemas';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createFileSpaces } from '../../../src/app/files/file-spaces.ts';
import { sha256Of } from '../../../src/app/files/file-state.ts';
import { createSharedFiles, type SharedFiles } from '../../../src/app/files/shared-files.ts';
import { LOCAL, openFresh, type TestCoordination } from '../../coordination/support/open.ts';
import { closeStoresAfterTests, sqliteUrl } from '../../store/support/stores.ts';

closeStoresAfterTests();

let folder: string;
let root: string;
let host: TestCoordination;
let files: SharedFiles;
let names = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-files-'));
  root = join(folder, 'root');
  await mkdir(join(root, 'src'), { recursive: true });
  await writeFile(join(root, 'src/a.ts'), 'one\n');
  await writeFile(join(folder, 'secret'), 'hidden\n');
  const settings = () => ({ roots: [{ name: 'repo', path: root }], maxFileBytes: 10_000 });
  const spaces = createFileSpaces({ settings, folder: undefined });
  host = await openFresh(sqliteUrl(), undefined, { files: spaces });
  for (const id of ['ada', 'bob']) await host.agent({ id, heartbeatInterval: 3_600 });
  files = createSharedFiles({ files: spaces, settings, leases: host.leases, randomName: () => `${names++}` });
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const at = (path: string) => ({ space: undefined, path });
const as = (agentId: string, fence?: number) => ({ agentId, fence, by: LOCAL });
const lock = (agent: string, ...paths: string[]) =>
  host.leases.acquire(
    LeaseRequestSchema.parse({ agent_id: agent, paths }),
    LOCAL,
    new AbortController().signal,
  );
const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

test('a write needs the lock, and what it replaces', async () => {
  verifies('LCK-04');
  const write = (content: string, sha256?: string, agent = 'ada') =>
    files.write(at('src/a.ts'), Buffer.from(content), sha256, as(agent));
  const { sha256 } = await files.read(at('src/a.ts'));
  expect(sha256).toBe(sha256Of(Buffer.from('one\n')));
  await expect(write('two\n', sha256)).rejects.toMatchObject({
    code: 'refused',
    details: { kind: 'no_lease' },
  });
  await lock('ada', 'src');
  await expect(write('two\n', sha256, 'bob')).rejects.toThrow('ada has src to itself');
  await expect(write('two\n')).rejects.toMatchObject({ details: { kind: 'exists', sha256 } });
  expect(await write('two\n', sha256)).toMatchObject({ space: 'repo', path: 'src/a.ts', size: 4 });
  await expect(write('three\n', sha256)).rejects.toMatchObject({ details: { kind: 'changed' } });
  expect(await text('src/a.ts')).toBe('two\n');
  expect(await readdir(join(root, 'src'))).toEqual(['a.ts']);
});

test('of many who know the same content one replaces it', async () => {
  verifies('LCK-04');
  await lock('ada', 'src');
  const { sha256 } = await files.read(at('src/a.ts'));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => files.write(at('src/a.ts'), Buffer.from(`${n}`), sha256, as('ada'))),
  );
  const written = outcomes.flatMap((one, n) => (one.status === 'fulfilled' ? [n] : []));
  expect(written).toHaveLength(1);
  expect(await text('src/a.ts')).toBe(`${written[0]}`);
});

test('a new file comes with its folders, once', async () => {
  verifies('LCK-04');
  await lock('ada', 'new');
  const write = () => files.write(at('new/deep/b.ts'), Buffer.from('b'), undefined, as('ada'));
  expect((await Promise.allSettled([write(), write()])).map(({ status }) => status).toSorted()).toEqual([
    'fulfilled',
    'rejected',
  ]);
  expect(await text('new/deep/b.ts')).toBe('b');
  expect(await readdir(join(root, 'new/deep'))).toEqual(['b.ts']);
});

test('without the lock not even a folder is made', async () => {
  verifies('LCK-04');
  await expect(files.write(at('x/y.ts'), Buffer.from('b'), undefined, as('ada'))).rejects.toMatchObject({
    details: { kind: 'no_lease' },
  });
  expect(await readdir(root)).toEqual(['src']);
});

test('a lock that was lost and had again refuses with the old number', async () => {
  verifies('LCK-04', 'LCK-05');
  const first = await lock('ada', 'src/a.ts');
  await host.leases.release({ agent_id: 'ada', paths: ['src/a.ts'] }, LOCAL);
  await lock('ada', 'src/a.ts');
  const { sha256 } = await files.read(at('src/a.ts'));
  const write = files.write(at('src/a.ts'), Buffer.from('x'), sha256, as('ada', first.lease?.fence));
  await expect(write).rejects.toMatchObject({ details: { kind: 'stale_fence' } });
  expect(await text('src/a.ts')).toBe('one\n');
});

test('somebody else who changes the file in between is not written over', async () => {
  verifies('LCK-04');
  await lock('ada', 'src');
  const { sha256 } = await files.read(at('src/a.ts'));
  const lying = createSharedFiles({
    files: createFileSpaces({
      settings: () => ({ roots: [{ name: 'repo', path: root }], maxFileBytes: 100 }),
      folder: undefined,
    }),
    settings: () => ({ roots: [{ name: 'repo', path: root }], maxFileBytes: 100 }),
    leases: {
      async write(write, by, commit) {
        // After it was read, before it is replaced.
        await writeFile(join(root, 'src/a.ts'), 'by hand\n');
        return await host.leases.write(write, by, commit);
      },
    },
    randomName: () => 'x',
  });
  const write = lying.write(at('src/a.ts'), Buffer.from('two\n'), sha256, as('ada'));
  await expect(write).rejects.toMatchObject({ details: { kind: 'changed' } });
  expect(await text('src/a.ts')).toBe('by hand\n');
});

test('edits fit once, all or none', async () => {
  verifies('LCK-04');
  await lock('ada', 'src/a.ts');
  await writeFile(join(root, 'src/a.ts'), 'a b a\n');
  const edit = (...edits: { old_text: string; new_text: string }[]) =>
    files.edit(at('src/a.ts'), edits, undefined, as('ada'));
  const noMatch = { code: 'conflict', details: { kind: 'no_match' } };
  await expect(edit({ old_text: 'a', new_text: 'x' })).rejects.toMatchObject(noMatch);
  await expect(
    edit({ old_text: 'b', new_text: 'x' }, { old_text: 'c', new_text: 'y' }),
  ).rejects.toMatchObject(noMatch);
  expect(await text('src/a.ts')).toBe('a b a\n');
  await edit({ old_text: 'b', new_text: 'c$&' }, { old_text: 'a\n', new_text: 'd\n' });
  expect(await text('src/a.ts')).toBe('a c$& d\n');
});

test('a move needs both locks, and never goes over a file', async () => {
  verifies('LCK-04');
  const move = (to: string) => files.move(at('src/a.ts'), to, as('ada'));
  await lock('ada', 'src/a.ts');
  await expect(move('src/b.ts')).rejects.toMatchObject({ details: { kind: 'no_lease', path: 'src/b.ts' } });
  await lock('ada', 'src', 'lib');
  await writeFile(join(root, 'src/b.ts'), 'b\n');
  await expect(move('src/b.ts')).rejects.toMatchObject({ details: { kind: 'exists' } });
  expect(await move('lib/c.ts')).toMatchObject({ path: 'lib/c.ts' });
  expect(await text('lib/c.ts')).toBe('one\n');
  expect(await text('src/b.ts')).toBe('b\n');
  expect(await readdir(join(root, 'src'))).toEqual(['b.ts']);
});

test('a file keeps its mode', async () => {
  await lock('ada', 'src');
  await writeFile(join(root, 'src/run.sh'), 'x', { mode: 0o755 });
  const { sha256 } = await files.read(at('src/run.sh'));
  await files.write(at('src/run.sh'), Buffer.from('y'), sha256, as('ada'));
  expect((await stat(join(root, 'src/run.sh'))).mode & 0o777).toBe(0o755);
});

describe('nothing leads out of the root', () => {
  test.each(['../secret', '/etc/passwd', 'out/secret', 'out', 'src/../../secret', 'dead/x', 'loop'])(
    '%s',
    async (path) => {
      verifies('LCK-03', 'LCK-04');
      await symlink(folder, join(root, 'out'));
      await symlink(join(folder, 'nothing'), join(root, 'dead'));
      await symlink('loop', join(root, 'loop'));
      const kind = expect.stringMatching(/^(?:outside|unfit_path)$/);
      await expect(files.read(at(path))).rejects.toMatchObject({ details: { kind } });
      await expect(files.write(at(path), Buffer.from('x'), undefined, as('ada'))).rejects.toMatchObject({
        details: { kind },
      });
      await expect(lock('ada', path)).rejects.toMatchObject({ details: { kind } });
      expect(await readFile(join(folder, 'secret'), 'utf8')).toBe('hidden\n');
    },
  );
});

test('the same file by another way, or in another case, is the same file', async () => {
  verifies('LCK-03');
  await symlink('src', join(root, 'also'));
  await lock('ada', 'also/a.ts');
  for (const path of ['src/a.ts', 'also/a.ts', 'SRC/A.TS', './src/x/../a.ts', join(root, 'src/a.ts')])
    expect((await lock('bob', path)).status).toBe('refused');
  const { sha256, path } = await files.read(at('also/a.ts'));
  expect(path).toBe('src/a.ts');
  await files.write(at('src/a.ts'), Buffer.from('x'), sha256, as('ada'));
});

test('what is no text, no file or too large is told', async () => {
  verifies('LCK-04');
  await lock('ada', '**');
  await writeFile(join(root, 'large'), '');
  await truncate(join(root, 'large'), 20_000);
  await expect(files.read(at('large'))).rejects.toMatchObject({ code: 'too_large' });
  await expect(files.write(at('b'), Buffer.alloc(10_001), undefined, as('ada'))).rejects.toMatchObject({
    code: 'too_large',
  });
  await expect(files.read(at('src'))).rejects.toThrow('src is no file');
  await expect(files.read(at('none'))).rejects.toMatchObject({ code: 'not_found' });
  await expect(files.read(at('*.ts'))).rejects.toThrow('name one file');
  await expect(files.write(at('src/a.ts/b'), Buffer.from('x'), undefined, as('ada'))).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a folder is listed, bounded, and links are not followed', async () => {
  verifies('LCK-04');
  await symlink(folder, join(root, 'out'));
  const list = (path: string, recursive = true, limit = 10) => files.list(at(path), { recursive, limit });
  expect(await list('.')).toEqual({
    entries: [
      { path: 'out', type: 'link', size: 0 },
      { path: 'src', type: 'folder', size: 0 },
      { path: 'src/a.ts', type: 'file', size: 4 },
    ],
    truncated: false,
  });
  expect(await list('.', true, 2)).toMatchObject({ truncated: true });
  await expect(list('src/a.ts')).rejects.toThrow('is no folder');
});
