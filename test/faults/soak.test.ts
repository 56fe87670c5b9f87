// Everything at once, for minutes: clients that connect, call, cancel, vanish and end; servers that crash, hang, freeze,
// flood and redeploy. At the end all is as it was at the beginning. SOAK_SECONDS makes it longer.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, echoOn } from './support/calls.ts';
import { declared, faulty, wrapped } from './support/declared.ts';
import { startHttpUpstream, type HttpUpstream } from './support/http-upstream.ts';
import { inFlight, metric, openFiles, processesWith, SPARE_FILES, statusOf } from './support/observe.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 45);
/** The share of the time after which memory is taken for what it will be. */
const WARM_UP = 0.25;
/** By how much resident memory may be above what it was then: floods leave a heap that shrinks late. */
const RSS_MARGIN_BYTES = 96 << 20;
/** No call may take longer to be answered, with whatever. */
const MAX_CALL_MS = 60_000;

const SERVERS = ['steady', 'shaky', 'npx', 'frozen', 'flooding', 'remote'];

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let upstream: HttpUpstream;
const mark = `soak-${process.pid}`;

beforeAll(async () => {
  upstream = stack.use(await startHttpUpstream());
  const options = {
    timeout: '2s',
    env: { MARK: mark },
    restart: { initial: '200ms', max: '500ms' },
    health: { startupTimeout: '5s', heartbeatInterval: '500ms', maxFailures: 2 },
    stopGrace: '200ms',
  };
  gateway = stack.use(
    await startGateway({
      files: declared({
        steady: faulty({ env: { MARK: mark } }),
        shaky: faulty(options),
        npx: wrapped(options),
        frozen: faulty(options),
        flooding: faulty({ ...options, limits: { maxMessageSize: '1Mi' } }),
        remote: { url: upstream.url, timeout: '2s', restart: options.restart, health: options.health },
      }),
      waitFor: SERVERS,
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

interface Census {
  readonly processes: number;
  readonly files: number;
  readonly sessions: number;
  readonly calls: number;
}

async function census(): Promise<Census> {
  const calls = await Promise.all(SERVERS.map((name) => inFlight(gateway, name)));
  return {
    processes: (await processesWith(mark)).length,
    files: await openFiles(gateway.pid),
    sessions: await metric(gateway, 'tutti_sessions'),
    calls: calls.reduce((sum, each) => sum + each, 0),
  };
}

const rss = (): Promise<number> => metric(gateway, 'process_resident_memory_bytes');

test('the end is as the beginning', { timeout: (SECONDS + 240) * 1_000 }, async () => {
  verifies('SUP-01', 'SUP-06', 'SUP-10', 'SES-04', 'GW-08');
  for (const name of SERVERS) await echo(gateway.serverUrl(name));
  const before = await census();
  const run = { until: Date.now() + SECONDS * 1_000, answered: 0, steady: 0 };
  const isOver = (): boolean => Date.now() >= run.until;

  const actors = [
    ...Array.from({ length: 3 }, () => repeat(isOver, () => callAnything(run))),
    ...Array.from({ length: 3 }, () => repeat(isOver, () => haveSession(run))),
    repeat(isOver, vanish),
    repeat(isOver, async () => {
      await echo(gateway.serverUrl('steady'));
      run.steady += 1;
    }),
    repeat(isOver, disturb),
  ];
  const all = Promise.all(actors);
  all.catch(() => undefined);
  await Promise.race([all, pause(SECONDS * WARM_UP * 1_000)]);
  const warm = await rss();
  await all;

  // What this server has started lives as long as it does.
  await modernRequest(gateway.serverUrl('npx'), 'tools/call', call('crash'));
  for (const name of SERVERS)
    await eventually(() => echo(gateway.serverUrl(name)).then(() => true), { timeoutMs: 60_000, what: name });
  await eventually(
    async () => {
      const after = await census();
      expect({ ...after, files: Math.max(before.files, after.files - SPARE_FILES) }).toEqual(before);
      return true;
    },
    { timeoutMs: 30_000, what: 'all as before' },
  );
  await eventually(async () => (await rss()) < warm + RSS_MARGIN_BYTES, {
    timeoutMs: 30_000,
    what: 'memory as before',
  });
  // So many that nothing was idle.
  expect(run.steady).toBeGreaterThan(SECONDS);
  expect(run.answered).toBeGreaterThan(SECONDS);
});

async function repeat(isOver: () => boolean, act: () => Promise<void>): Promise<void> {
  while (!isOver()) await act();
}

function pick<T>(all: readonly [T, ...T[]]): T {
  return all[Math.floor(Math.random() * all.length)] ?? all[0];
}

const anyServer = (): string =>
  gateway.serverUrl(pick(['steady', 'shaky', 'npx', 'frozen', 'flooding', 'remote']));

const TOOLS: readonly [string, ...string[]] = [
  call('echo', { nonce: 1 }),
  call('big', { bytes: 100_000 }),
  call('big', { bytes: 2_000_000 }),
  call('steps', { count: 3, everyMs: 20 }),
  call('hang'),
  call('nonsense'),
];

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = new AbortController();
  const tooLate = pause(MAX_CALL_MS, undefined, { signal: late.signal }).then((): never => {
    throw new Error(`a call was not answered within ${MAX_CALL_MS} ms`);
  });
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    late.abort();
  }
}

async function callAnything(run: { answered: number }): Promise<void> {
  const answer = await inTime(
    modernRequest(anyServer(), 'tools/call', pick(TOOLS), { meta: '"progressToken":1' }),
  );
  // A result or an error, but an answer.
  expect(answer.response).toBeDefined();
  run.answered += 1;
}

async function haveSession(run: { answered: number }): Promise<void> {
  const client = await openLegacy(gateway.mcpUrl);
  const stream = await client.stream();
  for (let calls = 0; calls < 5; calls++) {
    const name = pick(['shaky_echo', 'npx_echo', 'frozen_echo', 'flooding_big', 'remote_echo']);
    const answer = await inTime(client.request('tools/call', call(name, { nonce: 1, bytes: 10 })));
    expect(answer.response).toBeDefined();
    run.answered += 1;
  }
  await echoOnSteady();
  await client.delete();
  await stream.ended;
}

async function echoOnSteady(): Promise<void> {
  const client = await openLegacy(gateway.serverUrl('steady'));
  await echoOn(client);
  await client.delete();
}

/** Hangs up in the middle of calls. */
async function vanish(): Promise<void> {
  const abort = new AbortController();
  const calls = Array.from({ length: 10 }, () =>
    modernRequest(anyServer(), 'tools/call', call('hang'), { signal: abort.signal }),
  );
  await pause(Math.random() * 200);
  abort.abort();
  await Promise.all(calls);
}

const DISTURBANCES: readonly [() => Promise<unknown>, ...(() => Promise<unknown>)[]] = [
  () => modernRequest(gateway.serverUrl('shaky'), 'tools/call', call('crash')),
  () => modernRequest(gateway.serverUrl('npx'), 'tools/call', call('spawn')),
  () => modernRequest(gateway.serverUrl('npx'), 'tools/call', call('crash')),
  () => modernRequest(gateway.serverUrl('shaky'), 'tools/call', call('partial')),
  () =>
    modernRequest(
      gateway.serverUrl('flooding'),
      'tools/call',
      call('flood', { kind: 'junk', megabytes: 10 }),
    ),
  () =>
    modernRequest(
      gateway.serverUrl('flooding'),
      'tools/call',
      call('flood', { kind: 'notifications', megabytes: 20 }),
    ),
  () =>
    modernRequest(gateway.serverUrl('flooding'), 'tools/call', call('flood', { kind: 'line', megabytes: 5 })),
  () => signal('frozen', 'SIGSTOP'),
  () => signal('shaky', 'SIGKILL'),
  () => Promise.resolve(upstream.forgetSessions()),
  async () => {
    await upstream.stop();
    await pause(Math.random() * 1_000);
    await upstream.start();
  },
];

async function disturb(): Promise<void> {
  await inTime(pick(DISTURBANCES)());
  await pause(Math.random() * 500);
}

async function signal(server: string, name: NodeJS.Signals): Promise<void> {
  const { pid } = await statusOf(gateway, server);
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // It has just gone.
  }
}
