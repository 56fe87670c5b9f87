// Whose process answers: one for all, one per client session, one per user.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../faults/support/calls.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type RawAnswer } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: declared({
        shared: faulty(),
        sessions: faulty({ isolation: 'session' }),
        users: faulty({ isolation: 'user', limits: { maxInstances: 2 } }),
      }),
      waitFor: ['shared', 'sessions', 'users'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const asAdmin = (): Readonly<Record<string, string>> => ({ authorization: `Bearer ${gateway.token}` });

function pidIn({ result = '{}' }: RawAnswer): string {
  const pid = memberText(result, 'structuredContent', 'pid');
  if (pid === undefined) throw new Error(`no pid in ${result}`);
  return pid;
}

/** The processes that answer: two sessions of one user, a call of that user outside of them, and one of another user. */
async function processes(server: string): Promise<readonly string[]> {
  const url = gateway.serverUrl(server);
  const clients = [await openLegacy(url), await openLegacy(url)];
  const answers = [
    ...(await Promise.all(clients.map((client) => client.request('tools/call', call('echo'))))),
    await modernRequest(url, 'tools/call', call('echo')),
    await modernRequest(url, 'tools/call', call('echo'), { headers: asAdmin() }),
  ];
  return answers.map(pidIn);
}

test('shared: all have one process', async () => {
  verifies('SRV-12');
  expect(new Set(await processes('shared')).size).toBe(1);
});

test('session: each session has its own, and so have calls outside of sessions', async () => {
  verifies('SRV-12', 'SUP-10');
  expect(new Set(await processes('sessions')).size).toBe(4);
});

test('user: all that a user does has one process, another user has another, and their number is bounded', async () => {
  verifies('SRV-12', 'SUP-10');
  const [first, second, outside, other] = await processes('users');
  expect([second, outside]).toEqual([first, first]);
  expect(other).not.toBe(first);
});
