// Several hosts on one PostgreSQL, each a process with a folder of its own: what one of them is told holds at all, and
// what happens to one of them harms no other.

import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTuttiClient } from '@tutti/sdk';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.ts';
import { findPostgres, queryStore } from '../../packages/server/test/store/support/postgres.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { inState } from '../faults/support/observe.ts';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { nodeArgs } from '../support/process.ts';
import { verifies } from '../verifies.ts';
import { document, tutti, tuttiWith } from './control-world.ts';
import { tool } from './family-world.ts';

const TIMEOUT = { timeout: 240_000 };
const WAIT = { timeoutMs: 60_000 };
const PROGRAM = new URL('../programs/upstreams/changing.ts', import.meta.url);

const postgres = await findPostgres();
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

let folder: string;
let url: string;
let stack: AsyncDisposableStack;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-hosts-'));
  url = postgres?.freshUrl() ?? '';
  stack = new AsyncDisposableStack();
});
afterEach(async () => {
  await stack.disposeAsync();
  await rm(folder, { recursive: true, force: true });
}, 120_000);

/** A host with this name, or again after its end. */
async function host(name: string, files: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const place = join(folder, name);
  await mkdir(place, { recursive: true });
  return stack.use(
    await startGateway({
      folder: place,
      files: { ...declared({ filed: faulty() }), ...files },
      waitFor: ['filed'],
      env: { TUTTI_STORE: url },
    }),
  );
}

async function hosts(): Promise<readonly [Gateway, Gateway, Gateway]> {
  return await Promise.all([host('one'), host('two'), host('three')]);
}

const query = <Row extends object>(sql: string) => queryStore<Row>(url, sql);

const apply = async (at: Gateway, name: string): Promise<void> => {
  const applied = await tuttiWith(at, document(name), 'apply', '-f', '-');
  expect(applied.exitCode, applied.stderr).toBe(0);
};

const has = (at: Gateway, name: string): Promise<boolean> =>
  at.servers().then((servers) => servers.some((server) => server.name === name));

/** Told at one, in force at the other. */
async function reaches(from: Gateway, to: Gateway, name: string): Promise<void> {
  await eventually(
    () => tuttiWith(from, document(name), 'apply', '-f', '-').then((run) => run.exitCode === 0),
    WAIT,
  );
  await eventually(() => has(to, name), { ...WAIT, what: `${name} at the other host` });
}

async function exposedTools(at: Gateway): Promise<readonly string[]> {
  await using caller = await openCaller('modern', at.mcpUrl);
  const { result = '{}' } = await caller.request('tools/list');
  const list = memberText(result, 'tools') ?? '[]';
  const names: string[] = [];
  for (let text = memberText(list, 0); text !== undefined; text = memberText(list, names.length))
    names.push(String(JSON.parse(memberText(text, 'name') ?? '""')));
  return names;
}

