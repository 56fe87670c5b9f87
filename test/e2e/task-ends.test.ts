// How tasks end that nobody completes, as their holders and those who submitted them see it: cancelled, out of time, tried
// again and again, and kept for a person at last.

import { ApiTaskSchema, type ApiTask, NextTaskSchema, TaskHistorySchema } from '@tutti/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { connectWithKey } from './key-clients.ts';
import { NEW } from './agent-world.ts';
import { ANNA, callerWith, openWork, startWorkGateway, type ApiCaller } from './work-world.ts';

const GIVES_UP_MS = 120_000;

let gateway: Gateway;
let anna: ApiCaller;

beforeAll(async () => {
  gateway = await startWorkGateway();
  anna = callerWith(gateway, ANNA);
}, 120_000);
afterAll(() => gateway.close(), 60_000);

async function anAgent(id: string): Promise<string> {
  expect((await anna('POST', '/agents', { id, capabilities: [id] })).status).toBe(200);
  return id;
}
async function aTask(agentId: string, more: object = {}): Promise<ApiTask> {
  const task = { description: 'work', required_capabilities: [agentId], ...more };
  return ApiTaskSchema.parse((await anna('POST', '/tasks', task)).body);
}
const taskOf = async (id: string): Promise<ApiTask> =>
  ApiTaskSchema.parse((await anna('GET', `/tasks/${id}`)).body);
const next = async (agentId: string) =>
  NextTaskSchema.parse((await anna('POST', `/agents/${agentId}/next`, { wait_seconds: 45 })).body);
const start = (id: string, agent_id: string, claim: number) =>
  anna('POST', `/tasks/${id}/start`, { agent_id, claim });

test('a cancellation reaches the agent on every way that it hears of', { timeout: GIVES_UP_MS }, async () => {
  verifies('TSK-07', 'TSK-02', 'AGT-04');
  const agent = await anAgent('stopped');
  await using work = await openWork(gateway, `/agents/${agent}/work`, ANNA);
  const { id, states } = await aTask(agent);
  expect(states).toEqual({ a2a: 'TASK_STATE_SUBMITTED', mcp: 'working', conductor: 'Pending' });
  await eventually(() => work.tasks.length === 1);
  expect((await start(id, agent, 1)).body).toMatchObject({ states: { conductor: 'Running' } });
  expect((await anna('POST', `/tasks/${id}/cancel`, { reason: 'not wanted' })).body).toMatchObject({
    status: 'cancelled',
    states: { a2a: 'TASK_STATE_CANCELED', mcp: 'cancelled', conductor: 'Cancelled' },
  });
  const lost = { task_id: id, claim: 1, reason: expect.stringContaining('not wanted') };
  await eventually(() => work.lost.length === 1);
  expect(work.lost).toEqual([lost]);
  const holding = [{ task_id: id, claim: 1 }];
  for (let n = 0; n < 2; n++)
    expect((await anna('POST', `/agents/${agent}/heartbeat`, { holding })).body).toMatchObject({
      notice: { offered: [], lost: [lost] },
    });
  expect(await anna('POST', `/tasks/${id}/complete`, { agent_id: agent, claim: 1 })).toMatchObject({
    status: 409,
    error: { details: { kind: 'already_done' } },
  });

  await using client = await connectWithKey(NEW, gateway.mcpUrl, ANNA);
  const told = await client.call('heartbeat', { agent_id: agent, holding });
  expect(told.text).toContain(`You lost: ${id} (claim 1)`);
  expect(told.structured).toMatchObject({ notice: { lost: [lost] } });
});

