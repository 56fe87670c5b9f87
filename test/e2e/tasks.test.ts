// Tasks through the gateway: every pairing of eras, over both transports, on the route to one server and federated.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, type RawAnswer } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import { openTasks, type TaskClient, type TaskClientOptions } from './task-client.ts';

const SERVERS = ['old-stdio', 'old-http', 'new-stdio', 'new-http'] as const;
const CLIENTS = ['legacy', 'modern'] as const;
const ROUTES = ['one server', 'federated'] as const;

let gateway: Gateway;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  gateway = stack.use(
    await startGateway({
      servers: {
        'old-stdio': fixtureCommand('legacy'),
        'new-stdio': fixtureCommand('modern'),
        'old-http': { type: 'http', url: stack.use(await startHttpFixture('legacy')).url },
        'new-http': { type: 'http', url: stack.use(await startHttpFixture('modern')).url },
      },
    }),
  );
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

const cells = CLIENTS.flatMap((client) =>
  SERVERS.flatMap((server) => ROUTES.map((route) => ({ client, server, route }))),
);

function endpoint(server: string, route: (typeof ROUTES)[number]): TaskClientOptions {
  if (route === 'one server') return { url: gateway.serverUrl(server) };
  return { url: gateway.mcpUrl, prefix: `${server}_` };
}

