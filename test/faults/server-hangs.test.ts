// A server that goes silent: at its start, in a call, or altogether. What it keeps waiting is bounded, and is told why.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type LegacyClient, type RawAnswer } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, echoOn, errorText, startBystander } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { inState, isAlive, statusOf } from './support/observe.ts';

const RETRY = { initial: '200ms', max: '200ms', jitter: 0 };

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let silent: string;

beforeAll(async () => {
  silent = join('/tmp', `tutti-silent-${process.pid}`);
  await writeFile(silent, '');
  stack.defer(() => rm(silent, { force: true }));
  const impatient = { startupTimeout: '500ms' };
  const watchful = { heartbeatInterval: '200ms', maxFailures: 2 };
  gateway = stack.use(
    await startGateway({
      files: declared({
        bystander: faulty(),
        'hangs-at-start': faulty(
          { health: impatient, restart: RETRY, stopGrace: '100ms' },
          '--hang-while',
          silent,
        ),
        slow: faulty({ timeout: '1s' }),
        narrow: faulty({ timeout: '300s', limits: { maxInFlight: 2, maxQueued: 1 } }),
        private: faulty({
          timeout: '300s',
          isolation: 'session',
          health: { heartbeatInterval: '200ms' },
          stopGrace: '100ms',
        }),
        freezing: faulty({ timeout: '300s', health: watchful, restart: RETRY, stopGrace: '100ms' }),
      }),
      waitFor: ['bystander', 'slow', 'narrow', 'freezing', 'private'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

test('at its start: Failed with the reason, tried again, and Running once it answers', async () => {
  verifies('SUP-03', 'SUP-06', 'SRV-09', 'GW-08');
  const url = gateway.serverUrl('hangs-at-start');
  const failed = await inState(gateway, 'hangs-at-start', 'Failed');
  expect(failed.reason).toContain('no MCP handshake within 500 ms');
  const refused = await eventually(async () => {
    const answer = await modernRequest(url, 'tools/call', call('echo'));
    return errorText(answer).includes('is Failed') ? errorText(answer) : undefined;
  });
  expect(refused).toContain('no MCP handshake within 500 ms');
  await echo(gateway.serverUrl('bystander'));
  await rm(silent);
  await serverReady(gateway, 'hangs-at-start');
  await eventually(() => echo(url).then(() => true));
});

test('in a call: the error names what was waited for and how long, the server is told, others are served', async () => {
  verifies('GW-08');
  const url = gateway.serverUrl('slow');
  const bystander = startBystander(url);
  const client = await openLegacy(url);
  const hanging = [
    modernRequest(url, 'tools/call', call('hang')),
    client.request('tools/call', call('hang')),
  ];
  for (const answer of await Promise.all(hanging)) {
    const [, waitedMs = '0'] =
      /slow did not finish hang in time: gave up after (\d+) ms/.exec(errorText(answer)) ?? [];
    expect(Number(waitedMs)).toBeGreaterThanOrEqual(1_000);
    expect(memberText(answer.error ?? '', 'code')).toBe('-32001');
    expect(memberText(answer.error ?? '', 'data', 'kind')).toBe('"timeout"');
  }
  expect(await bystander.stop()).toBeGreaterThan(10);
  const told = await modernRequest(url, 'tools/call', call('cancelled'));
  expect(JSON.parse(memberText(told.result ?? '', 'structuredContent', 'cancelled') ?? '')).toHaveLength(2);
  expect((await statusOf(gateway, 'slow')).state).toBe('Running');
});

test('progress keeps a long call alive', async () => {
  verifies('GW-08');
  const answer = await modernRequest(
    gateway.serverUrl('slow'),
    'tools/call',
    call('steps', { count: 25, everyMs: 100 }),
    { meta: '"progressToken":"p"' },
  );
  expect(memberText(answer.result ?? '', 'structuredContent', 'count')).toBe('25');
  const reported = answer.messages.filter((message) => message.includes('notifications/progress'));
  expect(reported).toHaveLength(25);
});

test('calls in flight and waiting are bounded; more are refused at once with the name of the limit', async () => {
  verifies('SUP-07');
  const url = gateway.serverUrl('narrow');
  const abort = new AbortController();
  const answers: RawAnswer[] = [];
  const calls = Array.from({ length: 8 }, async () => {
    answers.push(await modernRequest(url, 'tools/call', call('hang'), { signal: abort.signal }));
  });
  await eventually(() => answers.length === 5, { what: 'five of eight calls to be refused' });
  for (const answer of answers) {
    expect(errorText(answer)).toContain('its limit of 2 calls in flight and 1 waiting');
    expect(memberText(answer.error ?? '', 'data', 'kind')).toBe('"overloaded"');
  }
  abort.abort();
  await Promise.all(calls);
  await echo(url);
});

test('an instance of one session altogether: its own calls end, and the next one has a new instance', async () => {
  verifies('SUP-03', 'SUP-06', 'SUP-10');
  const url = gateway.serverUrl('private');
  const [client, other] = await Promise.all([openLegacy(url), openLegacy(url)]);
  const [pid, otherPid] = await Promise.all([pidOf(client), pidOf(other)]);
  expect(pid).not.toBe(otherPid);
  process.kill(pid, 'SIGSTOP');
  expect(errorText(await client.request('tools/call', call('echo')))).toMatch(/private: .*ping/);
  expect(await pidOf(client)).not.toBe(pid);
  expect(await pidOf(other)).toBe(otherPid);
  await eventually(async () => !(await isAlive(pid)));
  await Promise.all([client.delete(), other.delete()]);
});

test('altogether: found out by its checks, told by status, restarted under living sessions', async () => {
  verifies('SUP-03', 'SUP-06', 'SRV-09', 'SUP-01');
  const url = gateway.serverUrl('freezing');
  const client = await openLegacy(url);
  await echoOn(client);
  const before = await statusOf(gateway, 'freezing');
  if (before.pid === undefined) throw new Error('no pid');
  process.kill(before.pid, 'SIGSTOP');
  const stuck = client.request('tools/call', call('echo'));

  const unready = await eventually(async () => {
    const { conditions, reason } = await statusOf(gateway, 'freezing');
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'False') ? reason : undefined;
  });
  expect(unready).toMatch(/ping/);
  expect(errorText(await stuck)).toMatch(/freezing/);
  await eventually(async () => {
    const { pid, state } = await statusOf(gateway, 'freezing');
    return state === 'Running' && pid !== undefined && pid !== before.pid;
  });
  expect(await isAlive(before.pid)).toBe(false);
  await eventually(() => echoOn(client).then(() => true));
  await client.delete();
});

async function pidOf(client: LegacyClient): Promise<number> {
  const { result = '' } = await client.request('tools/call', call('echo', { nonce: 1 }));
  return Number(memberText(result, 'structuredContent', 'pid'));
}
