// `tutti stdio` between a client behind a pipe and a gateway: what HTTP has sessions, statuses and headers for.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest } from '../support/raw-client.ts';
import { openStdio, type RawStdio } from '../support/raw-stdio.ts';
import { verifies } from '../verifies.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const SHORT_SESSIONS = JSON.stringify({
  apiVersion: 'tutti.dev/v1alpha1',
  kind: 'Gateway',
  metadata: { name: 'gateway' },
  // The idle time is how often it looks at all of them.
  spec: { limits: { sessionIdle: '1s', sessionAbsolute: '2s' } },
});

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  const modern = stack.use(await startHttpFixture('modern'));
  gateway = stack.use(
    await startGateway({
      servers: { old: fixtureCommand('legacy'), new: { url: modern.url, type: 'http' } },
      files: { 'gateway.json': SHORT_SESSIONS },
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

function openBridge(): RawStdio {
  return openStdio(process.execPath, [BIN, 'stdio', gateway.configPath, '--state', gateway.statePath]);
}

const call = (name: string, args = '{}'): string => `{"name":"${name}","arguments":${args}}`;
const callText = (line: string): string | undefined =>
  memberText(memberText(line, 'result') ?? '{}', 'content');

describe('a client behind a pipe', () => {
  test('outlives its session', async () => {
    verifies('GW-02', 'SES-04');
    await using bridge = openBridge();
    expect(memberText(await bridge.initialize(), 'result')).toBeDefined();
    for (let lives = 0; lives < 2; lives++) {
      const news = bridge.lines.length;
      expect(callText(await bridge.request('tools/call', call('old_test_simple_text')))).toBeDefined();
      await bridge.find(
        'the next session',
        (line) =>
          bridge.lines.indexOf(line, news) !== -1 && line.includes('notifications/prompts/list_changed'),
      );
    }
    expect(callText(await bridge.request('tools/call', call('old_test_simple_text')))).toBeDefined();
  });

  test('calls a tool whose arguments are mirrored in headers', async () => {
    verifies('GW-02', 'GW-03');
    await using bridge = openBridge();
    const answer = await bridge.modern('tools/call', call('new_test_x_mcp_header', '{"region":"Zürich 1"}'));
    expect(callText(answer)).toContain('region Zürich 1');

    // Over HTTP they are wanted, and whoever sends one is held to it.
    const params = call('new_test_x_mcp_header', '{"region":"here"}');
    const post = async (headers: Record<string, string>): Promise<number> =>
      (await modernRequest(gateway.mcpUrl, 'tools/call', params, { headers })).status;
    expect(await post({})).toBe(400);
    expect(await post({ 'tutti-bridge': 'stdio', 'mcp-param-region': 'there' })).toBe(400);
    expect(await post({ 'mcp-param-region': 'here' })).toBe(200);
  });

  test('sends batches, in the revision that has them', async () => {
    verifies('GW-02');
    await using bridge = openBridge();
    await bridge.initialize('{}', '2025-03-26');
    const params = call('old_test_simple_text');
    bridge.send(
      `[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","id":"b","method":"tools/call","params":${params}}]`,
    );
    const answers = await bridge.find('the answers', (line) => line.startsWith('['));
    expect(
      JSON.parse(answers)
        .map(({ id }: { id: string }) => id)
        .toSorted(),
    ).toEqual(['a', 'b']);
    expect(answers).toContain('"content"');
  });
});
