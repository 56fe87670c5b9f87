import { chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { formatProblem } from '../../../src/resources/problem.ts';
import { MAX_DEPTH, MAX_FILE_BYTES } from '../../../src/sources/limits.ts';
import { configurationOf, discoverPath } from '../../../src/sources/files/project.ts';
import { scan, scanProject } from '../../../src/sources/files/scan.ts';
import type { Scan } from '../../../src/sources/seen.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { asOrdinaryUser, tempFolder } from './temp-folder.ts';

function shown(seen: Scan, folder: string) {
  return {
    files: [...seen.files.keys()].map((path) => relative(folder, path)),
    unreadable: [...seen.unreadable.values()].map((problem) => formatProblem(problem, folder)),
    leftOut: seen.leftOut.map((problem) => formatProblem(problem, folder)),
  };
}

test('a tree: its declarations, not what is hidden or of another kind', async () => {
  verifies('SRC-01');
  await using folder = await tempFolder({
    'b.yaml': 'b',
    'a.yml': 'a',
    'deep/er/c.json': 'c',
    'd.toml': 'd',
    '.mcp.json': 'top',
    'deep/.mcp.json': 'not at the top',
    '.hidden/e.yaml': 'e',
    'node_modules/p/f.json': 'f',
    'README.md': 'g',
    'no-extension': 'h',
  });
  expect(shown(await scan(folder.path), folder.path)).toEqual({
    files: ['.mcp.json', 'a.yml', 'b.yaml', 'd.toml', 'deep/er/c.json'],
    unreadable: [],
    leftOut: [],
  });
});

test('a file that is named is read whatever its name', async () => {
  verifies('SRC-01');
  await using folder = await tempFolder({ '.hidden': 'x' });
  const seen = await scan(join(folder.path, '.hidden'));
  expect([...seen.files.values()]).toEqual([{ text: 'x', inFolder: false }]);
});

test('links are followed to files inside of the folder only', async () => {
  await using outside = await tempFolder({ 'secret.yaml': 'secret', 'folder/x.yaml': 'x' });
  await using folder = await tempFolder({ '..data/real.yaml': 'real', 'plain.yaml': 'plain' });
  await symlink(join(folder.path, '..data/real.yaml'), join(folder.path, 'inside.yaml'));
  await symlink(join(outside.path, 'secret.yaml'), join(folder.path, 'outside.yaml'));
  await symlink(join(outside.path, 'folder'), join(folder.path, 'linked'));
  await symlink(folder.path, join(folder.path, 'loop'));
  await symlink('nowhere.yaml', join(folder.path, 'dangling.yaml'));
  expect(shown(await scan(folder.path), folder.path)).toEqual({
    files: ['inside.yaml', 'plain.yaml'],
    unreadable: [],
    leftOut: expect.arrayContaining([
      'dangling.yaml:1:1: warning: neither a file nor a link to a file of this folder; not read',
      'outside.yaml:1:1: warning: neither a file nor a link to a file of this folder; not read',
    ]),
  });
});

test('what cannot be read is a problem, and the rest is read', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({
    'a.yaml': 'a',
    'closed.yaml': 'x',
    'shut/b.yaml': 'b',
    'big.yaml': '',
    'latin.yaml': '',
  });
  await truncate(join(folder.path, 'big.yaml'), MAX_FILE_BYTES + 1);
  await writeFile(join(folder.path, 'latin.yaml'), Buffer.from([0x61, 0xe9]));
  await chmod(folder.path, 0o755);
  await chmod(join(folder.path, 'closed.yaml'), 0);
  await chmod(join(folder.path, 'shut'), 0);
  const seen = await asOrdinaryUser(() => scan(folder.path));
  expect(shown(seen, folder.path)).toEqual({
    files: ['a.yaml'],
    unreadable: [
      'shut:1:1: no permission to read this folder; grant it to the user that runs Tutti',
      'big.yaml:1:1: larger than 1048576 bytes; split it',
      'closed.yaml:1:1: no permission to read this file; grant it to the user that runs Tutti',
      'latin.yaml:1:1: not UTF-8 text; save it as UTF-8',
    ],
    leftOut: [],
  });
  await chmod(join(folder.path, 'shut'), 0o755);
});

