// What servers say of tasks, byte for byte, and what they say without being asked: servers that say exactly what the test
// tells them to, between clients of both eras.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ODD_NUMBERS, ODD_OBJECT } from '../programs/fixture/vendor.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { verifies } from '../verifies.ts';
import { startScriptedServer, type Request, type ScriptedServer } from './scripted-server.ts';
import { openTasks } from './task-client.ts';

const ERAS = ['legacy', 'modern'] as const;
type Era = (typeof ERAS)[number];
const PAIRS = ERAS.flatMap((client) => ERAS.map((server) => ({ client, server })));

const TIMES = '"createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z"';
const VENDOR = `"x-vendor":${ODD_OBJECT}`;
const CONTENT = `"content":[],"structuredContent":{"numbers": ${ODD_NUMBERS}}`;
const TOOLS = '[{"name":"job","inputSchema":{"type":"object"},"execution":{"taskSupport":"optional"}}]';
const RELATED = 'io.modelcontextprotocol/related-task';

/** The server's id of the n-th task, as it spells it, and what that means. */
const ids = [0, 1, 2, 3].map((n) => ({ spelt: `"t\\u0061sk/é ${n}"`, text: `task/é ${n}` }));

let gateway: Gateway;
const servers = new Map<Era, ScriptedServer>();
const stack = new AsyncDisposableStack();
let script: (era: Era, request: Request) => string | undefined | Promise<string | undefined>;