test(
  'what takes too long is tried again after its backoff, and kept for a person at last',
  { timeout: GIVES_UP_MS },
  async () => {
    verifies('TSK-07', 'TSK-13');
    const agent = await anAgent('slow');
    await using work = await openWork(gateway, `/agents/${agent}/work`, ANNA);
    const { id } = await aTask(agent, {
      timeout: '200ms',
      retryPolicy: { maxRetries: 1, backoff: 'fixed', initialDelay: '1s' },
    });
    await eventually(() => work.tasks.length === 1);
    await start(id, agent, 1);
    await eventually(() => work.lost.length === 1);
    expect(work.lost).toMatchObject([
      { task_id: id, claim: 1, reason: expect.stringContaining('timed out') },
    ]);
    await eventually(() => work.tasks.length === 2);
    const { task, claim } = work.tasks[1] ?? expect.fail('it is not handed out again');
    expect(claim).toBe(2);
    await start(id, agent, 2);
    const dead = await eventually(async () => {
      const seen = await taskOf(id);
      return seen.status === 'failed' && seen;
    });
    expect(dead).toMatchObject({ dead_letter: true, attempts: 2, error: { code: 'timeout' } });
    const { items } = TaskHistorySchema.parse((await anna('GET', `/tasks/${id}/history`)).body);
    expect(items.map(({ event }) => event)).toEqual([
      'submit',
      'assign',
      'start',
      'fail',
      'recheck',
      'assign',
      'start',
      'fail',
    ]);
    // The backoff was honoured.
    const failedAt = Date.parse(items[3]?.at ?? '');
    expect(Date.parse(task.assigned_at ?? '') - failedAt).toBeGreaterThanOrEqual(1_000);
    expect((await anna('GET', `/tasks/${id}/why`)).body).toMatchObject({
      next: [expect.stringContaining('tutti retry')],
    });

    expect((await anna('POST', `/tasks/${id}/retry`, {})).body).toMatchObject({
      status: 'pending',
      attempts: 0,
    });
    await eventually(() => work.tasks.length === 3);
    await anna('POST', `/tasks/${id}/complete`, { agent_id: agent, claim: 3, result: 'at last' });
    const done = await taskOf(id);
    expect(done).toMatchObject({ status: 'completed', result: 'at last', attempts: 1 });
    expect(done).not.toHaveProperty('dead_letter');
    expect(done).not.toHaveProperty('error');
  },
);

test('what is of no use any more is taken from its holder', { timeout: GIVES_UP_MS }, async () => {
  verifies('TSK-07');
  const agent = await anAgent('late');
  const { id } = await aTask(agent, { deadline: new Date(Date.now() + 5_000).toISOString() });
  expect((await next(agent)).claim).toBe(1);
  await start(id, agent, 1);
  const ended = await eventually(async () => {
    const seen = await taskOf(id);
    return seen.status === 'failed' && seen;
  });
  expect(ended.error?.code).toBe('deadline_exceeded');
  expect((await anna('POST', `/agents/${agent}/heartbeat`, {})).body).toMatchObject({
    notice: { lost: [{ task_id: id, claim: 1, reason: expect.stringContaining('deadline') }] },
  });
});

test('over MCP, too, a task ends with a person', { timeout: GIVES_UP_MS }, async () => {
  verifies('TSK-07', 'OPS-19');
  await using client = await connectWithKey(NEW, gateway.mcpUrl, ANNA);
  const agent = await anAgent('unlucky');
  const { id } = await aTask(agent, { retryPolicy: { maxRetries: 0 } });
  const handed = await client.call('next_task', { agent_id: agent, wait_seconds: 45 });
  expect(handed.structured).toMatchObject({ task: { id }, claim: 1 });
  const failure = { agent_id: agent, task_id: id, claim: 1, error: 'no luck' };
  expect((await client.call('fail_task', failure)).structured).toMatchObject({ task: { status: 'failed' } });
  expect((await client.call('get_task', { task_id: id })).structured).toMatchObject({
    task: {
      dead_letter: true,
      error: { code: 'agent_failed', message: 'no luck' },
      states: { mcp: 'failed' },
    },
  });
  const again = await client.call('retry_task', { agent_id: agent, task_id: id });
  expect(again.structured).toMatchObject({ task: { status: 'pending' } });
  const once = await client.call('next_task', { agent_id: agent, wait_seconds: 45 });
  expect(once.structured).toMatchObject({ task: { id }, claim: 2 });
});
