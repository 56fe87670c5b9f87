// The control over a real store, a real desired state and real files; the reconciler's part is to be told.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_DOCUMENTS_CHARS, openControl } from '../../src/app/control/create-control.ts';
import { MAX_FORGOTTEN } from '../../src/app/control/suspender.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createEventLog } from '../../src/resources/events/event-log.ts';
import { readDocuments } from '../../src/resources/read-documents.ts';
import { createResourceStore } from '../../src/resources/store.ts';
import { RESOURCE_MIGRATIONS } from '../../src/resources/stored/migrations.ts';
import { createStoredResources } from '../../src/resources/stored/stored-resources.ts';
import { verifies } from '../../../../test/verifies.ts';
import { native, tempFolder } from '../sources/files/temp-folder.ts';
import { closeStoresAfterTests, openTest, sqliteUrl } from '../store/support/stores.ts';

closeStoresAfterTests();

async function open(url = sqliteUrl()) {
  const folder = await tempFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const database = await openTest(url, { migrations: [RESOURCE_MIGRATIONS] });
  const stored = createStoredResources(database);
  const store = createResourceStore();
  const events = createEventLog({ clock: systemClock });
  const told: string[] = [];
  const warnings: string[] = [];
  const opened = await openControl({
    store,
    stored,
    isShared: false,
    clock: systemClock,
    folder: folder.path,
    events,
    happenings: {
      resourceDeclared: (kind, name, change, by) => told.push(`${kind} ${name} ${change} by ${by}`),
      resourceRemoved: (kind, name, by) => told.push(`${kind} ${name} removed by ${by}`),
    },
    warn: (message) => warnings.push(message),
  });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  /** Puts a file's declarations into force, as the source does. */
  const read = async (file: string): Promise<void> =>
    store.apply(new Map([[file, readDocuments(file, await readFile(file, 'utf8'))]]));
  const files: string[] = [];
  const control = opened.start({
    reconciler: {
      restart: (server) => void told.push(`restart ${server}`),
      start: (server) => void told.push(`start ${server}`),
      settled: async () => {},
      status: () => undefined,
      pins: { of: () => undefined, list: async () => [], approve: async () => [] },
    },
    sources: {
      async reloadFiles() {
        for (const file of files) await read(file);
      },
      sync: async () => {},
    },
  });
  return {
    url,
    folder,
    database,
    stored,
    store,
    control,
    told,
    warnings,
    events,
    declare: async (name: string, text: string): Promise<string> => {
      const file = await folder.write(name, text);
      if (!files.includes(file)) files.push(file);
      await read(file);
      return file;
    },
    suspended: (name: string) => store.get(name)?.resource.spec.suspended,
  };
}

const text = (body: string, path?: string) => ({ text: body, path });

test('documents are all taken, or none; what is the same is no change', async () => {
  verifies('SRC-06');
  const { control, store, stored, told } = await open();
  expect(await control.apply(text(`${native('a')}---\n${native('b')}`), 'ann')).toEqual({
    items: [
      { kind: 'MCPServer', name: 'a', change: 'created' },
      { kind: 'MCPServer', name: 'b', change: 'created' },
    ],
    warnings: [],
  });
  expect(told).toEqual(['MCPServer a created by ann', 'MCPServer b created by ann']);
  expect(store.get('a')?.resource.origin).toEqual({
    kind: 'api',
    path: 'api:MCPServer/a',
    line: 1,
    by: 'ann',
  });
  // As values, in another order of members, and by somebody else: it is the same.
  const { items } = await control.apply(
    {
      documents: [
        {
          kind: 'MCPServer',
          spec: { command: 'x' },
          metadata: { name: 'a' },
          apiVersion: 'tutti.dev/v1alpha1',
        },
      ],
    },
    'bob',
  );
  expect(items).toEqual([{ kind: 'MCPServer', name: 'a', change: 'unchanged' }]);
  expect(store.get('a')?.resource.origin).toMatchObject({ by: 'ann' });

  const bad = `${native('c')}---\n${native('a', '[x]')}`;
  await expect(control.apply(text(bad, 'x.yaml'), 'ann')).rejects.toMatchObject({
    code: 'invalid_config',
    problems: [{ path: 'x.yaml', line: 9, field: 'spec.command' }],
  });
  expect(control.check(text(bad, 'x.yaml'))).toMatchObject([{ path: 'x.yaml', line: 9 }]);
  expect(store.get('c')).toBeUndefined();
  expect((await stored.load()).documents.map(({ id }) => id)).toEqual(['MCPServer/a', 'MCPServer/b']);
});