describe.each(cells)('$client client, $server, $route', ({ client, server, route }) => {
  const open = (options: Partial<TaskClientOptions> = {}): Promise<TaskClient> =>
    openTasks(client, { ...endpoint(server, route), ...options });

  test('a task runs to its end, in the form of the client’s era', async () => {
    verifies('GW-03', 'GW-05');
    await using tasks = await open();
    const created = await tasks.start('slow_compute', '{"seconds":0.2,"label":"é"}');
    const members = Object.keys(Object(JSON.parse(created.task)));
    if (client === 'legacy') {
      expect(members).toEqual(
        expect.arrayContaining(['taskId', 'status', 'createdAt', 'lastUpdatedAt', 'ttl']),
      );
      expect(members).not.toContain('ttlMs');
      expect(members).not.toContain('resultType');
    } else {
      expect(memberText(created.task, 'resultType')).toBe('"task"');
      expect(members).toEqual(
        expect.arrayContaining(['taskId', 'status', 'createdAt', 'lastUpdatedAt', 'ttlMs']),
      );
      expect(members).not.toContain('ttl');
      expect(members).not.toContain('task');
    }
    expect(memberText(created.task, 'status')).toBe('"working"');
    const { result } = await tasks.end(created.id);
    expect(memberText(result ?? '', 'content', 0, 'text')).toBe('"computed é"');
    const related = memberText(result ?? '', '_meta', 'io.modelcontextprotocol/related-task');
    expect(related).toBe(client === 'legacy' ? `{"taskId":${created.id}}` : undefined);
    // The handle stays the same.
    expect(memberText((await tasks.get(created.id)).result ?? '', 'taskId')).toBe(created.id);
  });

  test('a tool that fails and a call that fails', async () => {
    verifies('GW-05');
    await using tasks = await open();
    const failing = await tasks.start('failing_job');
    const tool = await tasks.end(failing.id);
    expect(memberText(tool.result ?? '', 'isError')).toBe('true');
    expect(memberText(tool.result ?? '', 'content', 0, 'text')).toBe('"the job failed"');
    const broken = await tasks.start('protocol_error_job');
    const { error } = await tasks.end(broken.id);
    expect(memberText(error ?? '', 'code')).toBe('-32603');
    expect(memberText(error ?? '', 'message')).toContain('the job broke');
    expect(memberText((await tasks.get(broken.id)).result ?? '', 'status')).toBe('"failed"');
  });

  test('a task asks its client, and both answers arrive', async () => {
    verifies('GW-03', 'GW-05');
    const asked: string[] = [];
    await using tasks = await open({
      answer: (_method, params) => {
        asked.push(params);
        const which = memberText(params, 'message')?.includes('first') === true ? 'Ada' : 'Bo';
        return `{"action":"accept","content":{"name":"${which}"}}`;
      },
    });
    const created = await tasks.start('multi_input');
    const { result } = await tasks.end(created.id);
    expect(memberText(result ?? '', 'content', 0, 'text')).toBe('"Ada and Bo"');
    expect(asked).toHaveLength(2);
    for (const params of asked) {
      const related = memberText(params, '_meta', 'io.modelcontextprotocol/related-task', 'taskId');
      expect(related).toBe(client === 'legacy' ? created.id : undefined);
    }
  });

  test('a task is cancelled', async () => {
    verifies('GW-05');
    await using tasks = await open();
    const { id } = await tasks.start('slow_compute', '{"seconds":600}');
    const cancelled = await tasks.request('tasks/cancel', `{"taskId":${id}}`);
    if (client === 'legacy') expect(memberText(cancelled.result ?? '', 'status')).toBe('"cancelled"');
    else expect(cancelled.result).toContain('"resultType":"complete"');
    expect(memberText((await tasks.get(id)).result ?? '', 'status')).toBe('"cancelled"');
    // The old era refuses to cancel what is over, the new one acknowledges it.
    const again = await tasks.request('tasks/cancel', `{"taskId":${id}}`);
    if (client === 'legacy') expect(memberText(again.error ?? '', 'code')).toBe('-32602');
    else expect(memberText(again.result ?? '', 'resultType')).toBe('"complete"');
  });

  test('a handle is good for nobody else, on no other route, and not in parts', async () => {
    verifies('GW-05');
    await using tasks = await open();
    await using other = await open({ token: gateway.token });
    const { id } = await tasks.start('slow_compute', '{"seconds":600}');
    const handle = String(JSON.parse(id));
    const refused = async (by: TaskClient, taskId: string): Promise<void> => {
      for (const method of [
        'tasks/get',
        'tasks/cancel',
        client === 'legacy' ? 'tasks/result' : 'tasks/update',
      ]) {
        const more = method === 'tasks/update' ? ',"inputResponses":{}' : '';
        const { error } = await by.request(method, `{"taskId":${JSON.stringify(taskId)}${more}}`);
        expect(memberText(error ?? '', 'code'), `${method} ${taskId}`).toBe('-32602');
      }
    };
    await refused(other, handle);
    await refused(tasks, `${handle}x`);
    await refused(tasks, handle.slice(0, -1));
    const [, encoded = ''] = /\.([^.]+)\.[^.]+$/.exec(handle) ?? [];
    await refused(tasks, /"(.+)"/.exec(Buffer.from(encoded, 'base64url').toString())?.[1] ?? 'no id');
    if (route === 'one server') {
      const elsewhere = server === 'old-http' ? 'new-http' : 'old-http';
      await using wrong = await open({ url: gateway.serverUrl(elsewhere) });
      await refused(wrong, handle);
    }
    await tasks.request('tasks/cancel', `{"taskId":${id}}`);
  });

  test('tasks are declared', async () => {
    verifies('GW-05');
    await using tasks = await open();
    const capabilities = await tasks.serverCapabilities();
    if (client === 'legacy')
      expect(memberText(capabilities, 'tasks', 'requests', 'tools', 'call')).toBe('{}');
    else expect(memberText(capabilities, 'extensions', 'io.modelcontextprotocol/tasks')).toBe('{}');
  });
});

const routes = SERVERS.flatMap((server) => ROUTES.map((route) => ({ server, route })));

