import { chmod, mkdir, rename, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/kernel/clock.ts';
import { formatProblem } from '../../../src/resources/problem.ts';
import { createResourceStore } from '../../../src/resources/store.ts';
import { createFileSource } from '../../../src/sources/files/file-source.ts';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { asOrdinaryUser, native, tempFolder } from './temp-folder.ts';

async function open(path: string) {
  const store = createResourceStore();
  const source = createFileSource({ path, store, clock: systemClock });
  await source.synced;
  return {
    store,
    source,
    names: () => store.list().map(({ resource }) => resource.name),
    command: (name: string) => store.get(name)?.resource.spec.command,
    problems: (folder: string) => store.problems().map((problem) => formatProblem(problem, folder)),
    [Symbol.asyncDispose]: () => source.close(),
  };
}

test('a folder: what is there at the start, and what changes later', async () => {
  verifies('SRC-01');
  await using folder = await tempFolder({ 'a.yaml': native('a'), 'sub/b.yaml': native('b') });
  await using opened = await open(folder.path);
  expect(opened.names()).toEqual(['a', 'b']);
  await folder.write('a.yaml', native('a', 'changed'));
  await eventually(() => opened.command('a') === 'changed');
  await folder.write('new/deep/c.json', JSON.stringify({ mcpServers: { c: { command: 'x' } } }));
  await eventually(() => opened.names().includes('c'));
  await unlink(join(folder.path, 'sub/b.yaml'));
  await eventually(() => !opened.names().includes('b'));
  await rm(join(folder.path, 'new'), { recursive: true });
  await eventually(() => opened.names().length === 1);
});

test('a single file, replaced as editors do', async () => {
  verifies('SRC-01');
  await using folder = await tempFolder({ 'tutti.yaml': native('a') });
  const file = join(folder.path, 'tutti.yaml');
  await using opened = await open(file);
  for (const command of ['one', 'two', 'three']) {
    await rename(await folder.write('.tutti.yaml.swp', native('a', command)), file);
    await eventually(() => opened.command('a') === command);
  }
  await folder.write('other.yaml', native('b'));
  await opened.source.reload();
  expect(opened.names()).toEqual(['a']);
});

test('settings of the gateway: at the start, changed, broken, gone', async () => {
  verifies('SRC-01', 'SRC-05', 'GW-07');
  const gateway = (spec: string): string =>
    `apiVersion: tutti.dev/v1alpha1\nkind: Gateway\nmetadata: {name: gateway}\nspec: ${spec}\n`;
  await using folder = await tempFolder({ 'gateway.yaml': gateway('{limits: {maxStreams: 5}}') });
  await using opened = await open(folder.path);
  const maxStreams = () => opened.store.settings().limits.maxStreams;
  expect(maxStreams()).toBe(5);
  await folder.write('gateway.yaml', gateway('{limits: {maxStreams: 6}}'));
  await eventually(() => maxStreams() === 6);
  await folder.write('gateway.yaml', gateway('{limits: {maxStreams: six}}'));
  await eventually(() => opened.problems(folder.path).length === 1);
  expect(opened.problems(folder.path)).toEqual([
    'gateway.yaml:4:17: spec.limits.maxStreams: must be a number, but is text',
  ]);
  expect(maxStreams()).toBe(6);
  await unlink(join(folder.path, 'gateway.yaml'));
  await eventually(() => maxStreams() === 1_024);
  expect(opened.problems(folder.path)).toEqual([]);
});

test('a file that is not there yet is taken when it comes', async () => {
  verifies('SRC-01');
  await using folder = await tempFolder();
  await using opened = await open(join(folder.path, 'tutti/a.yaml'));
  expect(opened.problems(folder.path)).toEqual([
    'tutti/a.yaml:1:1: this path does not exist; create it or correct the path',
  ]);
  await folder.write('tutti/a.yaml', native('a'));
  await eventually(() => opened.names().length === 1);
  expect(opened.problems(folder.path)).toEqual([]);
});

test('a folder that is reached by a link is watched too', async () => {
  await using folder = await tempFolder({ 'real/a.yaml': native('a') });
  await symlink(join(folder.path, 'real'), join(folder.path, 'link'));
  await using opened = await open(join(folder.path, 'link'));
  expect(opened.names()).toEqual(['a']);
  await folder.write('real/a.yaml', native('a', 'changed'));
  await eventually(() => opened.command('a') === 'changed');
});

test('a bad file keeps its last good servers, and the others go on', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({ 'a.yaml': native('a'), 'b.yaml': native('b') });
  await using opened = await open(folder.path);
  await folder.write('a.yaml', native('a').replace('command', 'comand'));
  await eventually(() => opened.store.problems().length === 1);
  expect(opened.problems(folder.path)).toEqual([
    'a.yaml:4:8: spec.comand: not a known field; did you mean `command`?',
  ]);
  expect(opened.store.get('a')).toMatchObject({
    resource: { spec: { command: 'x' } },
    problems: [{ line: 4 }],
  });
  await folder.write('b.yaml', native('b', 'changed'));
  await eventually(() => opened.command('b') === 'changed');
  await folder.write('a.yaml', native('a', 'mended'));
  await eventually(() => opened.command('a') === 'mended');
  expect(opened.store.problems()).toEqual([]);
});

