// What people see of agents and tasks from the outside: events and metrics of a running Tutti, which keeps them over a
// restart.

import { rm } from 'node:fs/promises';
import { ApiEventListSchema, ApiTaskSchema, NextTaskSchema, type ApiEvent } from '@tutti/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { callerWith, type ApiCaller } from './work-world.ts';

let gateway: Gateway;
let local: ApiCaller;

beforeAll(async () => {
  gateway = await startGateway({ servers: {}, files: { 'set.json': TOOLSET } });
  local = callerWith(gateway);
}, 120_000);
afterAll(async () => {
  await gateway.close();
  await rm(gateway.folder, { recursive: true, force: true });
}, 60_000);

const TOOLSET = JSON.stringify({
  apiVersion: 'tutti.dev/v1alpha1',
  kind: 'Toolset',
  metadata: { name: 'none' },
  spec: { servers: ['none'] },
});

async function events(query: string): Promise<readonly ApiEvent[]> {
  return ApiEventListSchema.parse((await local('GET', `/events?${query}`)).body).items;
}

async function submit(task: object): Promise<string> {
  return ApiTaskSchema.parse((await local('POST', '/tasks', { description: 'x', ...task })).body).id;
}

async function failNext(agent: string): Promise<string> {
  const { body } = await local('POST', `/agents/${agent}/next`, { wait_seconds: 30 });
  const { task, claim } = NextTaskSchema.parse(body);
  const failed = await local('POST', `/tasks/${task?.id}/fail`, { agent_id: agent, claim, error: 'no luck' });
  expect(failed.status).toBe(200);
  return task?.id ?? '';
}

test('what matters of agents and tasks is an event', async () => {
  verifies('OPS-10', 'AGT-05');
  await local('POST', '/agents', { id: 'ada', capabilities: ['sums'], heartbeatInterval: '1s' });
  const failing = await submit({
    required_capabilities: ['sums'],
    retryPolicy: { maxRetries: 1, initialDelay: 0 },
  });
  await failNext('ada');
  await failNext('ada');
  const stuck = await submit({ required_capabilities: ['nobody can'] });
  await local('POST', `/tasks/${stuck}/cancel`, { reason: 'of no use' });

  expect((await events(`name=${failing}`)).map(({ kind, type, reason }) => [kind, type, reason])).toEqual([
    ['Task', 'Normal', 'TaskRetrying'],
    ['Task', 'Warning', 'TaskFailed'],
  ]);
  expect(await events(`kind=task&name=${stuck}`)).toMatchObject([
    { reason: 'TaskUnsatisfiable' },
    { reason: 'TaskCancelled', message: 'cancelled by local: of no use' },
  ]);
  await eventually(async () => (await events('kind=Agent&reason=AgentUnhealthy')).length === 1, {
    timeoutMs: 60_000,
  });
  await local('POST', '/agents/ada/heartbeat');
  await eventually(async () => (await events('kind=Agent&reason=AgentRecovered')).length === 1);
  await local('DELETE', '/agents/ada');
  const told = await events('kind=Agent');
  const reasons = told.map(({ reason }) => reason);
  // A machine that stands still may let it be silent once more.
  expect(reasons.slice(0, 3)).toEqual(['AgentRegistered', 'AgentUnhealthy', 'AgentRecovered']);
  expect(reasons.at(-1)).toBe('AgentRemoved');
  expect(await events('kind=MCPServer')).toEqual([]);
  expect((await local('GET', '/events?kind=Cat')).status).toBe(400);
}, 120_000);

test('and counts', async () => {
  verifies('OPS-07');
  await local('POST', '/agents', { id: 'bea', capabilities: ['counting'], domain: 'shop' });
  await submit({ domain: 'shop', required_capabilities: ['counting'], retryPolicy: { maxRetries: 0 } });
  await submit({ domain: 'shop', required_capabilities: ['never'] });
  await failNext('bea');
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(text).toContain('tutti_tasks{domain="shop",status="pending"} 1');
  expect(text).toContain('tutti_tasks{domain="shop",status="failed"} 1');
  expect(text).toContain('tutti_agents{domain="shop",phase="Ready"} 1');
  expect(text).toContain('tutti_task_claims_total{domain="shop"} 1');
  expect(text).toContain('tutti_tasks_ended_total{domain="shop",outcome="failed"} 1');
  expect(text).toContain('tutti_task_wait_seconds_count{domain="shop"} 1');
  expect(text).toContain('tutti_task_run_seconds_count{domain="shop"} 1');
  expect(text).toMatch(/tutti_task_batch_size_count [1-9]/);
  expect(text).toMatch(/tutti_schedule_rounds_total [1-9]/);
});

test('both are there after a restart', async () => {
  verifies('OPS-02', 'OPS-10');
  const { folder } = gateway;
  const before = await events('kind=Task');
  expect(before.length).toBeGreaterThan(0);
  await gateway.process.close();
  gateway = await startGateway({ folder, servers: {} });
  local = callerWith(gateway);
  expect(await events('kind=Task')).toEqual(before);
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(text).toContain('tutti_tasks{domain="shop",status="failed"} 1');
}, 120_000);
