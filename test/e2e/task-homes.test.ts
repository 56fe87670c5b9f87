// Where tasks live: the processes and sessions that alone know them, and what is in flight there beside them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand } from '../support/fixture.ts';
import { startGateway } from '../support/gateway.ts';
import { memberText } from '../support/json-text.ts';
import { verifies } from '../verifies.ts';
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

test('a process that ended takes its tasks with it', async () => {
  verifies('GW-05');
  await using own = await startGateway({ servers: { old: fixtureCommand('legacy') } });
  await using tasks = await openTasks('modern', { url: own.serverUrl('old') });
  const { id } = await tasks.start('slow_compute', '{"seconds":600}');
  await tasks.request('tools/call', '{"name":"crash","arguments":{}}').catch(() => undefined);
  // Until the next process is there, the server is not.
  await eventually(async () => memberText((await tasks.get(id)).error ?? '', 'code') === '-32602', {
    what: 'the task to be unknown',
  });
  expect((await tasks.start('slow_compute', '{"seconds":0}')).id).not.toBe(id);
});
