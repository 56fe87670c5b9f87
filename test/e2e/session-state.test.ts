// Which state a server is in depends on who asks: a session with a connection of its own has it, whatever became of the
// one by which the server is watched.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiServerSchema } from '@tutti/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../faults/support/calls.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { inState, statusOf } from '../faults/support/observe.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { type LegacyClient, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const stack = new AsyncDisposableStack();
let broken: string;
let gateway: Gateway;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-session-state-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  broken = join(folder, 'broken');
  gateway = stack.use(
    await startGateway({
      files: declared({ own: faulty({ isolation: 'session' }, '--broken-while', broken) }),
      waitFor: ['own'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const asAdmin = (): Readonly<Record<string, string>> => ({ authorization: `Bearer ${gateway.token}` });

function readServer(client: LegacyClient, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${gateway.url}/api/v1/servers/own`, {
    headers: { ...headers, 'mcp-session-id': client.sessionId ?? '' },
  });
}

/** The state as the API and as Tutti's own tools tell it. */
async function statesFor(client: LegacyClient): Promise<unknown[]> {
  const { status } = ApiServerSchema.parse(await (await readServer(client, asAdmin())).json());
  const told: unknown[] = [status.state];
  for (const tool of ['core_service_status', 'core_mcpserver_get']) {
    const { result = '' } = await client.request('tools/call', call(tool, { name: 'own' }));
    const state =
      memberText(result, 'structuredContent', 'state') ??
      memberText(result, 'structuredContent', 'server', 'status', 'state');
    told.push(state === undefined ? undefined : JSON.parse(state));
  }
  const { result = '' } = await client.request('tools/call', call('core_service_list'));
  told.push(/"name":"own","type":"stdio","state":"(\w+)"/.exec(result)?.[1]);
  return told;
}

test('a session with a live connection has the server, others see what became of it', async () => {
  verifies('SES-02');
  const headers = asAdmin();
  const connected = await openLegacy(gateway.mcpUrl, { headers });
  const other = await openLegacy(gateway.mcpUrl, { headers });
  const pidOf = async (client: LegacyClient): Promise<string | undefined> => {
    const { result = '{}' } = await client.request('tools/call', call('own_echo'));
    return memberText(result, 'structuredContent', 'pid');
  };
  const pid = await pidOf(connected);
  expect(pid).toBeDefined();
  expect(await statesFor(other)).toEqual(['Running', 'Running', 'Running', 'Running']);

  // From here on no process of it comes up, and the one by which it is watched ends.
  await writeFile(broken, '');
  process.kill((await statusOf(gateway, 'own')).pid ?? 0, 'SIGKILL');
  await inState(gateway, 'own', 'Failed');

  expect(await statesFor(connected)).toEqual(['Running', 'Running', 'Running', 'Running']);
  expect(await statesFor(other)).toEqual(['Failed', 'Failed', 'Failed', 'Failed']);
  // As their calls have it.
  expect(await pidOf(connected)).toBe(pid);
  expect(await pidOf(other)).toBeUndefined();

  // A session is its principal's.
  expect((await readServer(connected, {})).status).toBe(404);
  await connected.delete();
  expect((await readServer(connected, asAdmin())).status).toBe(404);
  await other.delete();
});