test('folders and foreign formats mean the same when they are read again', async () => {
  verifies('SRC-06');
  const first = await open();
  const { folder, control, store } = first;
  await control.apply(
    {
      text: JSON.stringify({ mcpServers: { A: { command: 'x', cwd: 'below' } } }),
      path: '/elsewhere/.mcp.json',
    },
    'ann',
  );
  const { resource } = store.get('a') ?? {};
  expect(resource).toMatchObject({
    annotations: { 'tutti.dev/original-name': 'A' },
    spec: { workdir: join(folder.path, 'below') },
  });
  await first.database[Symbol.asyncDispose]();
  const second = await open(first.url);
  expect(second.store.get('a')?.resource).toEqual(resource);
});

test('what this version does not take keeps its server out, says why, and can be mended', async () => {
  verifies('SRC-06');
  const first = await open();
  await first.stored.write({
    documents: new Map([
      [
        'MCPServer/old',
        {
          text: '{"apiVersion":"tutti.dev/v1alpha1","kind":"MCPServer","metadata":{"name":"old"},"spec":{"comand":"x"}}',
          by: 'ann',
        },
      ],
      ['MCPServer/odd', { text: 'no JSON', by: 'ann' }],
    ]),
  });
  await first.control.apply(text(native('good')), 'ann');
  await first.database[Symbol.asyncDispose]();
  const { control, store } = await open(first.url);
  expect(store.list().map(({ resource }) => resource.name)).toEqual(['good']);
  expect(store.problems().map(({ path }) => path)).toEqual(['api:MCPServer/odd', 'api:MCPServer/old']);
  expect(control.resources()).toMatchObject([
    { name: 'good', state: 'InForce' },
    { name: 'odd', state: 'Invalid' },
    { name: 'old', state: 'Invalid', message: expect.stringContaining('did you mean `command`?') },
  ]);
  await control.apply(text(native('old')), 'ann');
  await control.remove('MCPServer', 'odd', 'ann');
  expect(store.problems()).toEqual([]);
  expect(store.get('old')).toBeDefined();
});

test('names of files are refused, shadowed ones can be deleted', async () => {
  verifies('SRC-06');
  const { control, declare, store } = await open();
  await control.apply(text(native('a')), 'ann');
  const file = await declare('a.yaml', `${native('a', 'y')}---\n${native('b')}`);
  await expect(control.apply(text(native('b')), 'ann')).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining(`${file}:6`),
  });
  await expect(control.remove('MCPServer', 'b', 'ann')).rejects.toMatchObject({ code: 'refused' });
  await expect(control.remove('Toolset', 'b', 'ann')).rejects.toMatchObject({ code: 'not_found' });
  expect(control.resources().map(({ name, state }) => [name, state])).toEqual([
    ['a', 'InForce'],
    ['a', 'Shadowed'],
    ['b', 'InForce'],
  ]);
  await control.remove('MCPServer', 'a', 'ann');
  expect(store.get('a')?.resource.spec.command).toBe('y');
  expect(control.resource('MCPServer', 'a')).toMatchObject({ state: 'InForce', origin: { source: 'file' } });
});

test('a suspension of what the API declared goes where it goes', async () => {
  verifies('SRC-06', 'SRV-10');
  const first = await open();
  await first.control.apply(text(native('a')), 'ann');
  expect(await first.control.suspend('a', 'bob')).toEqual({
    name: 'a',
    suspended: true,
    change: 'changed',
    kept: 'stored',
  });
  expect(await first.control.stop('a', 'bob')).toMatchObject({ change: 'unchanged' });
  // Not said is not changed.
  const { items } = await first.control.apply(text(native('a')), 'ann');
  expect(items).toMatchObject([{ change: 'unchanged' }]);
  await first.control.apply(text(native('a', 'y')), 'ann');
  expect(first.suspended('a')).toBe(true);
  await first.database[Symbol.asyncDispose]();

  const { control, suspended, stored, store } = await open(first.url);
  expect(store.get('a')).toMatchObject({ suspension: { by: 'bob', place: 'declaration' } });
  await control.apply(text(native('a', 'y, suspended: false')), 'ann');
  expect(suspended('a')).toBe(false);
  await control.suspend('a', 'bob');
  await control.remove('MCPServer', 'a', 'ann');
  expect(await stored.load()).toEqual({ documents: [], suspensions: new Map() });
  await control.apply(text(native('a')), 'ann');
  expect(suspended('a')).toBe(false);
});

