// A server that runs and leaves calls unanswered: after a few of them callers hear so at once.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { modernRequest } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, errorText } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { metric, statusOf } from './support/observe.ts';

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({ files: declared({ deaf: faulty({ timeout: '1s' }) }), waitFor: ['deaf'] }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

test('five calls in a row without an answer, then refusals with reason and time, then it is tried again', async () => {
  verifies('SUP-08');
  const url = gateway.serverUrl('deaf');
  await echo(url);
  await Promise.all(Array.from({ length: 5 }, () => modernRequest(url, 'tools/call', call('hang'))));
  const refused = errorText(await modernRequest(url, 'tools/call', call('echo')));
  expect(refused).toMatch(/deaf left 5 calls in a row unanswered \(.*timed out.*\); next try at 20/);
  const status = await statusOf(gateway, 'deaf');
  expect(status.state).toBe('Running');
  expect(status.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
    status: 'False',
    reason: 'CircuitOpen',
  });
  expect(await metric(gateway, 'tutti_rejected_total', 'circuit_open')).toBeGreaterThan(0);
  await eventually(() => echo(url).then(() => true), { what: 'a call that goes through again' });
  expect((await statusOf(gateway, 'deaf')).conditions.find(({ type }) => type === 'Ready')?.status).toBe(
    'True',
  );
  const events = await (await fetch(`${gateway.url}/api/v1/events?name=deaf`)).text();
  expect(events).toContain('MCPServerCircuitOpened');
  expect(events).toContain('MCPServerCircuitClosed');
});

test('an answer that is no valid message fails its call at once', async () => {
  verifies('SUP-06', 'GW-08');
  const answer = await modernRequest(gateway.serverUrl('deaf'), 'tools/call', call('garbled'));
  expect(errorText(answer)).toContain('no valid message: not valid UTF-8');
});
