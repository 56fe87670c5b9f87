import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { firstLine, nodeArgs, startProcess } from '../../../../../test/support/process.ts';
import { writeSuspendedBack } from '../../../src/sources/files/write-back.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { asOrdinaryUser, native, tempFolder, type TempFolder } from './temp-folder.ts';

const WRITER = new URL('toggle-writer.ts', import.meta.url);
const SUSPENDED = { server: 'one', suspended: true };

async function folderWith(text: string): Promise<TempFolder & { readonly file: string }> {
  const folder = await tempFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  return { ...folder, file: await folder.write('a.yaml', text) };
}

test('the file is replaced as a whole and keeps its mode', async () => {
  verifies('SRC-06');
  const { path, file } = await folderWith(native('one'));
  // More than any umask leaves.
  await chmod(file, 0o646);
  const before = await stat(file);
  expect(await writeSuspendedBack(file, SUSPENDED)).toEqual({ kind: 'written' });
  const after = await stat(file);
  expect(after.mode).toBe(before.mode);
  expect(after.ino, 'another file in its place').not.toBe(before.ino);
  expect(await readFile(file, 'utf8')).toContain('spec: {suspended: true, command: x}');
  expect(await readdir(path)).toEqual([basename(file)]);
  // Nothing to write is no write.
  expect(await writeSuspendedBack(file, SUSPENDED)).toEqual({ kind: 'written' });
  expect((await stat(file)).ino).toBe(after.ino);
});

test(
  'whenever it is read or the writer is killed, it holds the old text or the new one',
  { timeout: 120_000 },
  async () => {
    verifies('SRC-06');
    const { file } = await folderWith(`${native('one')}# ${'x'.repeat(800_000)}\n`);
    const texts = [await readFile(file, 'utf8')];
    await writeSuspendedBack(file, SUSPENDED);
    texts.push(await readFile(file, 'utf8'));
    const isWhole = async (): Promise<boolean> => texts.includes(await readFile(file, 'utf8'));
    for (let round = 0; round < 5; round++) {
      await using writer = startProcess(process.execPath, nodeArgs(WRITER, file));
      expect(await firstLine(writer)).toBe('writing');
      for (let reads = 0; reads < 100; reads++) expect(await isWhole()).toBe(true);
      writer.child.kill('SIGKILL');
      await writer.ended;
      expect(await isWhole()).toBe(true);
    }
  },
);

test('what a link leads to is written, and the link stays', async () => {
  verifies('SRC-06');
  const { path, file } = await folderWith(native('one'));
  const link = join(path, 'link.yaml');
  await symlink(file, link);
  expect(await writeSuspendedBack(link, SUSPENDED)).toEqual({ kind: 'written' });
  expect(await readFile(file, 'utf8')).toContain('suspended: true');
  expect((await readdir(path, { withFileTypes: true })).find(({ name }) => name === 'link.yaml')).toSatisfy(
    (entry: { isSymbolicLink(): boolean }) => entry.isSymbolicLink(),
  );
});

test('a file or folder that must not be written is left as it is', async () => {
  verifies('SRC-06');
  const { path, file } = await folderWith(native('one'));
  await chmod(file, 0o444);
  expect(await writeSuspendedBack(file, SUSPENDED)).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(/^(the file is read-only|no permission to write it)$/),
  });
  await chmod(file, 0o666);
  await chmod(path, 0o555);
  await asOrdinaryUser(async () => {
    expect(await writeSuspendedBack(file, SUSPENDED)).toEqual({
      kind: 'failed',
      reason: 'no permission to write it',
    });
  });
  expect(await readFile(file, 'utf8')).toBe(native('one'));
  expect(await readdir(path)).toEqual([basename(file)]);
  expect(await writeSuspendedBack(join(path, 'gone.yaml'), SUSPENDED)).toEqual({
    kind: 'failed',
    reason: 'the file is gone',
  });
});
