import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createCatalogFiles } from '../../../src/app/bindings/catalog-files.ts';
import type { CatalogRecord } from '../../../src/reconcile/mcp-server/catalog-store.ts';
import { found, tools } from '../../snapshot/found.ts';

let state: string;
let warnings: string[];

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'tutti-catalog-'));
  warnings = [];
});
afterEach(() => rm(state, { recursive: true, force: true }));

const folder = (): string => join(state, 'catalog');
const createStore = () => createCatalogFiles({ folder: folder(), warn: (message) => warnings.push(message) });

function record(server: string, lists: Parameters<typeof found>[0] = {}): CatalogRecord {
  return {
    server,
    names: {
      prefix: server,
      given: {
        tools: new Map([
          ['b', `${server}_b`],
          ['__proto__', `${server}___proto__`],
          ['1', `${server}_1`],
        ]),
        prompts: new Map(),
        resources: new Map([['file:///x', 'file:///x']]),
        resourceTemplates: new Map(),
      },
    },
    discovery: { configDigest: 'digest', found: found(lists, { instructions: 'use\u2028well' }) },
    retiredAtMs: undefined,
  };
}

test('what was saved is loaded byte for byte, in order', async () => {
  verifies('CAT-04', 'GW-04');
  const odd = '{ "name":"t", "x":12345678901234567890, "y":1e400, "z":"\\ud800 \\u0000 é\u{1F600}" }';
  const kept = record('git', { tools: [odd, ...tools('b')], prompts: ['{"name":"p"}'] });
  const retired: CatalogRecord = { ...record('gone'), discovery: undefined, retiredAtMs: 17 };
  await createStore().save(kept);
  await createStore().save(retired);
  const loaded = await createStore().load();
  expect(loaded).toEqual([kept, retired]);
  expect([...(loaded[0]?.names.given.tools.keys() ?? [])]).toEqual(['b', '__proto__', '1']);
  expect(warnings).toEqual([]);
});

test('a record replaces the one before it, and is gone once removed', async () => {
  const store = createStore();
  await store.save(record('git'));
  const next = record('git', { tools: tools('new') });
  await store.save(next);
  expect(await store.load()).toEqual([next]);
  expect(await readdir(folder())).toEqual(['git.json']);
  await store.remove('git');
  await store.remove('never-there');
  expect(await store.load()).toEqual([]);
});

test('nobody else may read it', async () => {
  await createStore().save(record('git'));
  expect((await stat(folder())).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder(), 'git.json'))).mode & 0o777).toBe(0o600);
});

test.each([
  ['cut off', (text: string) => text.slice(0, text.length / 2)],
  ['empty', () => ''],
  ['of another format', () => '{"version":2}'],
  ['about another server', (text: string) => text.replace('"server":"bad"', '"server":"good"')],
  ['with an item that is no JSON', (text: string) => text.replace(String.raw`{\"name\":\"b\"`, '{')],
  ['not UTF-8', () => Buffer.from([0xff, 0xfe, 0x00])],
])('a file that is %s is left out with a warning, the others are read', async (_, spoil) => {
  verifies('CAT-04');
  const store = createStore();
  const good = record('good');
  await store.save(good);
  await store.save(record('bad', { tools: tools('b') }));
  const path = join(folder(), 'bad.json');
  const text = await readFile(path, 'utf8');
  const spoilt = spoil(text);
  expect(spoilt).not.toBe(text);
  await writeFile(path, spoilt);
  expect(await store.load()).toEqual([good]);
  expect(warnings).toEqual([expect.stringContaining(path)]);
});

test('a write that was cut off by a kill leaves the record before it, and no litter', async () => {
  verifies('CAT-04');
  const writer = join(import.meta.dirname, 'catalog-writer.ts');
  const child = spawn(process.execPath, [writer, folder()], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    // By now it is somewhere in the next write.
    if (Number(line) === 5) break;
  }
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  // However far that write came, this is what the worst of them leaves behind.
  await writeFile(join(folder(), 'git.json.tmp'), '{"version":1,"server":"git","na');
  const [kept] = await createStore().load();
  const round = Number(kept?.discovery?.configDigest.replace('round-', ''));
  expect(round).toBeGreaterThanOrEqual(Number(last));
  expect(kept?.discovery?.found.tools).toHaveLength(1);
  expect(await readdir(folder())).toEqual(['git.json']);
  expect(warnings).toEqual([]);
});

test('a folder that cannot be written is an error of the save, for the caller to weigh', async () => {
  await writeFile(folder(), 'a file stands where the folder should be');
  await expect(createStore().save(record('git'))).rejects.toThrow();
});
