// Families of equal servers, through a running gateway with clients and servers of both eras: what is listed, where
// calls go, what members get to see, and how a family changes.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller, ClientEra } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { memberText } from '../support/json-text.ts';
import { verifies } from '../verifies.ts';
import { connectWithKey } from './key-clients.ts';
import { FAMILY, members, openFamilyWorld, tool, type FamilyWorld } from './family-world.ts';
import type { ScriptedServer } from './scripted-server.ts';

const CLIENTS: readonly ClientEra[] = ['legacy', 'modern'];
const PODS = 'x_kubernetes_list_pods';

const textOf = (result: string | undefined): unknown =>
  JSON.parse(memberText(result ?? '{}', 'content', 0, 'text') ?? 'null');

async function call(caller: Caller, name: string, args: string): Promise<string | undefined> {
  return (await caller.request('tools/call', `{"name":${JSON.stringify(name)},"arguments":${args}}`)).result;
}

describe('two members and a server that is in no family', () => {
  let world: FamilyWorld;
  const servers = new Map<string, ScriptedServer>();
  const odd =
    '{ "description":"Pods", "x-vendor":12345678901234567890,"name":"list_pods","inputSchema" : { "type":"object","required":[ "namespace" ],"properties":{"namespace":{"type":"string","default":1e400}}}}';

  beforeAll(async () => {
    world = await openFamilyWorld();
    const tools = `[${odd}]`;
    servers.set('k8s-new', await world.join('k8s-new', { era: 'modern', tools }));
    servers.set('k8s-old', await world.join('k8s-old', { era: 'legacy', tools }));
    const alone = JSON.stringify([tool('send')]);
    servers.set('slack', await world.join('slack', { tools: alone, spec: { family: undefined } }));
    await world.shows(PODS, 'x_slack_send');
  }, 120_000);
  afterAll(() => world[Symbol.asyncDispose](), 60_000);

  test('a common tool is listed once, with one more argument and every other byte as it was', async () => {
    verifies('FAM-01');
    const listed = (await world.tools()).get(PODS);
    const argument =
      '"cluster":{"type":"string","description":"The server that takes the call.","enum":["k8s-new","k8s-old"]}';
    expect(listed).toBe(
      odd
        .replace('"list_pods"', `"${PODS}"`)
        .replace('[ "namespace"', '["cluster", "namespace"')
        .replace('{"namespace"', `{${argument},"namespace"`),
    );
  });

  test('the transparent route of a member shows its own tool', async () => {
    verifies('FAM-01', 'GW-01');
    const own = await world.tools(world.gateway.serverUrl('k8s-old'));
    expect([...own.values()]).toEqual([odd]);
  });

  const cells = CLIENTS.flatMap((client) => ['k8s-old', 'k8s-new'].map((server) => ({ client, server })));
  test.each(cells)(
    '$client client: a call goes to $server, which never sees the argument',
    async ({ client, server }) => {
      verifies('FAM-01', 'GW-04');
      await using caller = await world.open(client);
      const others = '"namespace" : "a\\u0041", "n":[12345678901234567890,1e400]';
      for (const args of [
        `{"cluster":"${server}",${others}}`,
        `{${others},"cluster":"${server}"}`,
        `{ "cluster":"none", ${others} , "clu\\u0073ter" : "${server}" }`,
      ]) {
        const result = await call(caller, PODS, args);
        expect(textOf(result)).toBe(server);
        const seen = servers.get(server)?.requests.at(-1);
        expect(memberText(seen?.params ?? '', 'name')).toBe('"list_pods"');
        const own = memberText(seen?.params ?? '', 'arguments') ?? '';
        expect(own.replaceAll(/^\{\s*|\s*\}$/g, '')).toBe(others);
        if (server === 'k8s-new') expect(seen?.headers['mcp-name']).toBe('list_pods');
      }
      expect(textOf(await call(caller, PODS, `{"cluster":"${server}"}`))).toBe(server);
      expect(memberText(servers.get(server)?.requests.at(-1)?.params ?? '', 'arguments')).toBe('{}');
    },
  );

  test.each(CLIENTS)(
    '%s client: without the argument, and with a wrong one, it hears of the members',
    async (client) => {
      verifies('FAM-03');
      await using caller = await world.open(client);
      const sent = servers.get('k8s-old')?.requests.length;
      for (const args of ['{}', '{"namespace":"default"}', '{"cluster":7}', '{"cluster":null}']) {
        const missing = await call(caller, PODS, args);
        expect(memberText(missing ?? '', 'isError')).toBe('true');
        expect(textOf(missing)).toBe(
          `tool ${PODS} is provided by a family on servers k8s-new, k8s-old; the "cluster" parameter is required`,
        );
      }
      const wrong = await call(caller, PODS, '{"cluster":"slack"}');
      expect(memberText(wrong ?? '', 'isError')).toBe('true');
      expect(textOf(wrong)).toBe(
        `tool ${PODS} is not available on server "slack" (available: k8s-new, k8s-old)`,
      );
      expect(textOf(await call(caller, PODS, '{"cluster":"*"}'))).toContain('is not available on server "*"');
      expect((await caller.request('tools/call', `{"name":"${PODS}"}`)).result).toContain('is required');
      expect(servers.get('k8s-old')?.requests.length).toBe(sent);
    },
  );

  test.each(CLIENTS)(
    '%s client: names of the members themselves are not shown and not called',
    async (client) => {
      verifies('FAM-01');
      await using caller = await world.open(client);
      const reply = await caller.request('tools/call', '{"name":"x_k8s-old_list_pods","arguments":{}}');
      expect(memberText(reply.error ?? '', 'message')).toBe('"Unknown tool: x_k8s-old_list_pods"');
    },
  );

  test.each(CLIENTS)('%s client: the members complete the argument', async (client) => {
    verifies('FAM-04');
    await using caller = await world.open(client);
    const complete = async (name: string, value: string): Promise<unknown> => {
      const params = { ref: { type: 'ref/prompt', name: PODS }, argument: { name, value } };
      const { result } = await caller.request('completion/complete', JSON.stringify(params));
      return result === undefined ? undefined : JSON.parse(memberText(result, 'completion') ?? 'null');
    };
    expect(await complete('cluster', 'k8s-')).toEqual({
      values: ['k8s-new', 'k8s-old'],
      total: 2,
      hasMore: false,
    });
    expect(await complete('cluster', 'k8s-o')).toMatchObject({ values: ['k8s-old'] });
    expect(await complete('namespace', 'd')).toBeUndefined();
  });

  test('metrics tell the real server and the real tool', async () => {
    verifies('FAM-01', 'GW-23');
    const text = await (await fetch(`${world.gateway.url}/metrics`)).text();
    expect(text).toMatch(/tutti_tool_calls_total\{[^}]*server="k8s-old"[^}]*tool="list_pods"/);
    expect(text).not.toContain('x_kubernetes');
  });

  test('the catalog of the API shows the tool once, with its members', async () => {
    verifies('FAM-01');
    const { items } = Object(await (await fetch(`${world.gateway.url}/api/v1/tools`)).json());
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({
      exposedName: PODS,
      name: 'list_pods',
      server: 'kubernetes',
      members: ['k8s-new', 'k8s-old'],
    });
    expect(items[0].inputSchema.required).toEqual(['cluster', 'namespace']);
  });
});