describe.each(routes)('legacy client, $server, $route', ({ server, route }) => {
  const open = (options: Partial<TaskClientOptions> = {}): Promise<TaskClient> =>
    openTasks('legacy', { ...endpoint(server, route), ...options });

  test('the list shows a principal its own tasks', async () => {
    verifies('GW-05');
    await using tasks = await open();
    await using other = await open({ token: gateway.token });
    const { id } = await tasks.start('slow_compute', '{"seconds":600}');
    const theirs = await other.start('slow_compute', '{"seconds":600}');
    // The same task would have the same handle but for the MAC at its end.
    const serverId = (taskId: string): string => taskId.slice(0, taskId.lastIndexOf('.'));
    const status = async (client: TaskClient, taskId: string): Promise<string | undefined> => {
      for (const text of await client.list())
        if (serverId(memberText(text, 'taskId') ?? '') === serverId(taskId))
          return memberText(text, 'status');
      return undefined;
    };
    expect(await status(tasks, id)).toBe('"working"');
    expect(await status(tasks, theirs.id)).toBeUndefined();
    expect(await status(other, theirs.id)).toBe('"working"');
    expect(await status(other, id)).toBeUndefined();
    await tasks.request('tasks/cancel', `{"taskId":${id}}`);
    await other.request('tasks/cancel', `{"taskId":${theirs.id}}`);
    expect(await status(tasks, id)).toBe('"cancelled"');
    const bad = await tasks.request('tasks/list', '{"cursor":"not one of ours"}');
    expect(memberText(bad.error ?? '', 'code')).toBe('-32602');
  });
});

describe.each(SERVERS)('%s, without asking for tasks', (server) => {
  const code = ({ error }: RawAnswer): string | undefined => memberText(error ?? '', 'code');

  test('a modern client that does not declare the extension', async () => {
    verifies('GW-05');
    const url = gateway.serverUrl(server);
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      const answer = await modernRequest(url, method, '{"taskId":"x","inputResponses":{}}');
      expect(code(answer)).toBe('-32021');
      expect(answer.status).toBe(400);
      const required = memberText(answer.error ?? '', 'data', 'requiredCapabilities', 'extensions');
      expect(required).toBe('{"io.modelcontextprotocol/tasks":{}}');
    }
    const listen = await modernRequest(url, 'subscriptions/listen', '{"notifications":{"taskIds":["x"]}}');
    expect(code(listen)).toBe('-32021');
    const plain = await modernRequest(url, 'tools/call', '{"name":"slow_compute","arguments":{"seconds":0}}');
    expect(memberText(plain.result ?? '', 'resultType')).toBe('"complete"');
    // What cannot run without a task is refused, and the client hears what it should have declared.
    const required = await modernRequest(url, 'tools/call', '{"name":"failing_job","arguments":{}}');
    expect(code(required)).toBe('-32021');
    expect(required.status).toBe(400);
    // The hint of the old era means nothing.
    const hinted = '{"name":"greet","arguments":{"name":"x"},"task":{"ttl":60000}}';
    const tasks = { capabilities: '{"extensions":{"io.modelcontextprotocol/tasks":{}}}' };
    const greeted = await modernRequest(url, 'tools/call', hinted, tasks);
    expect(memberText(greeted.result ?? '', 'content', 0, 'text')).toBe('"Hello, x!"');
  });

  test('a legacy client that does not ask for a task', async () => {
    verifies('GW-05');
    const url = gateway.serverUrl(server);
    // Even one that says what only a modern client can say.
    const extensions = '"extensions":{"io.modelcontextprotocol/tasks":{}}';
    await using tasks = await openTasks('legacy', { url, capabilities: `{"elicitation":{},${extensions}}` });
    const call = '{"name":"slow_compute","arguments":{"seconds":0,"label":"x"}}';
    const plain = await tasks.request('tools/call', call);
    expect(memberText(plain.result ?? '', 'content', 0, 'text')).toBe('"computed x"');
    const update = await tasks.request('tasks/update', '{"taskId":"x","inputResponses":{}}');
    expect(code(update)).toBe('-32601');
  });
});

