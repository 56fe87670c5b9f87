// Which ports servers get, and how these follow what is declared.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { declaration, type WrittenSpec } from '../faults/support/declared.ts';
import { inState, metric } from '../faults/support/observe.ts';
import { openCaller } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand } from '../support/fixture.ts';
import { freePorts, listenOn } from '../support/free-ports.ts';
import { startGateway } from '../support/gateway.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { exchange } from '../support/raw-http.ts';
import { initializeSse, openSse } from '../support/sse-client.ts';
import { verifies } from '../verifies.ts';
import {
  ANY_PORT,
  CALL,
  declare,
  eventsOf,
  gatewayText,
  portCondition,
  problems,
  refuses,
  served,
  serverOf,
  TOOL,
  withServers,
} from './port-gateway.ts';

describe('ports that servers can’t have', () => {
  test('are problems with file and line, and the servers run without them', async () => {
    verifies('SRV-07');
    const from = await freeRange();
    const servers = { alpha: from, beta: from, gamma: from + 1, delta: from + 2 };
    const specs = Object.entries(servers).map(([name, port]): [string, WrittenSpec] => [
      name,
      { ...fixtureCommand('legacy'), port },
    ]);
    await using gateway = await withServers(
      Object.fromEntries(specs),
      { ports: { from, to: from + 1, reserved: [from + 1] } },
      { waitFor: Object.keys(servers) },
    );
    await served(gateway, 'alpha', from);
    expect(await problems(gateway)).toEqual([
      `beta.json:1 ${from} is the port of \`alpha\` (${join(gateway.configPath, 'alpha.json')}:1) already; choose another one for \`beta\``,
      `delta.json:1 ${from + 2} is not one of the ports ${from} to ${from + 1}; choose one of them, or change \`ports\` of the Gateway`,
      `gamma.json:1 ${from + 1} is reserved; choose another one, or take it out of \`ports.reserved\` of the Gateway`,
    ]);
    for (const name of ['beta', 'gamma', 'delta']) {
      expect((await serverOf(gateway, name)).portUrl).toBeUndefined();
      expect(await portCondition(gateway, name)).toMatchObject({ status: 'False' });
      expect(await eventsOf(gateway, name, 'MCPServerPortUnavailable')).toHaveLength(1);
      const caller = await openCaller('modern', gateway.serverUrl(name));
      expect(await caller.callTool(TOOL)).toContain('simple text');
    }
    expect(await refuses(from + 2)).toBe(true);

    // What others give up is there for those who want it, and wider settings hold at once.
    await rm(join(gateway.configPath, 'alpha.json'));
    await served(gateway, 'beta', from);
    await writeFile(join(gateway.configPath, 'gateway.json'), gatewayText({ ports: ANY_PORT }));
    await served(gateway, 'delta', from + 2);
    await served(gateway, 'gamma', from + 1);
    expect(await problems(gateway)).toEqual([]);
    const caller = await openCaller('modern', `http://127.0.0.1:${from}/mcp`);
    expect((await caller.request('tools/list')).result).toContain(TOOL);
  });

  test('one that another process has: the server runs, says who has it, and gets it once it is free', async () => {
    verifies('SRV-07', 'SRV-08');
    const [free = 0] = await freePorts(1);
    const stranger = await listenOn();
    await using gateway = await withServers(
      {
        taken: { ...fixtureCommand('legacy'), port: stranger.port },
        fine: { ...fixtureCommand('legacy'), port: free },
      },
      { ports: ANY_PORT },
      { waitFor: ['taken', 'fine'] },
    );
    const condition = await portCondition(gateway, 'taken');
    expect(condition).toMatchObject({ status: 'False', reason: 'Unavailable' });
    expect(condition?.message).toContain(`port ${stranger.port} on 127.0.0.1 is in use`);
    expect(condition?.message).toContain(`process ${process.pid} (`);
    expect(condition?.message).toMatch(/next attempt at \d{4}-/);
    expect(await serverOf(gateway, 'taken')).toMatchObject({ status: { state: 'Running' } });
    await served(gateway, 'fine', free);
    const before = await eventsOf(gateway, 'taken', 'MCPServerPortUnavailable');
    expect(before).toEqual([expect.stringContaining(`port ${stranger.port}`)]);
    await stranger[Symbol.asyncDispose]();
    await served(gateway, 'taken', stranger.port);
    // Tried more than once, told once.
    expect(await eventsOf(gateway, 'taken', 'MCPServerPortUnavailable')).toEqual(before);
    expect(await eventsOf(gateway, 'taken', 'MCPServerPortOpened')).toHaveLength(1);
  });

  test('an address that others can reach is refused without --insecure-open', async () => {
    verifies('SRV-07');
    const [port = 0] = await freePorts(1);
    await using gateway = await withServers(
      { open: { ...fixtureCommand('legacy'), port } },
      { ports: { ...ANY_PORT, host: '0.0.0.0' } },
      { waitFor: ['open'] },
    );
    expect(await problems(gateway)).toEqual([
      expect.stringContaining('open.json:1 0.0.0.0 can be reached by others'),
    ]);
    expect(await refuses(port)).toBe(true);
  });
});

