// The MCP Inspector's command line lists and calls through the federated endpoint, in both eras.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { startProcess } from '../support/process.ts';
import { verifies } from '../verifies.ts';

const INSPECTOR = fileURLToPath(
  new URL(
    '../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
    import.meta.url,
  ),
);

const ToolsSchema = z.object({ result: z.object({ tools: z.array(z.object({ name: z.string() })) }) });
const CalledSchema = z.object({ result: z.object({ content: z.array(z.object({ text: z.string() })) }) });

let gateway: Gateway;
let folder: string;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-inspector-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const modern = stack.use(await startHttpFixture('modern'));
  gateway = stack.use(
    await startGateway({
      servers: { old: fixtureCommand('legacy'), new: { type: 'http', url: modern.url } },
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

/** Runs the Inspector and returns the JSON that it prints. */
async function inspect(...args: string[]): Promise<unknown> {
  const env = { HOME: folder, MCP_INSPECTOR_SECRET_STORE: 'memory' };
  await using inspector = startProcess(process.execPath, [INSPECTOR, '--cli', ...args, '--format', 'json'], {
    env,
  });
  let stdout = '';
  inspector.child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  const { code } = await inspector.ended;
  if (code !== 0) throw new Error(`the Inspector ended with ${code}:\n${inspector.output()}`);
  return JSON.parse(stdout);
}

describe.each(['legacy', 'modern'])('the Inspector in the %s era', (protocolEra) => {
  const target = async (): Promise<string[]> => {
    const config = join(folder, `${protocolEra}.json`);
    const tutti = { type: 'streamable-http', url: gateway.mcpUrl, protocolEra };
    await writeFile(config, JSON.stringify({ mcpServers: { tutti } }));
    return ['--config', config, '--server', 'tutti'];
  };

  test('lists the tools of all servers', async () => {
    verifies('GW-01', 'GW-02');
    const listed = ToolsSchema.parse(await inspect(...(await target()), '--method', 'tools/list'));
    const names = listed.result.tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['old_greet', 'new_greet']));
  });

  test.each(['old', 'new'])('calls a tool of the %s server', async (server) => {
    verifies('GW-02', 'GW-03');
    const call = ['--method', 'tools/call', '--tool-name', `${server}_greet`, '--tool-arg', 'name=Ada'];
    const { result } = CalledSchema.parse(await inspect(...(await target()), ...call));
    expect(result.content).toMatchObject([{ text: 'Hello, Ada!' }]);
  });
});

test('the Inspector takes the bare URL', async () => {
  const listed = ToolsSchema.parse(
    await inspect(gateway.mcpUrl, '--transport', 'http', '--method', 'tools/list'),
  );
  expect(listed.result.tools.length).toBeGreaterThan(0);
});