beforeAll(async () => {
  for (const era of ERAS) {
    const answer = (request: Request): string | undefined | Promise<string | undefined> =>
      script(era, request);
    servers.set(era, stack.use(await startScriptedServer(era, TOOLS, answer)));
  }
  const entries = [...servers].map(([era, { url }]) => [era, { type: 'http', url }] as const);
  gateway = stack.use(await startGateway({ servers: Object.fromEntries(entries) }));
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

function server(era: Era): ScriptedServer {
  const found = servers.get(era);
  if (found === undefined) throw new Error(`no ${era} server`);
  return found;
}

/** A task object of the era without its id. */
function task(era: Era, status: string): string {
  const [ttl, poll] = era === 'legacy' ? ['ttl', 'pollInterval'] : ['ttlMs', 'pollIntervalMs'];
  return `"status":"${status}",${TIMES},"${ttl}":null,"${poll}":50,${VENDOR}`;
}

/** A server whose every call becomes a task, each with the next id, which is over at once. */
beforeEach(() => {
  let last = -1;
  script = (era, { method, params }) => {
    const id = memberText(params, 'taskId') ?? '';
    const done = `{"resultType":"complete","taskId":${id},${task(era, 'completed')}`;
    switch (method) {
      case 'tools/call': {
        const next = ids[++last]?.spelt ?? '"no more"';
        const meta = `"_meta":{"io.modelcontextprotocol/model-immediate-response":"soon","n":${ODD_NUMBERS}}`;
        return era === 'legacy'
          ? `{"task":{"taskId":${next},${task(era, 'working')}},${meta}}`
          : `{"resultType":"task","taskId":${next},${task(era, 'working')},${meta}}`;
      }
      case 'tasks/get':
        return era === 'legacy'
          ? `{"taskId":${id},${task(era, 'completed')}}`
          : `${done},"result":{${CONTENT},"_meta":{"v":${ODD_NUMBERS}}}}`;
      case 'tasks/result':
        return `{${CONTENT},"_meta":{"v":${ODD_NUMBERS},"${RELATED}":{"taskId":${id}}}}`;
      default:
        return '{"error":{"code":-32601,"message":"not scripted"}}';
    }
  };
});

function open(client: Era, on: Era, more: Partial<Parameters<typeof openTasks>[1]> = {}) {
  return openTasks(client, { url: gateway.serverUrl(on), ...more });
}

describe.each(PAIRS)('$client client, $server server', ({ client, server: on }) => {
  test('tasks and results pass byte for byte', async () => {
    verifies('GW-04', 'GW-05');
    await using tasks = await open(client, on);
    const created = await tasks.start('job');
    expect(memberText(created.task, 'x-vendor')).toBe(ODD_OBJECT);
    const got = (await tasks.get(created.id)).result ?? '';
    expect(memberText(got, 'x-vendor')).toBe(ODD_OBJECT);
    expect(memberText(got, 'taskId')).toBe(created.id);
    expect(memberText(got, client === 'legacy' ? 'ttl' : 'ttlMs')).toBe('null');
    expect(memberText(got, client === 'legacy' ? 'pollInterval' : 'pollIntervalMs')).toBe('50');
    const { result = '' } = await tasks.end(created.id);
    expect(memberText(result, 'structuredContent')).toBe(`{"numbers": ${ODD_NUMBERS}}`);
    expect(memberText(result, '_meta', 'v')).toBe(ODD_NUMBERS);
    expect(memberText(result, '_meta', RELATED, 'taskId')).toBe(client === 'legacy' ? created.id : undefined);
    // The server saw its own ids, and in the new era the header that says so.
    for (const { method, params, headers } of server(on).requests) {
      if (!method.startsWith('tasks/')) continue;
      const id = String(JSON.parse(memberText(params, 'taskId') ?? '""'));
      expect(ids.map(({ text }) => text)).toContain(id);
      const encoded = `=?base64?${Buffer.from(id).toString('base64')}?=`;
      expect(headers['mcp-name']).toBe(on === 'modern' ? encoded : undefined);
    }
  });

  test('trace context and other members of _meta reach the server', async () => {
    verifies('GW-05');
    await using tasks = await open(client, on);
    const { id } = await tasks.start('job');
    const before = server(on).requests.length;
    const trace = '"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"';
    await tasks.request('tasks/get', `{"taskId":${id}}`, trace);
    const seen = server(on)
      .requests.slice(before)
      .filter(({ method }) => method.startsWith('tasks/'));
    expect(seen.length).toBeGreaterThan(0);
    for (const { params } of seen) expect(memberText(params, '_meta')).toContain(trace);
  });

  test('what the server tells of a task reaches those whose it is', async () => {
    verifies('GW-05');
    const heard: string[] = [];
    const others: string[] = [];
    await using tasks = await open(client, on);
    await using other = await open(client, on, { token: gateway.token });
    const { id } = await tasks.start('job');
    const theirs = await other.start('job');
    await using _ = await tasks.listen([id, theirs.id, '"forged"'], (message) => heard.push(message));
    await using __ = await other.listen([theirs.id], (message) => others.push(message));
    if (client === 'modern') {
      const accepted = memberText(heard[0] ?? '', 'params', 'notifications', 'taskIds');
      expect(accepted).toBe(`[${id}]`);
    }
    if (on === 'modern') {
      await eventually(() => {
        const listen = server(on).requests.findLast(({ method }) => method === 'subscriptions/listen');
        const wanted: unknown = JSON.parse(
          memberText(listen?.params ?? '', 'notifications', 'taskIds') ?? '[]',
        );
        return Array.isArray(wanted) && wanted.includes(ids[0]?.text) && wanted.includes(ids[1]?.text);
      });
    }
    const inlined = on === 'modern' ? `,"result":{${CONTENT}}` : '';
    const method = on === 'modern' ? 'notifications/tasks' : 'notifications/tasks/status';
    await eventually(() => {
      const told = heard.findLast((message) => message.includes('notifications/tasks'));
      if (told !== undefined) return true;
      server(on).broadcast(
        `{"jsonrpc":"2.0","method":"${method}","params":{"taskId":${ids[0]?.spelt},${task(on, 'completed')}${inlined}}}`,
      );
      return false;
    });
    const told = heard.find((message) => message.includes('notifications/tasks')) ?? '';
    expect(memberText(told, 'method')).toBe(
      client === 'modern' ? '"notifications/tasks"' : '"notifications/tasks/status"',
    );
    expect(memberText(told, 'params', 'taskId')).toBe(id);
    expect(memberText(told, 'params', 'status')).toBe('"completed"');
    expect(memberText(told, 'params', 'x-vendor')).toBe(ODD_OBJECT);
    const content = memberText(told, 'params', 'result', 'structuredContent');
    expect(content).toBe(client === 'modern' ? `{"numbers": ${ODD_NUMBERS}}` : undefined);
    expect(others.filter((message) => message.includes('notifications/tasks'))).toEqual([]);
  });
});

describe.each(ERAS)('%s client, legacy server', (client) => {
  test('a question goes to the client of the task that it names, whatever else is in flight', async () => {
    verifies('GW-03', 'GW-05');
    const asked: string[] = [];
    const others: string[] = [];
    const stop = Promise.withResolvers<string>();
    const scripted = script;
    script = (era, request) => {
      if (request.params.includes('"wait"')) return stop.promise;
      if (request.method !== 'tasks/get') return scripted(era, request);
      return `{"taskId":${memberText(request.params, 'taskId')},${task(era, 'working')}}`;
    };
    const answer = (_method: string, params: string): string => {
      asked.push(params);
      return `{"action":"accept","content":{"n":${ODD_NUMBERS}}}`;
    };
    await using tasks = await open(client, 'legacy', { answer });
    await using other = await open('legacy', 'legacy', { onMessage: (message) => others.push(message) });
    const waiting = other.request('tools/call', '{"name":"job","arguments":{"wait":true}}');
    const { id } = await tasks.start('job');
    const listening = client === 'legacy' ? await tasks.listen([], () => {}) : undefined;
    const before = server('legacy').answers.length;
    const meta = `"_meta":{"v":1,"${RELATED}":{"taskId":${ids[0]?.spelt}}}`;
    const schema = '"requestedSchema":{"type":"object","properties":{}}';
    server('legacy').broadcast(
      `{"jsonrpc":"2.0","id":"ask-${client}","method":"elicitation/create","params":{"message":"?",${schema},${meta}}}`,
    );
    if (client === 'modern') {
      // It comes with the task, though the server did not say that the task waits.
      await eventually(async () => {
        const { result = '' } = await tasks.get(id);
        const inputs = memberText(result, 'inputRequests') ?? '{}';
        const [key] = Object.keys(Object(JSON.parse(inputs)));
        if (key === undefined) return false;
        expect(memberText(result, 'status')).toBe('"input_required"');
        const response = answer('elicitation/create', memberText(inputs, key, 'params') ?? '');
        await tasks.request('tasks/update', `{"taskId":${id},"inputResponses":{"${key}":${response}}}`);
        return true;
      });
    }
    const given = await eventually(() => server('legacy').answers[before]);
    expect(memberText(given, 'id')).toBe(`"ask-${client}"`);
    expect(memberText(given, 'result', 'content')).toBe(`{"n":${ODD_NUMBERS}}`);
    const named = memberText(given, 'result', '_meta', RELATED, 'taskId') ?? '""';
    expect(JSON.parse(named)).toBe(ids[0]?.text);
    expect(memberText(asked[0] ?? '', '_meta', 'v')).toBe('1');
    expect(memberText(asked[0] ?? '', '_meta', RELATED, 'taskId')).toBe(client === 'legacy' ? id : undefined);
    expect(others).toEqual([]);
    stop.resolve('{"content":[]}');
    await waiting;
    await listening?.[Symbol.asyncDispose]();
    const status = (await gateway.servers()).find(({ name }) => name === 'legacy')?.status;
    expect(status?.conditions.find(({ type }) => type === 'Interactive')?.status).toBe('False');
  });
});

test('a question for a client that is gone is answered at once', async () => {
  verifies('GW-05', 'SES-04');
  const tasks = await open('legacy', 'legacy');
  await tasks.start('job');
  await tasks[Symbol.asyncDispose]();
  const before = server('legacy').answers.length;
  await eventually(() => server('legacy').streams > 0);
  const meta = `"_meta":{"${RELATED}":{"taskId":${ids[0]?.spelt}}}`;
  server('legacy').broadcast(
    `{"jsonrpc":"2.0","id":"late","method":"elicitation/create","params":{"message":"?",${meta}}}`,
  );
  const given = await eventually(() => server('legacy').answers[before]);
  expect(memberText(given, 'error', 'message')).toContain('gone');
});

test('a legacy client is asked once, however often the server is polled meanwhile', async () => {
  verifies('GW-03', 'GW-05');
  const scripted = script;
  let polls = 0;
  const updates: string[] = [];
  script = (era, request) => {
    const { method, params } = request;
    if (method === 'tasks/update') {
      updates.push(memberText(params, 'inputResponses') ?? '');
      return '{"resultType":"complete"}';
    }
    if (method !== 'tasks/get' || updates.length > 0) return scripted(era, request);
    polls += 1;
    const input =
      '{"method":"elicitation/create","params":{"message":"?","requestedSchema":{"type":"object"}}}';
    const id = memberText(params, 'taskId');
    return `{"resultType":"complete","taskId":${id},${task(era, 'input_required')},"inputRequests":{"k":${input}}}`;
  };
  let asked = 0;
  const answer = async (): Promise<string> => {
    asked += 1;
    const before = polls;
    await eventually(() => polls >= before + 2, { what: 'more polls' });
    return `{"action":"accept","content":{"n":${ODD_NUMBERS}}}`;
  };
  await using tasks = await open('legacy', 'modern', { answer });
  const { id } = await tasks.start('job');
  expect((await tasks.end(id)).result).toContain('structuredContent');
  expect(asked).toBe(1);
  // Without the naming of the task, which the new era does not have.
  expect(updates).toEqual([`{"k":{"action":"accept","content":{"n":${ODD_NUMBERS}}}}`]);
});

test('what comes on a stream that the gateway opened is told to no call', async () => {
  verifies('GW-05');
  const stop = Promise.withResolvers<string>();
  const scripted = script;
  script = (era, request) => (request.params.includes('"wait"') ? stop.promise : scripted(era, request));
  const heard: string[] = [];
  await using tasks = await open('legacy', 'modern', { onMessage: (message) => heard.push(message) });
  const waiting = tasks.request('tools/call', '{"name":"job","arguments":{"wait":true}}');
  const listens = (): number =>
    server('modern').requests.filter(({ method }) => method === 'subscriptions/listen').length;
  const before = listens();
  await tasks.start('job');
  await eventually(() => listens() > before, { what: 'the gateway to listen' });
  // A log of the waiting call comes after whatever else was on its way.
  const call = server('modern').requests.find(({ params }) => params.includes('"wait"'));
  call?.send('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"last"}}');
  await eventually(() => heard.some((message) => message.includes('last')));
  stop.resolve('{"resultType":"complete","content":[]}');
  await waiting;
  expect(heard).toHaveLength(1);
});

test('progress and logs of a task go on after the call that made it', async () => {
  verifies('GW-05');
  const heard: string[] = [];
  await using tasks = await open('legacy', 'legacy');
  await using _ = await tasks.listen([], (message) => heard.push(message));
  const { id } = await tasks.start('job', '{}', ',"_meta":{"progressToken":"my token"}');
  const call = server('legacy').requests.findLast(({ method }) => method === 'tools/call');
  const token = memberText(call?.params ?? '', '_meta', 'progressToken');
  expect(token).not.toBe('"my token"');
  const meta = `"_meta":{"${RELATED}":{"taskId":${ids[0]?.spelt}}}`;
  const send = (method: string, params: string): void =>
    server('legacy').broadcast(`{"jsonrpc":"2.0","method":"${method}","params":{${params},${meta}}}`);
  await eventually(() => server('legacy').streams > 0);
  send('notifications/progress', `"progressToken":${token},"progress":1e400`);
  send('notifications/progress', '"progressToken":"another","progress":2');
  send('notifications/message', '"level":"info","data":"hello"');
  const log = await eventually(() => heard.find((message) => message.includes('hello')));
  expect(memberText(log, 'params', '_meta', RELATED, 'taskId')).toBe(id);
  const progress = heard.filter((message) => message.includes('notifications/progress'));
  expect(progress.map((message) => memberText(message, 'params', 'progress'))).toEqual(['1e400']);
  expect(memberText(progress[0] ?? '', 'params', 'progressToken')).toBe('"my token"');
  expect(memberText(progress[0] ?? '', 'params', '_meta', RELATED, 'taskId')).toBe(id);
});

test.each(ERAS)('a task without an id that can be used is the %s server’s fault', async (era) => {
  verifies('GW-05');
  const long = JSON.stringify('x'.repeat(5_000));
  for (const id of ['1', 'null', long]) {
    script = () =>
      era === 'legacy'
        ? `{"task":{"taskId":${id},${task(era, 'working')}}}`
        : `{"resultType":"task","taskId":${id},${task(era, 'working')}}`;
    await using tasks = await open(era, era);
    const params = era === 'legacy' ? '{"name":"job","task":{}}' : '{"name":"job"}';
    const { error } = await tasks.request('tools/call', params);
    expect(memberText(error ?? '', 'code')).toBe('-32008');
  }
});