test.each(CLIENTS)(
  '%s client hears once when a member joins, changes, is suspended, returns and leaves',
  async (era) => {
    verifies('FAM-03', 'FAM-01', 'CAT-03');
    await using world = await openFamilyWorld({});
    const pods = 'kubernetes_list_pods';
    const enumNow = async (): Promise<unknown> => members((await world.tools()).get(pods));
    const a = await world.join('a');
    await world.shows(pods);
    expect(await enumNow()).toEqual(['a']);

    await using caller = await world.open(era);
    const heard: string[] = [];
    await using _ = await caller.listen([], (message) => heard.push(message));
    /** One change, told once: what is told next is about the next one. */
    const hears = async (now: readonly string[] | null): Promise<void> => {
      await eventually(async () => JSON.stringify(await enumNow()) === JSON.stringify(now));
      await eventually(() => heard.length > 0, { what: 'list_changed' });
      expect(heard.splice(0).map((message) => memberText(message, 'method'))).toEqual([
        '"notifications/tools/list_changed"',
      ]);
    };
    await world.join('c');
    await hears(['a', 'c']);
    await world.join('b');
    await hears(['a', 'b', 'c']);
    await world.declare('b', { suspended: true });
    await hears(['a', 'c']);
    await world.declare('b');
    await hears(['a', 'b', 'c']);
    await world.leave('c');
    await hears(['a', 'b']);
    // It lists less than before, and then what no other member has.
    a.setTools(JSON.stringify([tool('top')]));
    a.broadcast('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
    await hears(['b']);
    expect(members((await world.tools()).get('kubernetes_top'))).toEqual(['a']);
    await world.leave('b');
    await hears(null);
    await world.shows('kubernetes_top');
  },
);

test('a member that fails keeps its place', async () => {
  verifies('FAM-03');
  await using world = await openFamilyWorld({});
  await world.join('a');
  const b = await world.join('b');
  await world.shows('kubernetes_list_pods');
  await b[Symbol.asyncDispose]();
  await using caller = await world.open('modern');
  const reply = await eventually(async () => {
    const answer = await caller.request(
      'tools/call',
      '{"name":"kubernetes_list_pods","arguments":{"cluster":"b"}}',
    );
    return answer.error;
  });
  expect(reply).toContain('b');
  expect(members((await world.tools()).get('kubernetes_list_pods'))).toEqual(['a', 'b']);
  expect(textOf(await call(caller, 'kubernetes_list_pods', '{"cluster":"a"}'))).toBe('a');
});

describe('members that disagree', () => {
  test('on the argument: no tool is the family’s, until they agree', async () => {
    verifies('FAM-02');
    await using world = await openFamilyWorld({});
    const nodes = JSON.stringify([tool('list_nodes')]);
    await world.join('a');
    await world.shows('kubernetes_list_pods');
    await world.join('b', { tools: nodes, spec: { family: { ...FAMILY, instanceArg: 'place' } } });
    await world.shows('a_list_pods', 'b_list_nodes');
    await using caller = await world.open('modern');
    expect(textOf(await call(caller, 'a_list_pods', '{"cluster":"anything"}'))).toBe('a');
    const gone = await caller.request(
      'tools/call',
      '{"name":"kubernetes_list_nodes","arguments":{"place":"b"}}',
    );
    expect(gone.error).toContain('Unknown tool');
    const warning =
      'family kubernetes: `instanceArg` is `cluster` on a, but `place` on b; all its tools keep the names of their servers until it is the same everywhere';
    expect(await world.problems()).toEqual([warning]);
    expect(await world.events()).toContain(`Warning a MCPServerFamilyDiverged: ${warning}`);
    await world.declare('b', { family: FAMILY });
    await world.shows('kubernetes_list_nodes', 'kubernetes_list_pods');
    expect(await world.problems()).toEqual([]);
  });

  test('on a description or a schema, or with an argument of that name: that tool alone', async () => {
    verifies('FAM-02');
    await using world = await openFamilyWorld({});
    const same = tool('list_pods', { namespace: { type: 'string' }, all: {} });
    const otherOrder = {
      ...same,
      inputSchema: { properties: { all: {}, namespace: { type: 'string' } }, type: 'object' },
    };
    const own = tool('of_cluster', { cluster: { type: 'string' } });
    await world.join('a', {
      tools: JSON.stringify([same, tool('delete_pod', {}, 'idempotent'), tool('scale', { to: {} }), own]),
    });
    await world.join('b', {
      tools: JSON.stringify([otherOrder, tool('delete_pod', {}, 'force'), tool('scale', { up: {} })]),
    });
    await world.join('c', { tools: JSON.stringify([tool('delete_pod', {}, 'idempotent')]) });
    await world.shows(
      'kubernetes_list_pods',
      'a_delete_pod',
      'a_scale',
      'a_of_cluster',
      'b_delete_pod',
      'b_scale',
      'c_delete_pod',
    );
    await using caller = await world.open('legacy');
    expect(textOf(await call(caller, 'b_delete_pod', '{}'))).toBe('b');
    const kept = await call(caller, 'a_of_cluster', '{"cluster":"prod"}');
    expect(memberText(kept ?? '', 'structuredContent', 'arguments')).toBe('{"cluster":"prod"}');
    expect(await world.problems()).toEqual([
      'family kubernetes: the tool delete_pod keeps the names of its servers: its description is not the same on a and b',
      'family kubernetes: the tool of_cluster keeps the names of its servers: it has an argument "cluster" of its own',
      'family kubernetes: the tool scale keeps the names of its servers: its inputSchema is not the same on a and b',
    ]);
  });
});

test('a name that a server has already is not taken from it, and is no other after a restart', async () => {
  verifies('FAM-01', 'CAT-01');
  await using world = await openFamilyWorld({});
  await world.join('kubernetes', { spec: { family: undefined } });
  await world.shows('kubernetes_list_pods');
  await world.join('a');
  const shown = () =>
    eventually(async () => {
      const found = [...(await world.tools()).keys()];
      return found.length === 2 ? found : undefined;
    });
  const names = await shown();
  expect(names[0]).toMatch(/^kubernetes_list_pods_[a-z2-7]{8}$/);
  expect(names[1]).toBe('kubernetes_list_pods');
  expect(await world.problems()).toEqual([
    `family kubernetes: the tool list_pods is exposed as ${names[0]}: its plain name is taken or too long`,
  ]);
  await world.restart();
  expect(await shown()).toEqual(names);
});

test('a name that a family has already stays its own, over a restart too', async () => {
  verifies('FAM-01', 'CAT-01');
  await using world = await openFamilyWorld({});
  await world.join('a');
  await world.shows('kubernetes_list_pods');
  await world.join('kubernetes', { spec: { family: undefined } });
  const family = async (): Promise<unknown> => {
    const found = await world.tools();
    return found.size === 2 ? members(found.get('kubernetes_list_pods')) : undefined;
  };
  expect(await eventually(family)).toEqual(['a']);
  await world.restart();
  expect(await eventually(family)).toEqual(['a']);
});

test('after a restart a tool of a family can be called before anybody listed it', async () => {
  verifies('FAM-01');
  await using world = await openFamilyWorld({});
  await world.join('a');
  await world.join('b');
  await world.shows('kubernetes_list_pods');
  await world.restart();
  await using caller = await world.open('modern');
  expect(textOf(await call(caller, 'kubernetes_list_pods', '{"cluster":"b"}'))).toBe('b');
});

test('who may use one member sees that one, and changes nothing for who may use the other', async () => {
  verifies('FAM-01', 'FAM-03');
  const keys = new Map(['east', 'west'].map((name) => [name, `key-of-${name}-0123456789`]));
  const others: readonly [string, string][] = [
    ['east', 'k8s-west'],
    ['west', 'k8s-east'],
  ];
  await using world = await openFamilyWorld({
    auth: {
      keys: [...keys].map(([name, key]) => ({
        name,
        secret: `sha256:${createHash('sha256').update(key).digest('hex')}`,
      })),
    },
    policies: others.map(([principal, server]) => ({
      principals: [principal],
      servers: [server],
      effect: 'deny',
    })),
  });
  await world.join('k8s-east');
  await world.join('k8s-west');
  await world.shows('kubernetes_list_pods');
  const open = (name: string) => connectWithKey('SDK v1', world.gateway.mcpUrl, keys.get(name));
  await using east = await open('east');
  await using west = await open('west');
  // Whoever listed last decides for nobody else.
  for (const lister of [east, west, east]) {
    expect(await lister.tools()).toEqual(['kubernetes_list_pods']);
    expect(await east.call('kubernetes_list_pods', { cluster: 'k8s-east' })).toMatchObject({
      text: 'k8s-east',
    });
    expect(await west.call('kubernetes_list_pods', { cluster: 'k8s-west' })).toMatchObject({
      text: 'k8s-west',
    });
    expect(await east.call('kubernetes_list_pods', { cluster: 'k8s-west' })).toMatchObject({
      isError: true,
      text: 'tool kubernetes_list_pods is not available on server "k8s-west" (available: k8s-east)',
    });
  }
});