test('an empty file is a save in progress, not a wish to remove', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({ 'a.yaml': native('a') });
  await using opened = await open(folder.path);
  await folder.write('a.yaml', '');
  await eventually(() => opened.store.problems().length === 1);
  expect(opened.names()).toEqual(['a']);
});

test('a name in two files is refused with both paths', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({ 'a.yaml': native('same', 'one'), 'b.yaml': native('same', 'two') });
  await using opened = await open(folder.path);
  expect(opened.command('same')).toBe('one');
  expect(opened.problems(folder.path)).toEqual([
    `b.yaml:1:1: \`same\` is declared in ${folder.path}/a.yaml:1 already; rename one of them or remove this one`,
  ]);
});

test('what cannot be read any more stays in force', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({ 'shut/a.yaml': native('a'), 'b.yaml': native('b') });
  await chmod(folder.path, 0o755);
  await using opened = await open(folder.path);
  await chmod(join(folder.path, 'shut'), 0);
  await asOrdinaryUser(() => opened.source.reload());
  expect(opened.names()).toEqual(['a', 'b']);
  expect(opened.problems(folder.path)).toEqual([
    'shut:1:1: no permission to read this folder; grant it to the user that runs Tutti',
  ]);
  await chmod(join(folder.path, 'shut'), 0o755);
  await opened.source.reload();
  expect(opened.problems(folder.path)).toEqual([]);
  await rm(join(folder.path, 'shut'), { recursive: true });
  await opened.source.reload();
  expect(opened.names()).toEqual(['b']);
});

test('a folder that vanishes as a whole takes nothing with it', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({ 'tutti/a.yaml': native('a') });
  await using opened = await open(join(folder.path, 'tutti'));
  await rm(join(folder.path, 'tutti'), { recursive: true });
  await eventually(() => opened.store.problems().length === 1);
  expect(opened.names()).toEqual(['a']);
  await mkdir(join(folder.path, 'tutti'));
  await opened.source.reload();
  expect(opened.names()).toEqual([]);
});

test('a project: what it lacks at the start is taken when it comes', async () => {
  verifies('SRC-01');
  await using folder = await tempFolder({ 'tutti.yaml': native('a'), 'other.yaml': native('other') });
  await using opened = await open(folder.path);
  expect(opened.names()).toEqual(['a']);
  for (const command of ['one', 'two']) {
    await folder.write('tutti/b.yaml', native('b', command));
    await eventually(() => opened.command('b') === command);
  }
  await folder.write('tutti.yaml', native('a', 'changed'));
  await eventually(() => opened.command('a') === 'changed');
  await rm(join(folder.path, 'tutti'), { recursive: true });
  await eventually(() => opened.names().length === 1);
  await folder.write('tutti/c.yaml', native('c'));
  await eventually(() => opened.names().join() === 'a,c');
  await unlink(join(folder.path, 'tutti.yaml'));
  await eventually(() => opened.names().join() === 'c');
  expect(opened.problems(folder.path)).toEqual([]);
});

test('a project that vanishes as a whole takes nothing with it', async () => {
  verifies('SRC-05');
  await using folder = await tempFolder({ 'tutti.yaml': native('a'), 'tutti/b.yaml': native('b') });
  await using opened = await open(folder.path);
  await unlink(join(folder.path, 'tutti.yaml'));
  await rm(join(folder.path, 'tutti'), { recursive: true });
  await opened.source.reload();
  expect(opened.names()).toEqual(['a', 'b']);
  await folder.write('tutti.yaml', native('a'));
  await eventually(() => opened.names().join() === 'a');
});

test('a second look at the same files changes nothing', async () => {
  await using folder = await tempFolder({ 'a.yaml': native('a') });
  await using opened = await open(folder.path);
  const told: unknown[] = [];
  opened.store.watch((names) => told.push(names));
  await Promise.all([opened.source.reload(), opened.source.reload(), opened.source.reload()]);
  expect(told).toEqual([]);
});

test('after close nothing is applied', async () => {
  await using folder = await tempFolder({ 'a.yaml': native('a') });
  const opened = await open(folder.path);
  await opened.source.close();
  await folder.write('b.yaml', native('b'));
  await opened.source.reload();
  expect(opened.names()).toEqual(['a']);
});
