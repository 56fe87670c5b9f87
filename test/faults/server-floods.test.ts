// A server that writes too much, or what is no message: its own problem, of bounded size, while others keep answering.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiLogListSchema } from '@tutti/schemas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { call, echo, errorText, startBystander } from './support/calls.ts';
import { declared, faulty } from './support/declared.ts';
import { statusOf } from './support/observe.ts';

/** Calls of a bystander that a flood may not keep from being answered. */
const FEW = 10;
const FLOOD_MEGABYTES = 100;

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      files: declared({
        bystander: faulty(),
        flooding: faulty({ timeout: '300s' }),
        narrow: faulty({ timeout: '300s', limits: { maxMessageSize: '64Ki' } }),
      }),
      waitFor: ['bystander', 'flooding', 'narrow'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

describe('a flood on stdout', () => {
  test.each([
    ['junk', FLOOD_MEGABYTES],
    ['notifications', FLOOD_MEGABYTES],
    ['line', 50],
  ])('%s, %d MB', async (kind, megabytes) => {
    verifies('SUP-06', 'SUP-04', 'GW-08');
    const url = gateway.serverUrl('flooding');
    const { pid } = await statusOf(gateway, 'flooding');
    // With two calls under way its messages belong to neither, and go to its log.
    const abort = new AbortController();
    const other = modernRequest(url, 'tools/call', call('hang'), { signal: abort.signal });
    const bystander = startBystander(gateway.serverUrl('bystander'));
    const answer = await modernRequest(url, 'tools/call', call('flood', { kind, megabytes }));
    expect(memberText(answer.result ?? '', 'structuredContent', 'kind')).toBe(JSON.stringify(kind));
    expect(await bystander.stop()).toBeGreaterThan(FEW);
    expect((await statusOf(gateway, 'flooding')).pid).toBe(pid);
    await echo(url);
    abort.abort();
    await other;
  });

  test('the log is bounded in lines and on the disk', async () => {
    verifies('SUP-04');
    const response = await fetch(`${gateway.url}/api/v1/servers/flooding/logs?tail=100000`);
    const lines = ApiLogListSchema.parse(await response.json()).items;
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(1_000);
    expect(JSON.stringify(lines)).toContain('longer than 16777216 bytes');
    expect(JSON.stringify(lines)).toMatch(/\d+ lines were left out here: they came too fast/);
    const folder = join(gateway.statePath, 'logs');
    for (const name of await readdir(folder))
      expect((await stat(join(folder, name))).size).toBeLessThan(8 << 20);
  });
});

test('nonsense of all kinds between messages', async () => {
  verifies('SUP-04', 'SUP-06');
  const url = gateway.serverUrl('flooding');
  const { pid } = await statusOf(gateway, 'flooding');
  const answer = await modernRequest(url, 'tools/call', call('nonsense'));
  expect(answer.result).toBeDefined();
  await echo(url);
  expect((await statusOf(gateway, 'flooding')).pid).toBe(pid);
});

describe('a result over maxMessageSize', () => {
  test('fails the call with the name of the limit, and that call alone', async () => {
    verifies('SUP-07', 'GW-08');
    const url = gateway.serverUrl('narrow');
    const abort = new AbortController();
    const other = modernRequest(url, 'tools/call', call('hang'), { signal: abort.signal });
    const client = await openLegacy(url);
    const big = call('big', { bytes: 100_000 });
    for (const answer of [
      await modernRequest(url, 'tools/call', big),
      await client.request('tools/call', big),
    ]) {
      expect(errorText(answer)).toContain('65536 bytes');
      expect(memberText(answer.error ?? '', 'data', 'kind')).toBe('"upstream_invalid"');
    }
    await echo(url);
    expect((await statusOf(gateway, 'narrow')).state).toBe('Running');
    abort.abort();
    expect((await other).aborted).toBe(true);
  });

  test('a result just below it passes', async () => {
    verifies('SUP-07');
    const answer = await modernRequest(
      gateway.serverUrl('narrow'),
      'tools/call',
      call('big', { bytes: 65_000 }),
    );
    expect(answer.result).toContain('x'.repeat(65_000));
  });
});