test('start, restart and reconnect', async () => {
  verifies('SRV-10');
  const { control, told, suspended, declare } = await open();
  const file = await declare('a.yaml', native('a'));
  await control.suspend('a', 'ann');
  expect(await readFile(file, 'utf8')).toContain('suspended: true');
  expect(await control.start('a', 'ann')).toMatchObject({
    suspended: false,
    change: 'changed',
    kept: 'file',
  });
  await control.suspend('a', 'ann');
  await control.restart('a', 'ann');
  expect(suspended('a')).toBe(false);
  await control.reconnect('a');
  await declare('shy.yaml', native('shy', 'x, autoStart: false'));
  await control.suspend('shy', 'ann');
  expect(await control.resume('shy', 'ann')).toMatchObject({
    note: 'it does not start by itself; run it with `tutti start shy`',
  });
  expect(told).toEqual(['start a', 'restart a', 'restart a']);
  for (const action of ['suspend', 'resume', 'start', 'restart'] as const)
    await expect(control[action]('nobody', 'ann')).rejects.toMatchObject({ code: 'not_found' });
});

test('what a declaration has overtaken is dropped from the store, too', async () => {
  verifies('SRC-06');
  const { control, declare, stored, events, suspended } = await open();
  // No place in this format.
  const registry = (more: object = {}): string =>
    JSON.stringify({ name: 'io.example/a', packages: [{ registryType: 'npm', identifier: 'x' }], ...more });
  const file = await declare('server.json', registry());
  const [name = ''] = control.resources().map((resource) => resource.name);
  const outcome = await control.suspend(name, 'ann');
  expect(outcome).toMatchObject({ kept: 'override', note: expect.stringContaining(file) });
  expect(suspended(name)).toBe(true);
  expect(await readFile(file, 'utf8')).toBe(registry());
  await declare('server.json', registry({ description: 'other' }));
  expect(suspended(name)).toBe(true);
  const executor = (enabled: boolean): string => JSON.stringify({ name, enabled, command: 'x' });
  await declare('server.json', executor(false));
  await declare('server.json', executor(true));
  expect(suspended(name)).toBe(false);
  // The next change waits for what is dropped meanwhile.
  await control.apply(text(native('other')), 'ann');
  expect((await stored.load()).suspensions.size).toBe(0);
  expect(events.list().map(({ reason }) => reason)).toEqual(['MCPServerSuspended', 'MCPServerResumed']);
});

test('what is kept of servers that are gone is bounded', async () => {
  verifies('SRC-06');
  const first = await open();
  const gone = Array.from({ length: MAX_FORGOTTEN + 5 }, (_, index) => `gone-${index}`);
  const suspension = {
    suspended: true,
    declared: false,
    origin: 'file',
    place: 'override',
    by: 'ann',
  } as const;
  await first.stored.write({
    suspensions: new Map(gone.map((name, index) => [name, { ...suspension, sinceMs: index }])),
  });
  await first.database[Symbol.asyncDispose]();
  const { control, declare, stored, suspended } = await open(first.url);
  await declare('a.yaml', native('a'));
  await control.suspend('a', 'ann');
  expect(suspended('a')).toBe(true);
  const { suspensions } = await stored.load();
  expect(suspensions.size).toBe(MAX_FORGOTTEN);
  expect([suspensions.has('gone-5'), suspensions.has('gone-6'), suspensions.has('a')]).toEqual([
    false,
    true,
    true,
  ]);
});

test('a store that fails changes nothing', async () => {
  verifies('SRC-06', 'SRV-10');
  const { control, database, declare, suspended, store } = await open();
  const file = await declare('a.yaml', native('a'));
  await database[Symbol.asyncDispose]();
  await expect(control.suspend('a', 'ann')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(control.apply(text(native('b')), 'ann')).rejects.toMatchObject({ code: 'unavailable' });
  expect(suspended('a')).toBe(false);
  expect(store.get('b')).toBeUndefined();
  expect(await readFile(file, 'utf8')).toBe(native('a'));
});

test('too much at once is refused', async () => {
  const { control } = await open();
  const long = native('a').padEnd(MAX_DOCUMENTS_CHARS + 1, '#');
  await expect(control.apply(text(long), 'ann')).rejects.toMatchObject({ code: 'too_large' });
});
