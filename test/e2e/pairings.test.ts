// The table of pairings, cell by cell: raw clients of both eras, servers of both eras, over both transports. The
// clients say and compare exact JSON text.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ODD_NUMBERS,
  ODD_OBJECT,
  VENDOR_ANNOTATIONS,
  VENDOR_STRUCTURED,
} from '../programs/fixture/vendor.ts';
import { openCaller, type CallerOptions, type ClientEra } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { startGateway, type Gateway, type GatewayServer } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { verifies } from '../verifies.ts';

const SERVERS = ['old-stdio', 'old-http', 'new-stdio', 'new-http'] as const;
const CLIENTS: readonly ClientEra[] = ['legacy', 'modern'];

const ANSWER = `{"action":"accept","content":{"value":"\\u0041","n":${ODD_NUMBERS}},"x-vendor":${ODD_OBJECT}}`;
const TASKS = '{"elicitation":{"form":{}},"extensions":{"io.modelcontextprotocol/tasks":{}}}';

let gateway: Gateway;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const servers: Record<string, GatewayServer> = {};
  // What cannot be attributed on a pipe is refused, and from then on clients may get instances of their own. So calls
  // that ask at once, and calls that are cancelled, have servers of their own here.
  for (const prefix of ['', 'busy-', 'cancel-']) {
    servers[`${prefix}old-stdio`] = fixtureCommand('legacy');
    servers[`${prefix}new-stdio`] = fixtureCommand('modern');
    servers[`${prefix}old-http`] = { type: 'http', url: stack.use(await startHttpFixture('legacy')).url };
    servers[`${prefix}new-http`] = { type: 'http', url: stack.use(await startHttpFixture('modern')).url };
  }
  // Roots belong to one client, so an old server sees them only on an instance of its own.
  const { url } = stack.use(await startHttpFixture('legacy'));
  const own = {
    'own-old-http': { type: 'streamable-http', url },
    'own-old-stdio': { type: 'stdio', ...fixtureCommand('legacy') },
  };
  const files = Object.fromEntries(
    Object.entries(own).map(([name, spec]) => [`${name}.yaml`, ownInstances(name, spec)]),
  );
  gateway = stack.use(
    await startGateway({ servers, files, waitFor: [...Object.keys(servers), ...Object.keys(own)] }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const cells = CLIENTS.flatMap((client) => SERVERS.map((server) => ({ client, server })));

describe.each(cells)('$client client, $server', ({ client, server }) => {
  const open = (options?: CallerOptions) => openCaller(client, gateway.serverUrl(server), options);

  test('request: arguments and results pass byte for byte', async () => {
    verifies('GW-03', 'GW-04');
    await using caller = await open();
    const args = `{"numbers":${ODD_NUMBERS}, "object" : ${ODD_OBJECT}}`;
    expect(memberText(await caller.callTool('echo_raw', args), 'structuredContent')).toBe(args);
    const result = await caller.callTool('vendor');
    expect(memberText(result, 'structuredContent')).toBe(VENDOR_STRUCTURED);
    expect(memberText(result, 'content', 1, 'x-value')).toBe(VENDOR_STRUCTURED);
  });

  test('request: definitions pass byte for byte', async () => {
    verifies('GW-04');
    await using caller = await open();
    const { result = '{}' } = await caller.request('tools/list');
    const vendor = itemNamed(memberText(result, 'tools') ?? '[]', 'vendor');
    expect(memberText(vendor, 'annotations')).toBe(VENDOR_ANNOTATIONS);
    expect(memberText(vendor, 'x-vendor')).toBe(VENDOR_STRUCTURED);
  });

  test('ask: elicitation and sampling come back byte for byte', async () => {
    verifies('GW-03', 'GW-04', 'GW-05');
    const sampled = `{"role":"assistant","content":{"type":"text","text":"hi","x":${ODD_NUMBERS}},"model":"m"}`;
    await using caller = await open({
      answer: (method) => (method === 'elicitation/create' ? ANSWER : sampled),
    });
    const asked = async (tool: string) =>
      memberText(await caller.callTool(tool), 'structuredContent', 'asked');
    expect(await asked('ask_elicitation')).toBe(ANSWER);
    expect(await asked('ask_sampling')).toBe(sampled);
  });

  test('ask: two at once in one call', async () => {
    verifies('GW-03');
    const answer = (_: string, params: string): string =>
      `{"action":"accept","content":{"value":${memberText(params, 'message')}}}`;
    await using caller = await open({ answer });
    const result = await caller.callTool('ask_two', '{"message":"x"}');
    expect(memberText(result, 'structuredContent', 'first', 'content', 'value')).toBe('"First? x"');
    expect(memberText(result, 'structuredContent', 'second', 'content', 'value')).toBe('"Second? x"');
  });

  test('ask: interleaved calls of two clients are asked of the right one', async () => {
    verifies('GW-03', 'GW-05');
    const callers = await Promise.all(
      ['a', 'b'].map((name) =>
        openCaller(client, gateway.serverUrl(`busy-${server}`), {
          answer: () => `{"action":"accept","content":{"value":"${name}"}}`,
        }),
      ),
    );
    await using _ = disposeAll(callers);
    const wrong: string[] = [];
    // What cannot be attributed is refused, which may happen at first; the wrong client is never asked.
    await eventually(
      async () => {
        const answered = await Promise.all(
          Array.from({ length: 6 }, async (_, round) => {
            const result = (await callers[round % 2]?.callTool('ask_elicitation')) ?? '{}';
            const value = memberText(result, 'structuredContent', 'asked', 'content', 'value');
            if (value !== undefined && value !== `"${'ab'[round % 2]}"`) wrong.push(value);
            return value !== undefined;
          }),
        );
        return answered.every(Boolean);
      },
      { what: 'a round in which every call was answered' },
    );
    expect(wrong).toEqual([]);
  });

  test('ask: roots come back byte for byte', async () => {
    verifies('GW-03', 'GW-04', 'GW-05');
    const own = server.startsWith('old') ? `own-${server}` : server;
    const roots = `{"roots":[{"uri":"file:///r","name":"r","x":${ODD_OBJECT}}]}`;
    await using caller = await openCaller(client, gateway.serverUrl(own), { answer: () => roots });
    expect(memberText(await caller.callTool('ask_roots'), 'structuredContent', 'asked')).toBe(roots);
  });

  test('progress: under the token of the client', async () => {
    verifies('GW-05');
    await using caller = await open();
    const seen: string[] = [];
    const token = '"my token: é/1"';
    await caller.callTool('slow', '{"ms":250}', {
      meta: `"progressToken":${token}`,
      onMessage: (message) => seen.push(message),
    });
    expect(seen.map((message) => memberText(message, 'params', 'progress'))).toEqual(['0', '100', '200']);
    expect(seen.map((message) => memberText(message, 'params', 'progressToken'))).toEqual([
      token,
      token,
      token,
    ]);
  });

  test('cancel: reaches the server', async () => {
    verifies('GW-05');
    await using caller = await openCaller(client, gateway.serverUrl(`cancel-${server}`));
    const counts = async () =>
      memberText(await caller.callTool('cancelled_count'), 'structuredContent') ?? '';
    const running = async () => memberText(await counts(), 'running');
    const before = Number(memberText(await counts(), 'cancelled'));
    const abort = new AbortController();
    const call = caller.request('tools/call', '{"name":"slow","arguments":{"ms":600000}}', {
      signal: abort.signal,
    });
    await eventually(async () => (await running()) === '1', { what: 'the call to run' });
    await caller.cancel(abort);
    await eventually(async () => (await running()) === '0', { what: 'the call to end' });
    expect(memberText(await counts(), 'cancelled')).toBe(String(before + 1));
    abort.abort();
    expect((await call).result).toBeUndefined();
  });

  test('log: at the level that the client asked for', async () => {
    verifies('GW-05');
    await using caller = await open();
    const seen: (string | undefined)[] = [];
    const onMessage = (message: string): void => void seen.push(memberText(message, 'params', 'level'));
    if (client === 'legacy') await caller.request('logging/setLevel', '{"level":"warning"}');
    const meta = '"io.modelcontextprotocol/logLevel":"warning"';
    await caller.callTool('log_levels', '{}', client === 'legacy' ? { onMessage } : { onMessage, meta });
    await eventually(() => seen.length >= 5, { what: 'five lines' });
    expect(seen).toEqual(['"warning"', '"error"', '"critical"', '"alert"', '"emergency"']);
  });

  test('changes: of lists and of subscribed resources', async () => {
    verifies('GW-05', 'CAT-03');
    await using caller = await open();
    const seen: string[] = [];
    const uri = 'test://watched-resource';
    await using _ = await caller.listen([uri], (message) => seen.push(message));
    const heard = (method: string) =>
      eventually(() => seen.find((message) => message.includes(method)), { what: method });
    const name = `tool_of_${client}`;

    await caller.callTool('add_tool', JSON.stringify({ name }));
    await heard('notifications/tools/list_changed');
    const { result = '{}' } = await caller.request('tools/list');
    expect(itemNamed(memberText(result, 'tools') ?? '[]', name)).toContain('Was added');

    await caller.callTool('touch_resource', JSON.stringify({ uri: 'test://static-text' }));
    await caller.callTool('touch_resource', JSON.stringify({ uri }));
    const updated = await heard('notifications/resources/updated');
    expect(memberText(updated, 'params', 'uri')).toBe(JSON.stringify(uri));
    await caller.callTool('remove_tool', JSON.stringify({ name }));
  });

  test('completion', async () => {
    verifies('GW-05');
    await using caller = await open();
    const ref = '{"type":"ref/prompt","name":"test_prompt_with_arguments"}';
    const { result = '{}' } = await caller.request(
      'completion/complete',
      `{"ref":${ref},"argument":{"name":"arg1","value":"par"}}`,
    );
    expect(memberText(result, 'completion', 'values')).toBe('["paris","park","party"]');
  });

  test('tasks: run, ask and end', async () => {
    verifies('GW-05');
    const capabilities = TASKS;
    await using caller = await open({
      capabilities,
      answer: () => '{"action":"accept","content":{"confirm":true}}',
    });
    const task = client === 'legacy' ? ',"task":{"ttl":60000}' : '';
    const params = `{"name":"confirm_delete","arguments":{"filename":"f"}${task}}`;
    const created = (await caller.request('tools/call', params)).result ?? '{}';
    const inTask = client === 'legacy' ? ['task'] : [];
    const taskId = memberText(created, ...inTask, 'taskId');
    expect(taskId).toBeDefined();

    const get = async () => (await caller.request('tasks/get', `{"taskId":${taskId}}`)).result ?? '{}';
    const waiting = await eventually(async () => {
      const found = await get();
      return memberText(found, 'status') === '"input_required"' ? found : undefined;
    });
    if (client === 'legacy') {
      const { result = '{}' } = await caller.request('tasks/result', `{"taskId":${taskId}}`);
      expect(memberText(result, 'content', 0, 'text')).toBe('"Deleted f"');
      return;
    }
    const [key = ''] = Object.keys(Object(JSON.parse(memberText(waiting, 'inputRequests') ?? '{}')));
    const responses = `{${JSON.stringify(key)}:{"action":"accept","content":{"confirm":true}}}`;
    await caller.request('tasks/update', `{"taskId":${taskId},"inputResponses":${responses}}`);
    const done = await eventually(async () => {
      const found = await get();
      return memberText(found, 'status') === '"completed"' ? found : undefined;
    });
    expect(memberText(done, 'result', 'content', 0, 'text')).toBe('"Deleted f"');
  });
});

function ownInstances(name: string, spec: object): string {
  const document = { apiVersion: 'tutti.dev/v1alpha1', kind: 'MCPServer', metadata: { name } };
  return JSON.stringify({ ...document, spec: { ...spec, isolation: 'session' } });
}

/** The text of the item of a list that has this name. */
function itemNamed(list: string, name: string): string {
  const items: unknown = JSON.parse(list);
  const index = Array.isArray(items) ? items.findIndex((item: { name?: unknown }) => item.name === name) : -1;
  return memberText(list, index) ?? '{}';
}

function disposeAll(all: readonly AsyncDisposable[]): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => void (await Promise.all(all.map((one) => one[Symbol.asyncDispose]()))),
  };
}
