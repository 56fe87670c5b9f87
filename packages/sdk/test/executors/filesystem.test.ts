import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createFilesystemExecutor } from '../../src/executors.ts';
import type { Executor } from '../../src/worker/executor.ts';
import { runTask } from './run-task.ts';

let world: string;
let root: string;
let executor: Executor;
beforeEach(async () => {
  world = await mkdtemp(join(tmpdir(), 'tutti-files-'));
  root = join(world, 'root');
  await mkdir(join(root, 'sub'), { recursive: true });
  await mkdir(join(world, 'outside'));
  await writeFile(join(world, 'outside', 'secret.txt'), 'secret');
  await writeFile(join(root, 'hello.txt'), 'hello');
  executor = await createFilesystemExecutor({
    root,
    limits: { maxReadBytes: 20, maxWriteBytes: 20, maxEntries: 4 },
  });
});
afterEach(() => rm(world, { recursive: true, force: true }));

describe('filesystem agent', () => {
  test('reads, whole, in parts and as base64', async () => {
    verifies('AGT-10');
    const read = (payload: object) => runTask(executor, 'file-read', payload);
    expect(await read({ path: 'hello.txt' })).toMatchObject({
      success: true,
      data: { path: 'hello.txt', size: 5, bytes: 5, content: 'hello', encoding: 'utf8' },
    });
    expect((await read({ path: './sub/../hello.txt' })).error).toMatch(/^outside_root/);
    expect((await read({ path: 'hello.txt', offset: 1, length: 3 })).data).toMatchObject({
      content: 'ell',
      bytes: 3,
    });
    expect((await read({ path: 'hello.txt', offset: 99 })).data).toMatchObject({ content: '', bytes: 0 });
    expect((await read({ path: 'hello.txt', encoding: 'base64' })).data).toMatchObject({
      content: 'aGVsbG8=',
    });
    await writeFile(join(root, 'long.txt'), 'x'.repeat(21));
    expect((await read({ path: 'long.txt' })).error).toMatch(/^limit_bytes: .*offset and length/);
    expect((await read({ path: 'long.txt', length: 20 })).success).toBe(true);
  });

  test('writes whole files only', async () => {
    const write = (payload: object) => runTask(executor, 'file-write', payload);
    expect(await write({ path: 'hello.txt', content: 'new' })).toEqual({
      success: true,
      data: { path: 'hello.txt', size: 3 },
    });
    expect(await readFile(join(root, 'hello.txt'), 'utf8')).toBe('new');
    const refused = await write({ path: 'hello.txt', content: 'other', mode: 'create' });
    expect(refused).toMatchObject({
      success: false,
      retryable: false,
      error: expect.stringMatching(/^exists/),
    });
    expect((await write({ path: 'a/b/c.bin', content: 'AAEC', encoding: 'base64' })).error).toMatch(
      /^not_found/,
    );
    const deep = { path: 'a/b/c.bin', content: 'AAEC', encoding: 'base64', createDirectories: true };
    expect((await write(deep)).success).toBe(true);
    expect([...(await readFile(join(root, 'a/b/c.bin')))]).toEqual([0, 1, 2]);
    expect((await write({ path: 'x', content: '!!', encoding: 'base64' })).error).toMatch(/^invalid_payload/);
    expect((await write({ path: 'x', content: 'x'.repeat(21) })).error).toMatch(/^limit_bytes/);
    expect((await write({ path: 'sub', content: 'x' })).error).toMatch(/^exists/);
    expect((await readdir(root)).sort()).toEqual(['a', 'hello.txt', 'sub']);
  });

  test('two that create the same file: one wins', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        runTask(executor, 'file-write', { path: 'one.txt', content: `${index}`, mode: 'create' }),
      ),
    );
    expect(results.filter(({ success }) => success).length).toBe(1);
    const winner = results.findIndex(({ success }) => success);
    expect(await readFile(join(root, 'one.txt'), 'utf8')).toBe(`${winner}`);
  });

  test('lists, as far as the limit', async () => {
    await writeFile(join(root, 'sub', 'inner.txt'), '1');
    await symlink('hello.txt', join(root, 'link'));
    const flat = await runTask(executor, 'file-list', {});
    expect(flat.data).toMatchObject({
      path: '.',
      truncated: false,
      entries: [
        { path: 'hello.txt', type: 'file', size: 5 },
        { path: 'link', type: 'link' },
        { path: 'sub', type: 'directory' },
      ],
    });
    const deep = await runTask(executor, 'file-list', { recursive: true });
    expect(deep.data).toMatchObject({ truncated: false });
    expect(JSON.stringify(deep.data)).toContain('sub/inner.txt');
    const short = await runTask(executor, 'file-list', { recursive: true, limit: 2 });
    expect(short.data).toMatchObject({ truncated: true, entries: { length: 2 } });
  });

  test('makes and deletes folders', async () => {
    const make = (path: string) => runTask(executor, 'directory-create', { path });
    expect((await make('x/y/z')).data).toEqual({ path: 'x/y/z', created: true });
    expect((await make('x/y/z')).data).toEqual({ path: 'x/y/z', created: false });
    expect((await make('hello.txt')).error).toMatch(/^exists/);
    const remove = (payload: object) => runTask(executor, 'file-delete', payload);
    expect((await remove({ path: 'x' })).error).toMatch(/^exists: .*recursive/);
    expect((await remove({ path: 'x', recursive: true })).data).toEqual({ path: 'x', deleted: true });
    expect((await remove({ path: 'x' })).error).toMatch(/^not_found/);
    expect((await remove({ path: 'x', missingOk: true })).data).toEqual({ path: 'x', deleted: false });
    expect((await remove({ path: '.', recursive: true })).error).toMatch(/^invalid_payload: .*root itself/);
  });

  test('nothing leads out of the root', async () => {
    await symlink('../outside', join(root, 'out'));
    await symlink('../outside/secret.txt', join(root, 'secret'));
    await symlink('../outside/new.txt', join(root, 'dangling'));
    await symlink('sub', join(root, 'inside'));
    const outward = [
      '../outside/secret.txt',
      '/etc/passwd',
      'out/secret.txt',
      'secret',
      'sub/../../outside/secret.txt',
      'C:\\x',
    ];
    for (const path of outward) {
      const read = await runTask(executor, 'file-read', { path });
      expect(read, path).toMatchObject({ success: false, error: expect.stringMatching(/^outside_root/) });
    }
    for (const path of ['../outside/new.txt', 'out/new.txt', 'secret', '/tmp/new.txt']) {
      const written = await runTask(executor, 'file-write', { path, content: 'x' });
      expect(written, path).toMatchObject({ success: false, error: expect.stringMatching(/^outside_root/) });
    }
    expect((await runTask(executor, 'file-write', { path: 'dangling', content: 'x' })).success).toBe(false);
    expect((await runTask(executor, 'file-list', { path: 'out' })).error).toMatch(/^outside_root/);
    expect((await runTask(executor, 'directory-create', { path: 'out/new' })).error).toMatch(/^outside_root/);
    expect((await runTask(executor, 'file-delete', { path: 'out/secret.txt' })).error).toMatch(
      /^outside_root/,
    );
    // The link goes, what it points to stays.
    expect((await runTask(executor, 'file-delete', { path: 'out', recursive: true })).success).toBe(true);
    expect(await readdir(join(world, 'outside'))).toEqual(['secret.txt']);
    expect(await readFile(join(world, 'outside', 'secret.txt'), 'utf8')).toBe('secret');
    // A link that stays inside is fine, and stays a link.
    expect((await runTask(executor, 'file-write', { path: 'inside/in.txt', content: 'x' })).success).toBe(
      true,
    );
    expect((await stat(join(root, 'sub', 'in.txt'))).size).toBe(1);
    expect(await readlink(join(root, 'inside'))).toBe('sub');
  });
});
