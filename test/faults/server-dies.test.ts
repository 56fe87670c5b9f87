// A server that dies, at its start or in the middle of calls: callers learn why at once, status says what happens next,
// and the sessions of clients live on.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serverReady, startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, echoOn, errorText } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { inFlight, inState, isAlive, statusOf } from './support/observe.ts';

/** Much longer than a test may take: what waits for it fails. */
const NEVER = '300s';
const RETRY = { initial: '300ms', max: '300ms', jitter: 0 };

const stack = new AsyncDisposableStack();
let gateway: Gateway;
let broken: string;

beforeAll(async () => {
  broken = join('/tmp', `tutti-broken-${process.pid}`);
  stack.defer(() => rm(broken, { force: true }));
  const options = { timeout: NEVER, restart: RETRY, stopGrace: '200ms' };
  gateway = stack.use(
    await startGateway({
      files: declared({
        bystander: faulty(),
        crashing: faulty(options, '--broken-while', broken),
        missing: { command: 'no-such-command-anywhere', restart: RETRY },
        limited: faulty({ ...options, restart: { ...RETRY, maxAttempts: 1 } }, '--broken-while', '/'),
        wrapped: faulty(options),
      }),
      waitFor: ['bystander', 'crashing', 'wrapped'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

describe('in the middle of calls', () => {
  test('all callers learn the exit code and the last lines at once, status the rest, sessions live on', async () => {
    verifies('SUP-06', 'SRV-09', 'SUP-02', 'GW-08', 'CAT-04');
    const url = gateway.serverUrl('crashing');
    const client = await openLegacy(url);
    await echoOn(client);
    const tools = (await client.request('tools/list')).result;

    await writeFile(broken, '');
    const others = [
      client.request('tools/call', call('hang')),
      modernRequest(url, 'tools/call', call('hang')),
    ];
    const crash = await modernRequest(url, 'tools/call', call('crash', { code: 3 }));
    for (const answer of [crash, ...(await Promise.all(others))]) {
      expect(errorText(answer)).toContain('exited with code 3');
      expect(errorText(answer)).toContain('about to crash | this is the last line');
      expect(memberText(answer.error ?? '', 'code')).toBe('-32000');
    }

    const failed = await inState(gateway, 'crashing', 'Failed');
    expect(failed.reason).toContain('exited with code 3');
    expect(failed.reason).toContain(`next attempt at ${failed.nextRetryAfter}`);
    expect(failed.lastError).toContain('exited with code 3');
    expect(failed.consecutiveFailures).toBeGreaterThan(0);

    expect((await client.request('tools/list')).result).toBe(tools);
    const refused = await eventually(async () => {
      const text = errorText(await client.request('tools/call', call('echo')));
      return text.includes('is Failed') && text.includes('no database: start it first') ? text : undefined;
    });
    expect(refused).toMatch(/; next attempt at \d{4}-/);

    await rm(broken);
    const running = await inState(gateway, 'crashing', 'Running');
    expect(running.restartCount).toBeGreaterThan(0);
    expect(running.nextRetryAfter).toBeUndefined();
    await echoOn(client);
    await client.delete();
  });

  test('half a message and the end: no waiting, no harm', async () => {
    verifies('SUP-06');
    const url = gateway.serverUrl('wrapped');
    const answer = await modernRequest(url, 'tools/call', call('partial'));
    expect(errorText(answer)).toContain('exited with code 1');
    await echo(gateway.serverUrl('bystander'));
    await serverReady(gateway, 'wrapped');
    await eventually(() => echo(url).then(() => true));
  });

  test('what it started dies with it, in whatever session', async () => {
    verifies('SUP-01');
    const url = gateway.serverUrl('wrapped');
    await eventually(() => echo(url).then(() => true));
    const spawned = await modernRequest(url, 'tools/call', call('spawn'));
    const pid = Number(memberText(spawned.result ?? '', 'structuredContent', 'pid'));
    expect(await isAlive(pid)).toBe(true);
    await modernRequest(url, 'tools/call', call('crash'));
    await eventually(async () => !(await isAlive(pid)), { what: 'the grandchild to be gone' });
    await serverReady(gateway, 'wrapped');
  });

  test('kill -9 from outside: the signal is told', async () => {
    verifies('SUP-06', 'SRV-09');
    const url = gateway.serverUrl('wrapped');
    await eventually(() => echo(url).then(() => true));
    const hanging = modernRequest(url, 'tools/call', call('hang'));
    const { pid } = await statusOf(gateway, 'wrapped');
    if (pid === undefined) throw new Error('no pid');
    await eventually(async () => (await inFlight(gateway, 'wrapped')) > 0, {
      what: 'the call to be under way',
    });
    process.kill(pid, 'SIGKILL');
    expect(errorText(await hanging)).toContain('killed by SIGKILL');
    await serverReady(gateway, 'wrapped');
  });
});

describe('at its start', () => {
  test('a command that does not exist', async () => {
    verifies('SUP-06', 'SRV-09');
    const status = await inState(gateway, 'missing', 'Failed');
    expect(status.reason).toContain('no-such-command-anywhere');
    const answer = await modernRequest(gateway.serverUrl('missing'), 'tools/call', call('echo'));
    expect(errorText(answer)).toContain('no-such-command-anywhere');
  });

  test('a limit of attempts ends them, and says how to go on', async () => {
    verifies('SUP-02', 'SUP-06', 'SRV-09');
    const status = await eventually(async () => {
      const found = await inState(gateway, 'limited', 'Failed');
      return found.nextRetryAfter === undefined ? found : undefined;
    });
    expect(status.reason).toContain('no database: start it first');
    expect(status.reason).toContain('gave up after 1 restarts');
    expect(status.reason).toContain('tutti restart limited');
  });
});
