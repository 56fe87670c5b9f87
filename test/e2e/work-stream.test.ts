// The work of an agent as a stream: what it brings, what ends it, and that a worker which hangs keeps nothing alive by it.

import { connect } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiAgentSchema, ApiTaskSchema } from '@tutti/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import {
  ANNA,
  BERT,
  callerWith,
  KEYS,
  openWork,
  settings,
  startWorkGateway,
  type ApiCaller,
} from './work-world.ts';

let gateway: Gateway;
let anna: ApiCaller;
let bert: ApiCaller;

beforeAll(async () => {
  gateway = await startWorkGateway();
  anna = callerWith(gateway, ANNA);
  bert = callerWith(gateway, BERT);
}, 120_000);
afterAll(() => gateway.close(), 60_000);

let lastId = 0;
async function anAgent(more: object = {}): Promise<string> {
  const id = `agent-${(lastId += 1)}`;
  expect((await anna('POST', '/agents', { id, capabilities: [id], ...more })).status).toBe(200);
  return id;
}

async function aTask(agentId: string, more: object = {}): Promise<string> {
  const task = { description: 'work', required_capabilities: [agentId], ...more };
  return ApiTaskSchema.parse((await bert('POST', '/tasks', task)).body).id;
}

test('brings work as long as there are slots, and says what was lost', async () => {
  verifies('OPS-04', 'TSK-07');
  const agent = await anAgent();
  await using work = await openWork(gateway, `/agents/${agent}/work?slots=2`, ANNA);
  const ids = [await aTask(agent, { payload: 1 }), await aTask(agent), await aTask(agent)];
  await eventually(() => work.tasks.length === 2);
  expect(work.tasks.map(({ task }) => task.id)).toEqual(ids.slice(0, 2));
  expect(work.tasks[0]).toMatchObject({ claim: 1, task: { status: 'assigned', payload: 1 } });

  await anna('POST', `/tasks/${ids[0]}/complete`, { agent_id: agent, claim: 1 });
  await eventually(() => work.tasks.some(({ task }) => task.id === ids[2]));

  await bert('POST', `/tasks/${ids[1]}/cancel`);
  await eventually(() => work.lost.length === 1);
  expect(work.lost).toMatchObject([{ task_id: ids[1], claim: 1 }]);
});

test('begins again with what the agent holds', async () => {
  verifies('OPS-04');
  const agent = await anAgent();
  const first = await openWork(gateway, `/agents/${agent}/work`, ANNA);
  const id = await aTask(agent);
  await eventually(() => first.tasks.length === 1);
  await first[Symbol.asyncDispose]();
  await using second = await openWork(gateway, `/agents/${agent}/work`, ANNA);
  await eventually(() => second.tasks.length === 1);
  expect(second.tasks).toMatchObject([{ task: { id }, claim: 1 }]);
});

test('is no sign of life', async () => {
  verifies('AGT-04', 'AGT-05');
  const agent = await anAgent({ heartbeatInterval: '1s' });
  await using work = await openWork(gateway, `/agents/${agent}/work`, ANNA);
  const id = await aTask(agent);
  await eventually(() => work.tasks.length === 1);
  const phase = async () => ApiAgentSchema.parse((await anna('GET', `/agents/${agent}`)).body).phase;
  await eventually(async () => (await phase()) === 'Unknown', { timeoutMs: 60_000 });
  await eventually(() => work.lost.length === 1, { timeoutMs: 60_000 });
  expect(work.lost).toMatchObject([{ task_id: id, claim: 1 }]);
  expect(work.tasks).toHaveLength(1);
  // A call of it, and the same stream brings the work again.
  await anna('POST', `/agents/${agent}/heartbeat`, {});
  await eventually(() => work.tasks.length === 2);
  expect(work.tasks[1]).toMatchObject({ claim: 2, task: { id } });
}, 180_000);

test('ends with its agent', async () => {
  const agent = await anAgent();
  await using work = await openWork(gateway, `/agents/${agent}/work`, ANNA);
  expect((await anna('DELETE', `/agents/${agent}`)).status).toBe(204);
  await work.ended;
}, 60_000);

test('gives way to newer ones of the same agent', async () => {
  const agent = await anAgent();
  const path = `/agents/${agent}/work`;
  await using first = await openWork(gateway, path, ANNA);
  await using _second = await openWork(gateway, path, ANNA);
  await using _third = await openWork(gateway, path, ANNA);
  await using _fourth = await openWork(gateway, path, ANNA);
  await using fifth = await openWork(gateway, path, ANNA);
  await first.ended;
  await aTask(agent);
  await eventually(async () => {
    const { body } = await anna('GET', `/agents/${agent}/tasks`);
    return (body as { items: unknown[] }).items.length === 1;
  });
  expect(fifth.status).toBe(200);
});

test('of a reader that does not read ends, and its connection with it', async () => {
  const agent = await anAgent({ maxConcurrentTasks: 100 });
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  let closed = false;
  socket.on('close', () => (closed = true)).on('error', () => undefined);
  socket.write(
    `GET /api/v1/agents/${agent}/work HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${ANNA}\r\n\r\n`,
  );
  socket.pause();
  const payload = 'x'.repeat(500_000);
  for (let count = 0; count < 40; count += 1) await aTask(agent, { payload });
  await eventually(
    () => {
      // A socket that is not read does not see its end; writing shows it.
      socket.write('\r\n');
      return closed;
    },
    { timeoutMs: 120_000 },
  );
}, 180_000);

test('ends when its key is gone', async () => {
  verifies('SEC-01');
  const agent = await anAgent();
  const other = 'b-agent';
  await bert('POST', '/agents', { id: other });
  await using work = await openWork(gateway, `/agents/${agent}/work`, ANNA);
  await using stays = await openWork(gateway, `/agents/${other}/work`, BERT);
  const { anna: _gone, ...others } = KEYS;
  await writeFile(join(gateway.configPath, 'gateway.json'), settings(Object.values(others)));
  await work.ended;
  await bert('POST', '/tasks', { description: 'x', assigned_agent_id: other });
  await eventually(() => stays.tasks.length === 1);
}, 60_000);
