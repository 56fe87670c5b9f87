// Where tasks live: the processes and sessions that alone know them, and what is in flight there beside them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand } from '../support/fixture.ts';
import { startGateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { verifies } from '../verifies.ts';
import { startScriptedServer } from './scripted-server.ts';
import { openTasks, type TaskClient } from './task-client.ts';

test('whoever waits for the result of a task does not make calls of others look like it', async () => {
  verifies('GW-03', 'GW-05');
  await using own = await startGateway({ servers: { old: fixtureCommand('legacy') } });
  const url = own.serverUrl('old');
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<string>();
  const answer = (): Promise<string> => {
    asked.resolve();
    return answered.promise;
  };
  await using tasks = await openTasks('legacy', { url, answer });
  const other = await openTasks('legacy', {
    url,
    answer: () => '{"action":"accept","content":{"value":"x"}}',
  });
  const { id } = await tasks.start('confirm_delete', '{"filename":"f"}');
  const waiting = tasks.end(id);
  await asked.promise;
  const call = await other.request('tools/call', '{"name":"ask_elicitation","arguments":{}}');
  expect(memberText(call.result ?? '', 'structuredContent', 'asked', 'content', 'value')).toBe('"x"');
  answered.resolve('{"action":"accept","content":{"confirm":true}}');
  expect(memberText((await waiting).result ?? '', 'content', 0, 'text')).toBe('"Deleted f"');
  const [server] = await own.servers();
  expect(server?.status.conditions.find(({ type }) => type === 'Interactive')?.status).toBe('False');
});

describe('instances of their own', () => {
  const own = new AsyncDisposableStack();
  let url = '';
  beforeAll(async () => {
    const { command, args } = fixtureCommand('legacy');
    const spec = JSON.stringify({ type: 'stdio', command, args, isolation: 'session' });
    const text = `apiVersion: tutti.dev/v1alpha1\nkind: MCPServer\nmetadata:\n  name: own\nspec: ${spec}\n`;
    const started = await startGateway({ files: { 'own.yaml': text }, waitFor: ['own'] });
    url = own.use(started).serverUrl('own');
  }, 120_000);
  afterAll(() => own.disposeAsync(), 60_000);

  test('a task stays on the instance of its session, and ends with it', async () => {
    verifies('GW-05', 'SES-04');
    await using other = await openTasks('legacy', { url });
    await using tasks = await openTasks('legacy', { url });
    const mine = await tasks.start('slow_compute', '{"seconds":600}');
    const theirs = await other.start('slow_compute', '{"seconds":600}');
    const status = async (client: TaskClient, id: string): Promise<string | undefined> =>
      memberText((await client.get(id)).result ?? '{}', 'status');
    expect(await status(tasks, mine.id)).toBe('"working"');
    // One principal, so it finds both; each is asked where it is.
    expect(await status(tasks, theirs.id)).toBe('"working"');
    expect((await tasks.list()).map((text) => memberText(text, 'taskId'))).toEqual(
      expect.arrayContaining([mine.id, theirs.id]),
    );
    await tasks[Symbol.asyncDispose]();
    await eventually(async () => memberText((await other.get(mine.id)).error ?? '', 'code') === '-32602', {
      what: 'the task to be gone with its session',
    });
    expect(await status(other, theirs.id)).toBe('"working"');
  });

  test('a modern client, whose calls have no session, finds its task again', async () => {
    verifies('GW-03', 'GW-05');
    const answer = (): string => '{"action":"accept","content":{"confirm":true}}';
    await using tasks = await openTasks('modern', { url, answer });
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((name) => tasks.start('confirm_delete', `{"filename":"${name}"}`)),
    );
    const ends = await Promise.all(ids.map(({ id }) => tasks.end(id)));
    const texts = ends.map(({ result }) => memberText(result ?? '', 'content', 0, 'text'));
    expect(texts).toEqual(['"Deleted a"', '"Deleted b"', '"Deleted c"']);
  });
});

/** A server of the old era on a pipe that counts its tasks from one, and ends when it is told to. */
const COUNTING = `
  let tasks = 0;
  const capabilities = { tools: {}, tasks: { requests: { tools: { call: {} } } } };
  const tool = { name: 'job', inputSchema: { type: 'object' }, execution: { taskSupport: 'optional' } };
  const task = (taskId) => ({ taskId, status: 'working', createdAt: '', lastUpdatedAt: '', ttl: null });
  const answers = {
    initialize: () => ({ protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'n', version: '1' } }),
    'tools/list': () => ({ tools: [tool] }),
    'tools/call': (params) => (params.arguments?.end ? process.exit(1) : { task: task(String(++tasks)) }),
    'tasks/get': (params) => task(params.taskId),
    ping: () => ({}),
  };
  require('node:readline').createInterface(process.stdin).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const result = answers[method]?.(params);
    const outcome = result === undefined ? { error: { code: -32601, message: 'no' } } : { result };
    console.log(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
  });
`;

test('a process takes its tasks with it, and the next one’s are others, whatever their ids', async () => {
  verifies('GW-05');
  const server = { command: process.execPath, args: ['-e', COUNTING] };
  await using own = await startGateway({ servers: { own: server } });
  const url = own.serverUrl('own');
  await using tasks = await openTasks('modern', { url });
  await using other = await openTasks('modern', { url, token: own.token });
  const { id } = await tasks.start('job');
  expect(memberText((await tasks.get(id)).result ?? '', 'taskId')).toBe(id);
  await tasks.request('tools/call', '{"name":"job","arguments":{"end":true}}');
  // Until the next process is there, the server is not.
  const theirs = await eventually(() => other.start('job'));
  expect(memberText((await other.get(theirs.id)).result ?? '', 'taskId')).toBe(theirs.id);
  expect(memberText((await tasks.get(id)).error ?? '', 'code')).toBe('-32602');
});

test('an id that a server uses again, for another task, is not the old one’s', async () => {
  verifies('GW-05');
  const tool = '[{"name":"job","inputSchema":{"type":"object"},"execution":{"taskSupport":"optional"}}]';
  const text = '{"taskId":"1","status":"working","createdAt":"","lastUpdatedAt":"","ttl":null}';
  await using server = await startScriptedServer('legacy', tool, ({ method }) =>
    method === 'tools/call' ? `{"task":${text}}` : text,
  );
  await using own = await startGateway({ servers: { own: { type: 'http', url: server.url } } });
  const url = own.serverUrl('own');
  await using tasks = await openTasks('legacy', { url });
  await using other = await openTasks('legacy', { url, token: own.token });
  const { id } = await tasks.start('job');
  expect(memberText((await tasks.get(id)).result ?? '', 'taskId')).toBe(id);
  server.forgetSession();
  // The first calls find the session gone; then there is a new one.
  const theirs = await eventually(() => other.start('job'));
  expect(memberText((await other.get(theirs.id)).result ?? '', 'taskId')).toBe(theirs.id);
  expect(memberText((await tasks.get(id)).error ?? '', 'code')).toBe('-32602');
});