describe.runIf(postgres !== undefined)('three hosts on one PostgreSQL', () => {
  test('what one is told holds at all of them, and one history has it all', TIMEOUT, async () => {
    verifies('OPS-01', 'OPS-10', 'SRC-06', 'CAT-01');
    const all = await hosts();
    const [one, two, three] = all;
    await apply(one, 'added');
    for (const at of all) await inState(at, 'added', 'Running');
    expect((await tutti(two, 'suspend', 'added')).exitCode).toBe(0);
    expect((await tutti(two, 'suspend', 'filed')).exitCode).toBe(0);
    for (const at of all) for (const name of ['added', 'filed']) await inState(at, name, 'Suspended');
    expect((await tutti(three, 'resume', 'added')).exitCode).toBe(0);
    for (const at of all) await inState(at, 'added', 'Running');
    await eventually(async () => {
      const names = await Promise.all(all.map(exposedTools));
      return names.every((found) => found.length > 1 && found.join() === names[0]?.join());
    }, WAIT);
    const lines = async (at: Gateway): Promise<readonly string[]> =>
      (await createTuttiClient(at).events())
        .map(({ time, name, reason, message }) => `${time} ${name} ${reason} ${message}`)
        .toSorted();
    await eventually(async () => {
      const histories = (await Promise.all(all.map(lines))).map((found) => found.join('\n'));
      return histories.every((found) => found === histories[0]);
    }, WAIT);
    const told = await createTuttiClient(one).events();
    // Each host started its own; the commands are there once.
    expect(told.filter(({ reason, name }) => reason === 'MCPServerCreated' && name === 'added')).toHaveLength(
      3,
    );
    expect(new Set(told.map(({ host: at }) => at)).size).toBe(3);
    for (const reason of ['MCPServerSuspended', 'MCPServerResumed'])
      expect(told.filter((event) => event.reason === reason && event.name === 'added')).toHaveLength(1);
    const rows = await query<{ seq: string; origin: string }>('select seq, origin from events_history');
    expect(new Set(rows.map(({ origin }) => origin)).size).toBe(rows.length);
  });

  test('a tool that changed is approved once for all', TIMEOUT, async () => {
    verifies('OPS-01', 'CAT-08');
    const say = async (text: string): Promise<void> => {
      const path = join(folder, 'tools');
      await writeFile(`${path}.new`, JSON.stringify([tool('read', {}, text)]));
      await rename(`${path}.new`, path);
    };
    await say('Reads.');
    const spec = { command: process.execPath, args: nodeArgs(PROGRAM, join(folder, 'tools'), 'legacy') };
    const files = {
      'changing.json': JSON.stringify({
        apiVersion: 'tutti.dev/v1alpha1',
        kind: 'MCPServer',
        metadata: { name: 'changing' },
        spec: { ...spec, pins: 'hold' },
      }),
    };
    const all = await Promise.all([host('one', files), host('two', files)]);
    const states = async (at: Gateway): Promise<string> =>
      (await createTuttiClient(at).pinsOf('changing')).map(({ state }) => state).join();
    for (const at of all) await eventually(async () => (await states(at)) === 'approved', WAIT);
    await say('Reads, and more.');
    for (const at of all) await eventually(async () => (await states(at)) === 'changed', WAIT);
    await createTuttiClient(all[0]).approvePins('changing', { all: true });
    for (const at of all)
      await eventually(async () => (await exposedTools(at)).includes('changing_read'), WAIT);
    expect(await states(all[1])).toBe('approved');
  });

  test(
    'one that is killed harms no other, and is there again; a copy of it is refused',
    TIMEOUT,
    async () => {
      verifies('OPS-01', 'OPS-03');
      const [one, two, three] = await hosts();
      two.process.child.kill('SIGKILL');
      await two.process.ended;
      await reaches(one, three, 'meanwhile');
      const again = await host('two');
      await eventually(() => has(again, 'meanwhile'), WAIT);
      await reaches(again, one, 'afterwards');
      const copy = join(folder, 'copy');
      await mkdir(copy, { mode: 0o700 });
      await copyFile(join(one.statePath, 'replica'), join(copy, 'replica'));
      const refused = await runCli(['up', one.configPath, '--port', '0', '--state', copy], {
        cwd: folder,
        env: { TUTTI_STORE: url },
      });
      expect(refused.exitCode).toBe(4);
      expect(refused.stderr).toContain(`pid ${one.pid}`);
      expect(refused.stderr).toContain('remove the file `replica`');
      await reaches(one, again, 'last');
    },
  );

  test('a leader that is stopped is followed, and leads no more when it goes on', TIMEOUT, async () => {
    verifies('OPS-01');
    const all = await hosts();
    const lease = async () =>
      (
        await query<{ holder: string; epoch: string }>("select * from store_leases where name = 'retention'")
      )[0];
    const first = await eventually(lease, WAIT);
    const replicas = await Promise.all(
      all.map(async (at) => (await readFile(join(at.statePath, 'replica'), 'utf8')).trim()),
    );
    const leader = all[replicas.indexOf(first.holder)];
    const other = all[(replicas.indexOf(first.holder) + 1) % all.length];
    if (leader === undefined || other === undefined) throw new Error('no host leads');
    leader.process.child.kill('SIGSTOP');
    try {
      await eventually(async () => Number((await lease())?.epoch) > Number(first.epoch), WAIT);
    } finally {
      leader.process.child.kill('SIGCONT');
    }
    await reaches(leader, other, 'awake');
    const next = await lease();
    expect(next?.holder).not.toBe(first.holder);
  });

  test('all go on after PostgreSQL crashed', TIMEOUT, async () => {
    verifies('OPS-01', 'OPS-03');
    if (postgres?.crash === undefined) return;
    const [one, two, three] = await hosts();
    await apply(one, 'before');
    await postgres.crash();
    await reaches(two, one, 'from-two');
    await reaches(three, two, 'from-three');
    for (const at of [one, two, three]) expect(await has(at, 'before')).toBe(true);
  });

  test('is backed up while they run, and restored only when all of them are gone', TIMEOUT, async () => {
    verifies('OPS-01', 'OPS-02');
    const [one, two] = await Promise.all([host('one'), host('two')]);
    await apply(one, 'kept');
    const run = (...args: string[]) => runCli(args, { cwd: folder, env: { TUTTI_STORE: url } });
    const away = ['--state', join(folder, 'away')];
    const [byHost, byHand] = [join(folder, 'host.backup'), join(folder, 'hand.backup')];
    expect((await tutti(one, 'backup', byHost)).exitCode).toBe(0);
    const backup = await run('backup', byHand, ...away);
    expect(backup.exitCode, backup.stderr).toBe(0);
    for (const file of [byHost, byHand]) expect(await readFile(file, 'utf8')).toContain('MCPServer/kept');
    const restore = () => run('restore', byHand, '--replace', ...away);
    const refused = await restore();
    expect(refused.exitCode).toBe(4);
    for (const { pid } of [one, two]) expect(refused.stderr).toContain(`pid ${pid}`);
    await one.close();
    expect((await restore()).exitCode).toBe(4);
    await two.close();
    const restored = await restore();
    expect(restored.exitCode, restored.stderr).toBe(0);
    await eventually(() => host('one').then((at) => has(at, 'kept')), WAIT);
  });
});