test.each(SERVERS)('%s: two clients’ tasks ask at the same time, each its own client', async (server) => {
  verifies('GW-03', 'GW-05');
  const outcomes = await Promise.all(
    (['legacy', 'modern'] as const).flatMap((era) =>
      [1, 2].map(async (n) => {
        const confirm = n === 1;
        const answer = (): string => `{"action":"accept","content":{"confirm":${confirm}}}`;
        await using tasks = await openTasks(era, { url: gateway.serverUrl(server), answer });
        const { id } = await tasks.start('confirm_delete', `{"filename":"${era}-${n}"}`);
        const { result } = await tasks.end(id);
        return memberText(result ?? '', 'content', 0, 'text');
      }),
    ),
  );
  expect(outcomes).toEqual([
    '"Deleted legacy-1"',
    '"Kept legacy-2"',
    '"Deleted modern-1"',
    '"Kept modern-2"',
  ]);
});

test.each(['new-stdio', 'new-http'])(
  '%s: a result that comes at once is a task that is over',
  async (server) => {
    verifies('GW-05');
    await using tasks = await openTasks('legacy', { url: gateway.serverUrl(server) });
    const { id, task } = await tasks.start('greet', '{"name":"Ada"}');
    expect(memberText(task, 'ttl')).toBe('60000');
    expect(memberText((await tasks.get(id)).result ?? '', 'status')).toBe('"completed"');
    const { result } = await tasks.end(id);
    expect(memberText(result ?? '', 'content', 0, 'text')).toBe('"Hello, Ada!"');
    expect((await tasks.list()).map((text) => memberText(text, 'taskId'))).toContain(id);
    const cancel = await tasks.request('tasks/cancel', `{"taskId":${id}}`);
    expect(memberText(cancel.error ?? '', 'code')).toBe('-32602');
  },
);

test.each(['old-stdio', 'old-http'])('%s: a modern client answers one question at a time', async (server) => {
  verifies('GW-03', 'GW-05');
  await using tasks = await openTasks('modern', { url: gateway.serverUrl(server) });
  const { id } = await tasks.start('multi_input');
  const inputs = async (): Promise<string[]> => {
    const { result = '{}' } = await tasks.get(id);
    expect(memberText(result, 'status')).toBe('"input_required"');
    return Object.keys(Object(JSON.parse(memberText(result, 'inputRequests') ?? '{}')));
  };
  const [first = '', second = ''] = await eventually(async () => {
    const keys = await inputs();
    return keys.length === 2 ? keys : undefined;
  });
  const answer = (key: string, name: string) =>
    tasks.request(
      'tasks/update',
      `{"taskId":${id},"inputResponses":{"${key}":{"action":"accept","content":{"name":"${name}"}},"nobody asked":{}}}`,
    );
  expect((await answer(first, 'Ada')).result).toContain('"resultType":"complete"');
  expect(await inputs()).toEqual([second]);
  // An answer that was given stays.
  await answer(first, 'Eve');
  await answer(second, 'Bo');
  const { result } = await tasks.end(id);
  expect(memberText(result ?? '', 'content', 0, 'text')).toBe('"Ada and Bo"');
});

test.each(SERVERS)('%s: the official SDK of the old era runs a task that asks', async (server) => {
  verifies('GW-02', 'GW-03', 'GW-05');
  const client = new Client({ name: 'sdk-v1', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { confirm: true } }));
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway.serverUrl(server))));
  try {
    const call = { name: 'confirm_delete', arguments: { filename: 'f' } };
    const stream = client.experimental.tasks.callToolStream(call, undefined, { task: { ttl: 60_000 } });
    const seen: string[] = [];
    let content: unknown;
    for await (const message of stream) {
      seen.push(message.type);
      if (message.type === 'result') ({ content } = message.result);
      if (message.type === 'error') throw message.error;
    }
    expect(seen[0]).toBe('taskCreated');
    expect(content).toEqual([{ type: 'text', text: 'Deleted f' }]);
    const { tasks } = await client.experimental.tasks.listTasks();
    expect(tasks.length).toBeGreaterThan(0);
  } finally {
    await client.close();
  }
});
