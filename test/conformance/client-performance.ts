// What each client scenario wants a client to do, done through the gateway by a raw client. Where the gateway itself
// must act as a client (mirror arguments in headers, keep out invalid tools), ours is of the old era and knows nothing
// of that.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy, type RawAnswer } from '../support/raw-client.ts';

const CAPABILITIES = '{"elicitation":{"form":{}},"sampling":{},"roots":{}}';

/** Sends a request and returns the text of its result; fails on an error. */
type Send = (method: string, params?: string) => Promise<string>;

const ToolSchema = z.object({ name: z.string() });
const ToolsSchema = z.object({ tools: z.array(ToolSchema) });
const CallsSchema = z.object({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })),
});

const performances: Readonly<Record<string, (url: string, context: unknown) => Promise<void>>> = {
  // The handshake is the gateway's own.
  initialize: async () => {},
  tools_call: async (url) => {
    for (const send of [await legacy(url), modern(url)]) {
      await send('tools/list');
      await send('tools/call', '{"name":"add_numbers","arguments":{"a":5,"b":3}}');
    }
  },
  'elicitation-sep1034-client-defaults': elicitWithDefaults,
  'sse-retry': async (url) => void (await callTool(await legacy(url), 'test_reconnection')),
  'request-metadata': async (url) => void (await modern(url)('tools/list')),
  'sep-2322-client-request-state': requestState,
  'http-standard-headers': async (url) => {
    const send = modern(url);
    await send('tools/list');
    for (const name of ['test_headers', 'my-hyphenated-tool']) await callTool(send, name);
    await send('resources/list');
    await send('resources/read', '{"uri":"file:///path/to/file%20name.txt"}');
    await send('prompts/list');
    await send('prompts/get', '{"name":"test_prompt"}');
  },
  'http-custom-headers': async (url, context) => {
    const send = await legacy(url);
    await send('tools/list');
    for (const call of CallsSchema.parse(context).toolCalls) await send('tools/call', JSON.stringify(call));
  },
  'http-invalid-tool-headers': async (url) => {
    const send = await legacy(url);
    const { tools } = ToolsSchema.parse(JSON.parse(await send('tools/list')));
    for (const { name } of tools) await callTool(send, name);
  },
  'json-schema-ref-no-deref': async (url) => void (await modern(url)('tools/list')),
  'json-schema-2020-12-preservation': async (url) => {
    const send = await legacy(url);
    const list = await send('tools/list');
    const names = ToolsSchema.parse(JSON.parse(list)).tools.map(({ name }) => name);
    const schema = memberText(list, 'tools', names.indexOf('json_schema_2020_12_tool'), 'inputSchema');
    await send('tools/call', `{"name":"json_schema_echo","arguments":{"schema":${schema}}}`);
  },
  'sep-2640-client-no-prefetch': async (url) => void (await modern(url)('skills/list')),
  'sep-2640-client-verify-digest': loadSkill,
  'sep-2640-client-verify-size': loadSkill,
  'sep-2640-client-verify-frontmatter': loadSkill,
};

export async function perform(scenario: string, url: string, context: unknown): Promise<void> {
  const performance = performances[scenario];
  if (performance === undefined) throw new Error(`nobody knows how to perform ${scenario}`);
  await performance(url, context);
}

function modern(url: string): Send {
  return async (method, params) =>
    resultOf(method, await modernRequest(url, method, params, { capabilities: CAPABILITIES }));
}

async function legacy(url: string): Promise<Send> {
  const client = await openLegacy(url, { capabilities: CAPABILITIES });
  return async (method, params) => resultOf(method, await client.request(method, params));
}

function resultOf(method: string, { result, status, body, response }: RawAnswer): string {
  if (result === undefined) throw new Error(`${method}: ${status} ${response ?? String(body)}`);
  return result;
}

function callTool(send: Send, name: string): Promise<string> {
  return send('tools/call', JSON.stringify({ name, arguments: {} }));
}

const ElicitationSchema = z.object({
  requestedSchema: z.object({ properties: z.record(z.string(), z.object({ default: z.unknown() })) }),
});

/** Accepts every form with its defaults, on whichever stream it is asked. */
async function elicitWithDefaults(url: string): Promise<void> {
  const client = await openLegacy(url, { capabilities: CAPABILITIES });
  const onMessage = (message: Buffer): void => {
    const text = String(message);
    if (memberText(text, 'method') !== '"elicitation/create"') return;
    const params: unknown = JSON.parse(memberText(text, 'params') ?? '{}');
    const { properties } = ElicitationSchema.parse(params).requestedSchema;
    const content = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, property.default]),
    );
    void client.answer(memberText(text, 'id') ?? '', JSON.stringify({ action: 'accept', content }));
  };
  const stream = await client.stream({ onMessage });
  const call = '{"name":"test_client_elicitation_defaults","arguments":{}}';
  resultOf('tools/call', await client.request('tools/call', call, { onMessage }));
  await stream.close();
}

/** Two flows of several rounds, another call in the middle of the first, and a result that does not say its type. */
async function requestState(url: string): Promise<void> {
  const send = modern(url);
  for (const name of ['test_mrtr_echo_state', 'test_mrtr_no_state']) {
    const first = await callTool(send, name);
    await callTool(send, 'test_mrtr_unrelated');
    const state = memberText(first, 'requestState');
    const responses = '{"confirm":{"action":"accept","content":{"confirmed":true}}}';
    const stateMember = state === undefined ? '' : `,"requestState":${state}`;
    await send('tools/call', `{"name":"${name}","arguments":{},"inputResponses":${responses}${stateMember}}`);
  }
  await callTool(send, 'test_mrtr_no_result_type');
}

const SkillsSchema = z.object({
  skills: z.array(
    z.object({
      uri: z.string(),
      frontmatter: z.record(z.string(), z.string()),
      resources: z.array(z.object({ uri: z.string(), digest: z.string(), size: z.number() })),
    }),
  ),
});
const ContentsSchema = z.object({ contents: z.tuple([z.object({ text: z.string() })]) });

/** Loads a skill as a host must: nothing more is read when the file is not what its entry says. */
async function loadSkill(url: string): Promise<void> {
  const send = modern(url);
  const { skills } = SkillsSchema.parse(JSON.parse(await send('skills/list')));
  for (const { uri, frontmatter, resources } of skills) {
    const read = await send('resources/read', JSON.stringify({ uri }));
    const [{ text }] = ContentsSchema.parse(JSON.parse(read)).contents;
    const entry = resources.find((resource) => resource.uri === uri);
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    const stated = Object.entries(frontmatter).every(([key, value]) => text.includes(`\n${key}: ${value}\n`));
    if (entry?.digest !== digest || entry.size !== Buffer.byteLength(text) || !stated) return;
    for (const resource of resources) await send('resources/read', JSON.stringify({ uri: resource.uri }));
  }
}
