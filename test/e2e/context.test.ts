// A client that gets a few tools which search and call all others, in the place of the whole list.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, echo } from '../faults/support/calls.ts';
import { declared, faulty } from '../faults/support/declared.ts';
import { metric } from '../faults/support/observe.ts';
import { openCaller } from '../support/caller.ts';
import { fixtureCommand } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';

const stack = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      servers: { fix: fixtureCommand('both') },
      files: {
        ...declared({ faulty: faulty() }),
        'set.json': JSON.stringify({
          apiVersion: 'tutti.dev/v1alpha1',
          kind: 'Toolset',
          metadata: { name: 'few' },
          spec: { servers: ['faulty'], mode: 'search' },
        }),
      },
      waitFor: ['fix', 'faulty'],
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const search = (): string => `${gateway.mcpUrl}?mode=search`;

async function ask(name: string, args: object = {}, url = search()): Promise<string> {
  const { result = '{}' } = await modernRequest(url, 'tools/call', call(name, { ...args }));
  const [block] = JSON.parse(memberText(result, 'content') ?? '[]') as { text: string }[];
  return block?.text ?? '';
}

describe('the list', () => {
  test.each(['modern', 'legacy'] as const)(
    'of a %s client has the search tools and no others',
    async (era) => {
      verifies('CAT-06', 'CAT-09');
      const client = era === 'legacy' ? await openLegacy(search()) : undefined;
      const { result = '' } =
        client === undefined
          ? await modernRequest(search(), 'tools/list')
          : await client.request('tools/list');
      const names = (JSON.parse(memberText(result, 'tools') ?? '[]') as { name: string }[]).map(
        ({ name }) => name,
      );
      expect(names).toContain('search_tools');
      expect(names).toContain('call_tool');
      expect(names).not.toContain('faulty_echo');
      verifies('CAT-07');
      expect(await metric(gateway, 'tutti_tool_list_saved_bytes_total')).toBeGreaterThan(0);
      expect(await metric(gateway, 'tutti_tool_list_bytes_total', 'mode="search"')).toBeGreaterThan(0);
    },
  );

  test('is whole where it is short, or asked for', async () => {
    verifies('CAT-09');
    for (const url of [gateway.mcpUrl, `${gateway.mcpUrl}?mode=direct`])
      expect((await modernRequest(url, 'tools/list')).result).toContain('faulty_echo');
    expect((await modernRequest(`${gateway.mcpUrl}?mode=all`, 'tools/list')).status).toBe(400);
  });

  test('of a toolset is as the toolset says', async () => {
    verifies('CAT-05', 'CAT-06');
    const url = `${gateway.url}/mcp/sets/few`;
    expect((await modernRequest(url, 'tools/list')).result).toContain('search_tools');
    expect(await ask('search_tools', { query: 'echo' }, url)).toContain('faulty_echo');
    expect(await ask('call_tool', { name: 'fix_test_simple_text' }, url)).toContain('Unknown tool');
  });
});

describe('what is found', () => {
  test('is ranked, and follows the catalog', async () => {
    verifies('CAT-06');
    const found = JSON.parse(await ask('search_tools', { query: 'echo', limit: 3 })) as {
      tools: { name: string }[];
    };
    expect(found.tools[0]?.name).toBe('faulty_echo');
    expect(found.tools.length).toBeLessThanOrEqual(3);
  });

  test('can be listed, filtered and described', async () => {
    verifies('CAT-06');
    expect(await ask('list_tools')).toContain('"name":"faulty_echo"');
    const filtered = await ask('filter_tools', { pattern: 'FAULTY_*', include_schema: true });
    expect(filtered).toContain('inputSchema');
    expect(filtered).not.toContain('fix_');
    expect(await ask('filter_tools', { pattern: 'FAULTY_*', case_sensitive: true })).toContain('"total":0');
    expect(await ask('describe_tool', { name: 'faulty_echo' })).toBe(
      '{"name":"faulty_echo","inputSchema":{"type":"object"}}',
    );
    expect(await ask('list_core_tools')).toContain('"tools":[');
    expect(await ask('list_resources')).toContain('uri');
    expect(await ask('list_prompts')).toContain('name');
  });

  test('what is asked wrongly is answered with what to do', async () => {
    verifies('CAT-06');
    expect(await ask('describe_tool', { name: 'nope' })).toContain('search_tools');
    expect(await ask('search_tools', {})).toContain('Wrong arguments');
    expect(await ask('call_tool', { arguments: {} })).toContain('"name"');
    expect(await ask('list_tools', { cursor: 'x' })).toContain('cursor');
  });
});

describe('a call through call_tool', () => {
  test('comes to the same as the call itself, and counts as that', async () => {
    verifies('CAT-06', 'GW-04');
    await echo(gateway.serverUrl('faulty'));
    const before = await metric(gateway, 'tutti_tool_calls_total', 'tool="echo"');
    const args = { name: 'faulty_echo', arguments: { nonce: 'n-1' } };
    const { result = '' } = await modernRequest(search(), 'tools/call', call('call_tool', args));
    expect(memberText(result, 'structuredContent', 'nonce')).toBe('"n-1"');
    expect(await metric(gateway, 'tutti_tool_calls_total', 'tool="echo"')).toBe(before + 1);
  });

  test('may have its arguments as text, as models write them', async () => {
    verifies('CAT-06');
    const args = { name: 'faulty_echo', arguments: '{"nonce":"n-2"}' };
    const { result = '' } = await modernRequest(search(), 'tools/call', call('call_tool', args));
    expect(memberText(result, 'structuredContent', 'nonce')).toBe('"n-2"');
  });

  test.each(['modern', 'legacy'] as const)('passes progress and questions on to a %s client', async (era) => {
    verifies('CAT-06', 'GW-05');
    await using caller = await openCaller(era, search(), {
      answer: () => '{"action":"accept","content":{"value":"yes"}}',
    });
    const seen: string[] = [];
    const steps = call('call_tool', { name: 'faulty_steps', arguments: { count: 3, everyMs: 10 } });
    await caller.request('tools/call', steps, {
      meta: '"progressToken":"p"',
      onMessage: (message) => seen.push(memberText(message, 'params', 'progress') ?? ''),
    });
    expect(seen).toEqual(['1', '2', '3']);
    const asking = { name: 'faulty_ask', arguments: { message: 'really?' } };
    const { result = '' } = await caller.request('tools/call', call('call_tool', asking));
    expect(memberText(result, 'structuredContent', 'answer', 'content')).toBe('{"value":"yes"}');
  });

  test('a resource and a prompt come as results of a tool', async () => {
    verifies('CAT-06');
    const { resources } = JSON.parse(await ask('list_resources')) as { resources: { uri: string }[] };
    const uri = resources[0]?.uri ?? '';
    const read = await modernRequest(search(), 'tools/call', call('get_resource', { uri }));
    expect(read.result).toContain('"type":"resource"');
    const { prompts } = JSON.parse(await ask('list_prompts')) as { prompts: { name: string }[] };
    expect(
      await ask('get_prompt', { name: prompts.find(({ name }) => name.includes('simple'))?.name ?? '' }),
    ).toContain('role');
    expect(await ask('get_resource', { uri: 'nope://x' })).toMatch(/not found|Unknown resource/);
  });
});