describe('ports follow their declarations', () => {
  test('moved, suspended, failed, removed', async () => {
    verifies('SRV-08');
    const [one = 0, two = 0] = await freePorts(2);
    const command = fixtureCommand('legacy');
    await using gateway = await withServers(
      { a: { ...command, port: one } },
      { ports: ANY_PORT },
      { waitFor: ['a'] },
    );
    await served(gateway, 'a', one);
    const { pid } = (await serverOf(gateway, 'a')).status;
    await using sse = await openSse(`http://127.0.0.1:${one}`);
    await initializeSse(sse);
    const legacy = await openLegacy(`http://127.0.0.1:${one}/mcp`);
    const stream = await legacy.stream();
    const modern = await openCaller('modern', `http://127.0.0.1:${one}/mcp`);
    const listening = modern.request('subscriptions/listen', '{"notifications":{"toolsListChanged":true}}');

    await declare(gateway, 'a', { ...command, port: two });
    await served(gateway, 'a', two);
    await Promise.all([sse.ended, stream.ended, listening]);
    await eventually(async () => (await metric(gateway, 'tutti_sessions')) === 0, {
      what: 'no session left',
    });
    expect(await refuses(one)).toBe(true);
    const moved = `http://127.0.0.1:${two}/mcp`;
    const session = { headers: { 'mcp-session-id': legacy.sessionId ?? '' } };
    expect((await exchange(moved, { method: 'DELETE', ...session })).status).toBe(404);
    const caller = await openCaller('modern', moved);
    expect(await caller.callTool(TOOL)).toContain('simple text');
    // The port is no part of the process.
    expect((await serverOf(gateway, 'a')).status.pid).toBe(pid);

    await declare(gateway, 'a', { ...command, port: two, suspended: true });
    await inState(gateway, 'a', 'Suspended');
    const held = await caller.request('tools/call', CALL);
    expect(held.error).toContain('a is suspended by its declaration; resume it with `tutti resume a`');
    await using resting = await openSse(`http://127.0.0.1:${two}`);
    await initializeSse(resting);
    expect(await resting.request('tools/call', CALL)).toContain('a is suspended');
    expect((await serverOf(gateway, 'a')).portUrl).toBe(`http://127.0.0.1:${two}`);

    await declare(gateway, 'a', { command: '/no/such/program', port: two });
    await inState(gateway, 'a', 'Failed');
    expect((await caller.request('tools/call', CALL)).error).toContain('/no/such/program');

    await declare(gateway, 'a', { ...command, port: two });
    await inState(gateway, 'a', 'Running');
    expect(await caller.callTool(TOOL)).toContain('simple text');

    await declare(gateway, 'a', command);
    await eventually(() => refuses(two), { what: 'the port closed' });
    expect(await portCondition(gateway, 'a')).toBeUndefined();
    expect(await eventsOf(gateway, 'a', 'MCPServerPortClosed')).toHaveLength(1);

    await declare(gateway, 'a', { ...command, port: two });
    await served(gateway, 'a', two);
    await rm(join(gateway.configPath, 'a.json'));
    await eventually(() => refuses(two), { what: 'the port of a deleted server closed' });
  });

  test('two servers swap their ports', async () => {
    verifies('SRV-08');
    const [one = 0, two = 0] = await freePorts(2);
    const [old, young] = [fixtureCommand('legacy'), fixtureCommand('modern')];
    const both = (a: number, b: number): string =>
      `[${declaration('a', { ...old, port: a })},${declaration('b', { ...young, port: b })}]`;
    await using gateway = await startGateway({
      files: { 'both.json': both(one, two), 'gateway.json': gatewayText({ ports: ANY_PORT }) },
      waitFor: ['a', 'b'],
    });
    await served(gateway, 'a', one);
    await served(gateway, 'b', two);
    await writeFile(join(gateway.configPath, 'both.json'), both(two, one));
    await served(gateway, 'a', two);
    await served(gateway, 'b', one);
    const discover = async (port: number): Promise<string> =>
      (await modernRequest(`http://127.0.0.1:${port}/mcp`, 'tools/list')).result ?? '';
    expect(await discover(one)).toContain(TOOL);
    expect(await eventsOf(gateway, 'a', 'MCPServerPortUnavailable')).toEqual([]);
  });

  test('streams of all ports are counted together', async () => {
    verifies('SRV-08', 'GW-07');
    const [port = 0] = await freePorts(1);
    await using gateway = await withServers(
      { a: { ...fixtureCommand('legacy'), port } },
      { ports: ANY_PORT, limits: { maxStreams: 2 } },
      { waitFor: ['a'] },
    );
    await served(gateway, 'a', port);
    const own = `http://127.0.0.1:${port}`;
    const status = async (): Promise<number> => (await modernRequest(`${own}/mcp`, 'tools/list')).status;
    {
      // It takes the share of standing streams, of which there is one.
      await using _ = await openSse(own);
      for (const url of [own, `${gateway.url}/sse`])
        expect((await exchange(url, { method: 'GET', headers: {} })).status).toBe(503);
      expect(await status()).toBe(200);
    }
    await using _ = await eventually(() => openSse(`${gateway.url}/sse`), { what: 'room again' });
  });

  test('Tutti ends in time with streams open on them', async () => {
    verifies('SRV-08', 'SUP-09');
    const [port = 0] = await freePorts(1);
    await using gateway = await withServers(
      { a: { ...fixtureCommand('legacy'), port } },
      { ports: ANY_PORT },
      { waitFor: ['a'] },
    );
    await served(gateway, 'a', port);
    await using sse = await openSse(`http://127.0.0.1:${port}`);
    await initializeSse(sse);
    gateway.process.child.kill('SIGTERM');
    await sse.ended;
    expect((await gateway.process.ended).code).toBe(0);
    expect(await refuses(port)).toBe(true);
  });
});

/** The first of three ports in a row that nobody has. */
async function freeRange(): Promise<number> {
  for (;;) {
    const [from = 0] = await freePorts(1);
    if ((await refuses(from + 1)) && (await refuses(from + 2))) return from;
  }
}
