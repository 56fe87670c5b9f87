// Servers that run only while they are needed: started by a call, by a list that nothing is known for, or to be looked at.

import { ApiServerSchema, type ApiServer } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { declared, faulty } from '../faults/support/declared.ts';
import { call, echo } from '../faults/support/calls.ts';
import { statusOf } from '../faults/support/observe.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: declared({
        brief: faulty({ start: 'onDemand', idleTimeout: '300ms' }),
        lasting: faulty({ start: 'onDemand' }),
        broken: { command: process.execPath, args: ['-e', 'process.exit(3)'], start: 'onDemand' },
        shelved: faulty({ autoStart: false }),
      }),
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const state = async (name: string): Promise<string> => (await statusOf(gateway, name)).state;
const becomes = (name: string, wanted: string): Promise<true | undefined> =>
  eventually(async () => ((await state(name)) === wanted ? true : undefined), { what: `${name} ${wanted}` });

async function discover(name: string): Promise<{ readonly status: number; readonly server: ApiServer }> {
  const response = await fetch(`${gateway.url}/api/v1/servers/${name}/discover`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}` },
  });
  const body: unknown = await response.json();
  return {
    status: response.status,
    server: ApiServerSchema.parse(
      response.ok ? body : (await gateway.servers()).find((one) => one.name === name),
    ),
  };
}

describe('a server that starts on demand', () => {
  test('rests at first; the first list finds out what it has; it rests again', async () => {
    verifies('SRV-13', 'CAT-04');
    expect(await state('brief')).toBe('Stopped');
    expect((await statusOf(gateway, 'brief')).reason).toContain('onDemand');
    const client = await openLegacy(gateway.mcpUrl);
    await client.request('tools/list');
    await eventually(
      async () => {
        const { result = '' } = await client.request('tools/list');
        return result.includes('brief_echo') ? true : undefined;
      },
      { what: 'its tools in the list' },
    );
  });

  test('the first call starts it, idleness stops it, and it stays listed', async () => {
    verifies('SRV-13');
    await echo(gateway.serverUrl('brief'));
    const { pid } = await statusOf(gateway, 'brief');
    expect(pid).toBeGreaterThan(0);
    await becomes('brief', 'Stopped');
    const { result = '' } = await modernRequest(gateway.mcpUrl, 'tools/list');
    expect(result).toContain('brief_echo');
    await echo(gateway.serverUrl('brief'));
    expect((await statusOf(gateway, 'brief')).pid).not.toBe(pid);
    expect((await statusOf(gateway, 'brief')).restartCount).toBe(0);
  });

  test('many calls that come at once start it once', async () => {
    verifies('SRV-13', 'SUP-10');
    const url = gateway.serverUrl('lasting');
    await Promise.all(Array.from({ length: 20 }, () => echo(url)));
    expect((await statusOf(gateway, 'lasting')).restartCount).toBe(0);
    const events = await (await fetch(`${gateway.url}/api/v1/events?name=lasting`)).text();
    expect(events.match(/MCPServerStarting/g)).toHaveLength(1);
  });

  test('a call that is under way keeps it running', async () => {
    verifies('SRV-13');
    const url = gateway.serverUrl('brief');
    await echo(url);
    const { pid } = await statusOf(gateway, 'brief');
    const answer = await modernRequest(url, 'tools/call', call('steps', { count: 15, everyMs: 100 }));
    expect(answer.result).toBeDefined();
    expect((await statusOf(gateway, 'brief')).pid).toBe(pid);
  });

  test('one that can not start says so to the call that wanted it', async () => {
    verifies('SRV-13', 'SUP-06');
    const answer = await modernRequest(gateway.serverUrl('broken'), 'tools/call', call('echo'));
    expect(memberText(answer.error ?? '', 'message')).toContain('code 3');
    expect(await state('broken')).toBe('Failed');
  });
});

describe('a look at a server that does not run', () => {
  test('starts it for a while and keeps what it showed, without listing it', async () => {
    verifies('CAT-04');
    const { status, server } = await discover('shelved');
    expect(status).toBe(200);
    expect(server.toolCount).toBeGreaterThan(0);
    const tools = await (await fetch(`${gateway.url}/api/v1/tools?server=shelved`)).text();
    expect(tools).toContain('shelved_echo');
    const { result = '' } = await modernRequest(gateway.mcpUrl, 'tools/list');
    expect(result).not.toContain('shelved_');
  });

  test('that can not start says why', async () => {
    verifies('CAT-04');
    const { status, server } = await discover('broken');
    expect(status).toBe(503);
    expect(server.status.lastError).toContain('code 3');
  });
});
