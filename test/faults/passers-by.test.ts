// Clients that call without a session, and clients that give up while a server starts: nothing of them stays.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';

const MAX_STREAMS = 4;
const MAX_INSTANCES = 2;

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  const settings = {
    apiVersion: 'tutti.dev/v1alpha1',
    kind: 'Gateway',
    metadata: { name: 'gateway' },
    spec: { limits: { maxStreams: MAX_STREAMS } },
  };
  gateway = stack.use(
    await startGateway({
      files: {
        ...declared({
          serving: faulty(),
          isolated: faulty({ isolation: 'session', limits: { maxInstances: MAX_INSTANCES } }),
          starting: {
            command: process.execPath,
            args: ['-e', 'setInterval(() => {}, 1e3)'],
            health: { startupTimeout: '2s' },
          },
        }),
        'gateway.json': JSON.stringify(settings),
      },
      waitFor: ['serving', 'isolated'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

async function withoutSession(server: string, method: string, params: string): Promise<string> {
  const response = await fetch(gateway.serverUrl(server), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`,
  });
  return await response.text();
}

test('calls without a session borrow the instances that there are', async () => {
  verifies('SRV-12', 'SUP-10');
  for (let request = 0; request < 3 * MAX_INSTANCES; request++)
    expect(memberText(await withoutSession('isolated', 'tools/call', call('echo')), 'result')).toBeDefined();
});

test('a subscription needs a session', async () => {
  verifies('GW-05');
  const answer = await withoutSession('serving', 'resources/subscribe', '{"uri":"x:y"}');
  expect(memberText(answer, 'error')).toContain('initialize first');
});

test('those who give up while a server starts keep no place', async () => {
  verifies('GW-07', 'GW-08');
  for (let client = 0; client < 2 * MAX_STREAMS; client++) {
    const abort = new AbortController();
    const waiting = modernRequest(gateway.serverUrl('starting'), 'tools/list', '{}', {
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 30);
    expect((await waiting).aborted).toBe(true);
  }
  // Its handshake fails at last, and what waited for it is let go.
  await modernRequest(gateway.serverUrl('starting'), 'tools/list');
  await echo(gateway.serverUrl('serving'));
});
