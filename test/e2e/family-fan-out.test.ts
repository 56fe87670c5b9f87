// One call to all members of a family: merged results, progress that only grows, cancellation and deadlines that reach
// every member.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metric } from '../faults/support/observe.ts';
import type { Caller, ClientEra } from '../support/caller.ts';
import { eventually } from '../support/eventually.ts';
import { memberText } from '../support/json-text.ts';
import { verifies } from '../verifies.ts';
import { FAMILY, members, openFamilyWorld, tool, type FamilyWorld } from './family-world.ts';
import type { Request, Script, ScriptedServer } from './scripted-server.ts';

const CLIENTS: readonly ClientEra[] = ['legacy', 'modern'];
const POOL = ['fine', 'fail', 'refuse', 'hang', 'report', 'mixed', 'ask'];
const LIST = JSON.stringify(
  POOL.map((name) => ({ ...tool(name), outputSchema: { type: 'object', required: ['n'] } })),
);
const CALLS = 'tutti_tool_calls_total';
const ODD = '{"n" : 12345678901234567890, "x":1e400}';

let world: FamilyWorld;
const servers = new Map<string, ScriptedServer>();
const reporting = new Map<string, Request>();

const complete = (text: string, more = ''): string =>
  `{"resultType":"complete","content":[{"type":"text","text":"${text}","_meta":${ODD}},{"type":"text","text":"2"}]${more}}`;

/** What a member does is told by the tool; `b` is the one that does worse. */
function script(name: string): Script {
  return (request) => {
    const wanted = JSON.parse(memberText(request.params, 'name') ?? '""');
    switch (wanted) {
      case 'fail':
        return complete(`no ${name}`, ',"isError":true');
      case 'refuse':
        return `{"error":{"code":-32602,"message":"not on ${name}"}}`;
      case 'mixed':
        return name === 'b' ? '{"error":{"code":-32603,"message":"broken"}}' : complete(name);
      case 'hang':
        return undefined;
      case 'ask':
        return '{"resultType":"input_required","inputRequests":{},"requestState":"s"}';
      case 'report':
        reporting.set(name, request);
        return new Promise(() => {});
      default:
        return complete(name, `,"structuredContent":${ODD}`);
    }
  };
}

const open = (era: ClientEra): Promise<Caller> => world.open(era);
const args = (member: string): string => JSON.stringify({ cluster: member });