test('a path that is not there, and folders without end', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder();
  const missing = join(folder.path, 'missing');
  expect(shown(await scan(missing), folder.path).unreadable).toEqual([
    'missing:1:1: this path does not exist; create it or correct the path',
  ]);
  await mkdir(join(folder.path, ...Array.from({ length: MAX_DEPTH + 1 }, () => 'd')), { recursive: true });
  expect(shown(await scan(folder.path), folder.path).leftOut).toEqual([
    `${Array.from({ length: MAX_DEPTH + 1 }, () => 'd').join('/')}:1:1: warning: more than ${MAX_DEPTH} folders deep; not read`,
  ]);
});

test('a project: tutti.yaml and tutti/ together, and nothing else', async () => {
  verifies('SRC-01');
  await using folder = await tempFolder({
    'tutti.yaml': 'one',
    'tutti/a.yaml': 'two',
    'other.yaml': 'no',
    'sub/tutti.yaml': 'no',
    '.mcp.json': 'no',
  });
  const seen = await scanProject(folder.path);
  expect(shown(seen, folder.path)).toEqual({
    files: ['tutti.yaml', 'tutti/a.yaml'],
    unreadable: [],
    leftOut: [],
  });
  expect([...seen.files.values()].map(({ inFolder }) => inFolder)).toEqual([false, true]);
});

test('a project that is reached by links', async () => {
  await using real = await tempFolder({ 'my.yaml': 'one', 'servers/a.yaml': 'two' });
  await using folder = await tempFolder();
  await symlink(join(real.path, 'my.yaml'), join(folder.path, 'tutti.yaml'));
  await symlink(join(real.path, 'servers'), join(folder.path, 'tutti'));
  expect(shown(await scanProject(folder.path), folder.path).files).toEqual(['tutti.yaml', 'tutti/a.yaml']);
});

test('a project that can not be read, or is one no more', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({ 'tutti.yaml': 'x' });
  await chmod(folder.path, 0);
  const shut = await asOrdinaryUser(() => scanProject(folder.path));
  await chmod(folder.path, 0o755);
  expect(shown(shut, folder.path).unreadable).toEqual([
    `${folder.path}:1:1: no permission to read this folder; grant it to the user that runs Tutti`,
  ]);
  await rm(join(folder.path, 'tutti.yaml'));
  expect(shown(await scanProject(folder.path), folder.path).unreadable).toEqual([
    `${folder.path}:1:1: tutti.yaml and tutti/ are gone; put one of them back, or stop Tutti`,
  ]);
});

test('without a path: tutti.yaml and tutti/, else .mcp.json', async () => {
  await using folder = await tempFolder();
  expect(discoverPath(folder.path)).toBeUndefined();
  await folder.write('.mcp.json', '{}');
  expect(discoverPath(folder.path)).toBe(join(folder.path, '.mcp.json'));
  await folder.write('tutti/a.yaml', '');
  expect(discoverPath(folder.path)).toBe(folder.path);
  await folder.write('tutti.yaml', '');
  expect(discoverPath(folder.path)).toBe(folder.path);
});

test('the default of a folder is one configuration, however it is named', async () => {
  await using folder = await tempFolder({ 'tutti.yaml': '', 'tutti/tutti/a.yaml': '' });
  const of = (path: string): string => relative(folder.path, configurationOf(join(folder.path, path)));
  expect([of('.'), of('tutti.yaml'), of('.mcp.json')]).toEqual(['', '', '']);
  expect(of('other.yaml')).toBe('other.yaml');
  // A project that is called tutti, with its own folder of that name.
  expect([of('tutti'), of('tutti/tutti')]).toEqual(['tutti', 'tutti']);
});
