// Agents and tasks through the client of the SDK, against a running Tutti.

import { createTuttiClient, TuttiApiError, type TuttiClient } from '@tutti/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from '../support/gateway.ts';
import { verifies } from '../verifies.ts';
import { ANNA, BERT, startWorkGateway } from './work-world.ts';

let gateway: Gateway;
let anna: TuttiClient;
let bert: TuttiClient;

beforeAll(async () => {
  gateway = await startWorkGateway();
  anna = createTuttiClient({ url: gateway.url, token: ANNA });
  bert = createTuttiClient({ url: gateway.url, token: BERT });
}, 120_000);
afterAll(() => gateway.close(), 60_000);

test('a task is submitted once, comes over the stream, and is done', async () => {
  verifies('OPS-04', 'OPS-19');
  await anna.agents.register({ id: 'ada', capabilities: ['sums'] });
  const task = { description: 'add', required_capabilities: ['sums'], payload: [1, 2], timeout: '1m' };
  const once = { idempotencyKey: 'add once' };
  const { id } = await bert.tasks.submit(task, once);
  expect((await bert.tasks.submit(task, once)).id).toBe(id);

  const stop = new AbortController();
  for await (const event of anna.agents.work('ada', { slots: 1, signal: stop.signal })) {
    if (event.kind !== 'task') throw new Error('nothing was lost');
    expect(event.handout.task).toMatchObject({ id, payload: [1, 2], timeout: 60 });
    const { claim } = event.handout;
    const proof = { agent_id: 'ada', claim };
    await anna.tasks.start(id, proof);
    await anna.tasks.progress(id, { ...proof, progress: 0.5 });
    expect((await anna.agents.held('ada')).map((one) => one.claim)).toEqual([claim]);
    await anna.tasks.complete(id, { ...proof, result: 3 });
    break;
  }
  stop.abort();
  expect((await bert.tasks.get(id)).result).toBe(3);
  expect((await bert.tasks.history(id)).map(({ event }) => event)).toEqual([
    'submit',
    'assign',
    'start',
    'progress',
    'complete',
  ]);
});

test('a claim that is over is an error with its kind', async () => {
  verifies('OPS-04');
  await anna.agents.register({ id: 'bea', capabilities: ['baking'] });
  const { id } = await bert.tasks.submit({ description: 'bake', required_capabilities: ['baking'] });
  const { claim = 0 } = await anna.agents.next('bea', { waitSeconds: 30 });
  await anna.tasks.release(id, { agent_id: 'bea', claim });
  const late = anna.tasks.fail(id, { agent_id: 'bea', claim, error: 'late' });
  await expect(late).rejects.toMatchObject({ code: 'conflict', details: { kind: 'stale_claim' } });
  await expect(late).rejects.toBeInstanceOf(TuttiApiError);
  await bert.tasks.cancel(id, 'enough');
  await bert.tasks.retry(id);
  expect(await anna.agents.heartbeat('bea')).toMatchObject({ lost: [] });
});

test('agents are found, told of, and go', async () => {
  verifies('AGT-03', 'AGT-04', 'AGT-06');
  await anna.agents.register({ id: 'cy', group: 'guild', role: 'QA' });
  await anna.agents.report('cy', { status: 'idle', progress_metric: 0.25 });
  const query = { group: 'guild', role: 'QA', statuses: ['idle'], activeWithinSeconds: 3_600 } as const;
  expect(await anna.agents.list(query)).toMatchObject([{ id: 'cy', progress_metric: 0.25 }]);
  expect(await anna.agents.hold('cy')).toMatchObject({
    phase: 'NotReady',
    phase_reason: expect.stringContaining('held back by anna'),
  });
  await expect(bert.agents.resume('cy')).rejects.toMatchObject({ code: 'refused' });
  expect((await anna.agents.resume('cy')).phase).toBe('Ready');
  expect((await anna.agents.drain('cy')).phase).toBe('Terminating');
  await anna.agents.deregister('cy');
  await expect(anna.agents.get('cy')).rejects.toMatchObject({ code: 'not_found', status: 404 });
});

test('an agent is shown with all that it is, and within its limits', async () => {
  verifies('AGT-01');
  const registration = {
    id: 'whole',
    name: 'The whole agent',
    role: 'QA',
    model_type: 'claude',
    model_version: '5',
    capabilities: ['test', 'read'],
    tags: ['night'],
    domain: 'lab',
    group: 'testers',
    maxConcurrentTasks: 7,
    heartbeatInterval: 90,
    resources: { cpu: '500m', memory: '1Gi', gpu: true, storage: '10Gi' },
  };
  await anna.agents.register(registration);
  const said = {
    status: 'working',
    current_task: 'testing all of it',
    progress_metric: 0.25,
    error_info: 'one test is red',
    current_plan_summary: 'first this, then that',
  } as const;
  await anna.agents.report('whole', said);
  for (const description of ['one that works', 'one that does not'])
    await bert.tasks.submit({
      description,
      domain: 'lab',
      required_capabilities: ['test'],
      retryPolicy: { maxRetries: 0 },
    });
  const [first, second] = [
    await anna.agents.next('whole', { waitSeconds: 30 }),
    await anna.agents.next('whole', { waitSeconds: 30 }),
  ];
  await anna.tasks.complete(first.task?.id ?? '', { agent_id: 'whole', claim: 1 });
  await anna.tasks.fail(second.task?.id ?? '', { agent_id: 'whole', claim: 1, error: 'no' });
  const { registered_at: registeredAt, last_heartbeat: heardAt, ...shown } = await bert.agents.get('whole');
  expect(shown).toEqual({
    ...registration,
    ...said,
    owner: 'anna',
    phase: 'Ready',
    current_tasks: 0,
    completed: 1,
    failed: 1,
    measured: [
      expect.objectContaining({ capabilities: ['test'], completed: 1, failed: 1, success_rate: 0.5 }),
    ],
  });
  expect(Date.parse(heardAt)).toBeGreaterThanOrEqual(Date.parse(registeredAt));

  expect(await anna.agents.register({ id: 'plain' })).toMatchObject({
    name: 'plain',
    role: 'Worker',
    domain: 'default',
    status: 'available',
    phase: 'Ready',
    maxConcurrentTasks: 5,
    heartbeatInterval: 30,
    resources: {},
  });
  const bounds = [
    { maxConcurrentTasks: 0 },
    { maxConcurrentTasks: 101 },
    { heartbeatInterval: '500ms' },
    { id: '' },
  ];
  for (const more of bounds)
    await expect(anna.agents.register({ id: 'beyond', ...more })).rejects.toMatchObject({
      code: 'invalid_params',
      status: 400,
      message: expect.stringContaining(Object.keys(more)[0] ?? ''),
    });
  for (const progress of [1.1, -0.1])
    await expect(anna.agents.report('whole', { progress_metric: progress })).rejects.toMatchObject({
      code: 'invalid_params',
      message: expect.stringContaining('progress_metric'),
    });
});

test('long lists come whole, or as much of them as is wanted', async () => {
  verifies('OPS-04');
  const count = 230;
  const submit = (index: number) => bert.tasks.submit({ description: `${index}`, domain: 'many' });
  await Promise.all(Array.from({ length: count }, (_, index) => submit(index)));
  expect(await bert.tasks.list({ domain: 'many' })).toHaveLength(count);
  expect(await bert.tasks.list({ domain: 'many', limit: 150 })).toHaveLength(150);
  expect(await bert.tasks.list({ domain: 'many', statuses: ['completed'] })).toEqual([]);
});