beforeAll(async () => {
  world = await openFamilyWorld({});
  const spec = { family: { ...FAMILY, fanOut: true }, timeout: '2s' };
  for (const [name, era] of [
    ['a', 'legacy'],
    ['b', 'modern'],
    ['c', 'legacy'],
  ] as const)
    servers.set(name, await world.join(name, { era, tools: LIST, script: script(name), spec }));
  await world.shows(...POOL.toSorted().map((name) => `kubernetes_${name}`));
}, 120_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

test('the argument can stand for all, and no schema of one member binds what all say', async () => {
  verifies('FAM-04');
  const listed = (await world.tools()).get('kubernetes_fine');
  expect(members(listed)).toEqual(['a', 'b', 'c', '*']);
  expect(memberText(listed ?? '', 'outputSchema')).toBeUndefined();
});

describe.each(CLIENTS)('%s client', (era) => {
  test('gets what every member says, byte for byte, under its name', async () => {
    verifies('FAM-04', 'GW-04');
    await using caller = await open(era);
    const result = await caller.callTool('kubernetes_fine', args('*'));
    const blocks = ['a', 'b', 'c'].map(
      (name) =>
        `{"type":"text","text":"# ${name}"},{"type":"text","text":"${name}","_meta":${ODD}},{"type":"text","text":"2"}`,
    );
    expect(memberText(result, 'content')).toBe(`[${blocks.join(',')}]`);
    expect(memberText(result, 'structuredContent')).toBe(`{"instances":{"a":${ODD},"b":${ODD},"c":${ODD}}}`);
    expect(memberText(result, 'isError')).toBe('false');
    expect(memberText(result, 'resultType')).toBe(era === 'modern' ? '"complete"' : undefined);
    for (const server of servers.values())
      expect(memberText(server.requests.at(-1)?.params ?? '', 'arguments')).toBe('{}');
  });

  test('gets the others when one fails, and an error when all do', async () => {
    verifies('FAM-04');
    await using caller = await open(era);
    const some = await caller.callTool('kubernetes_mixed', args('*'));
    expect(memberText(some, 'isError')).toBe('false');
    expect(memberText(some, 'structuredContent')).toBe(
      '{"instances":{"a":{},"b":{"error":"broken"},"c":{}}}',
    );
    expect(some).toContain('{"type":"text","text":"# b (failed)"},{"type":"text","text":"broken"}');
    const failing = await caller.callTool('kubernetes_fail', args('*'));
    expect(memberText(failing, 'isError')).toBe('true');
    expect(memberText(failing, 'structuredContent', 'instances', 'a')).toBe('{"error":"no a\\n2"}');
    const refused = await caller.callTool('kubernetes_refuse', args('*'));
    expect(memberText(refused, 'isError')).toBe('true');
    expect(memberText(refused, 'structuredContent', 'instances', 'c')).toBe('{"error":"not on c"}');
  });

  test('gets the answers in time and learns which member was late', async () => {
    verifies('FAM-04', 'GW-08');
    await using caller = await open(era);
    const result = await caller.callTool('kubernetes_hang', args('*'));
    for (const name of servers.keys())
      expect(memberText(result, 'structuredContent', 'instances', name, 'error')).toContain(
        `${name} did not finish hang in time`,
      );
  });

  test('cancels all', async () => {
    verifies('FAM-04', 'GW-05');
    await using caller = await open(era);
    const cancelled = (): Promise<number> => metric(world.gateway, CALLS, 'outcome="cancelled"');
    const before = await cancelled();
    reporting.clear();
    const abort = new AbortController();
    const call = caller
      .callTool('kubernetes_report', args('*'), { signal: abort.signal })
      .catch(() => undefined);
    await eventually(() => reporting.size === 3);
    await caller.cancel(abort);
    await eventually(async () => (await cancelled()) === before + 3, { what: 'three cancelled calls' });
    abort.abort();
    await call;
  });

  test('sees progress that only grows', async () => {
    verifies('FAM-04', 'GW-05');
    await using caller = await open(era);
    reporting.clear();
    const seen: string[] = [];
    const abort = new AbortController();
    const call = caller
      .callTool('kubernetes_report', args('*'), {
        signal: abort.signal,
        meta: '"progressToken":"mine"',
        onMessage: (message) => seen.push(memberText(message, 'params') ?? ''),
      })
      .catch(() => undefined);
    await eventually(() => reporting.size === 3);
    const report = (name: string, progress: string): void => {
      const request = reporting.get(name);
      const token = memberText(request?.params ?? '', '_meta', 'progressToken');
      request?.send(
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},${progress}}}`,
      );
    };
    report('a', '"progress":50,"total":100,"message":"half"');
    await eventually(() => seen.length === 1);
    report('a', '"progress":50,"total":100,"message":"the same"');
    report('b', '"progress":1');
    await eventually(() => seen.length === 2);
    report('c', '"progress":200,"total":100');
    await eventually(() => seen.length === 3);
    expect(seen).toEqual([
      '{"progressToken":"mine","progress":0.5,"total":3,"message":"a: half"}',
      '{"progressToken":"mine","progress":1,"total":3,"message":"b"}',
      '{"progressToken":"mine","progress":1.99,"total":3,"message":"c"}',
    ]);
    await caller.cancel(abort);
    abort.abort();
    await call;
  });

  test('learns that a member would have to ask', async () => {
    verifies('FAM-04');
    await using caller = await open(era);
    const result = await caller.callTool('kubernetes_ask', args('*'));
    const error = memberText(result, 'structuredContent', 'instances', 'b', 'error');
    expect(error).toBeDefined();
  });

  test('may still name one member', async () => {
    verifies('FAM-04');
    await using caller = await open(era);
    const result = await caller.callTool('kubernetes_fine', args('b'));
    expect(memberText(result, 'structuredContent')).toBe(ODD);
  });
});

test('every member is counted under its own name', async () => {
  verifies('FAM-04', 'GW-23');
  const ofB = 'server="b",tool="fine"';
  const before = await metric(world.gateway, CALLS, ofB);
  await using caller = await open('modern');
  await caller.callTool('kubernetes_fine', args('*'));
  expect(await metric(world.gateway, CALLS, ofB)).toBe(before + 1);
  const text = await (await fetch(`${world.gateway.url}/metrics`)).text();
  expect(text).not.toContain('kubernetes');
});

test('as long as one member does not take part, no call goes to all, and that is said', async () => {
  verifies('FAM-04');
  await world.join('d', { tools: LIST, script: script('d') });
  await eventually(
    async () => JSON.stringify(members((await world.tools()).get('kubernetes_fine'))) === '["a","b","c","d"]',
  );
  expect(await world.problems()).toEqual([
    'family kubernetes: `fanOut` is not set on d, so no call goes to all; set it on every member',
  ]);
  await using caller = await open('modern');
  expect(await caller.callTool('kubernetes_fine', args('*'))).toContain('is not available on server');
});
