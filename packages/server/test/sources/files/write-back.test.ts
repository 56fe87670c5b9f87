import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeSuspendedBack } from '../../../src/sources/files/write-back.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { asOrdinaryUser, native, tempFolder, type TempFolder } from './temp-folder.ts';

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
