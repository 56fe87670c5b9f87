// Real clients of both eras as agents, side by side at one endpoint: they register, share work, and lose claims.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { modernRequest } from '../support/raw-client.ts';
import { verifies } from '../verifies.ts';
import {
  ADA,
  agentGateway,
  type AgentClient,
  BOB,
  claimOf,
  declared,
  DEV,
  GIVES_UP_MS,
  headersOf,
  NEW,
  OLD,
  openAgent,
} from './agent-world.ts';
import { connectWithKey, type Generation } from './key-clients.ts';

const at = agentGateway();

const open = (generation: Generation, key: string | undefined, path = ''): Promise<AgentClient> =>
  openAgent(generation, at.gateway.mcpUrl + path, key);

describe('the tools of agents', () => {
  const sees = async (key: string | undefined, path: string): Promise<boolean> => {
    await using client = await open(NEW, key, path);
    return (await client.tools()).includes('next_task');
  };

  test(
    'are seen by whoever asked for them',
    async () => {
      verifies('AGT-02', 'SEC-03');
      const seen = await Promise.all([
        sees(ADA, ''),
        sees(at.gateway.token, ''),
        sees(undefined, ''),
        sees(DEV, ''),
      ]);
      expect(seen).toEqual([true, true, false, false]);
      expect(await sees(undefined, '/tutti')).toBe(true);
      expect(
        (await modernRequest(at.gateway.serverUrl('tutti'), 'tools/list', '{}', headersOf(DEV))).status,
      ).toBe(404);
      const called = await modernRequest(at.gateway.mcpUrl, 'tools/call', '{"name":"list_roles"}');
      expect(called.error).toContain('Unknown tool: list_roles');

      const file = join(at.gateway.configPath, 'gateway.json');
      await writeFile(file, declared({ tools: 'on' }));
      await eventually(() => sees(undefined, ''));
      await writeFile(file, declared({ tools: 'off' }));
      await eventually(async () => !(await sees(ADA, '')));
      await writeFile(file, declared({ roles: { Reader: [] } }));
      await eventually(() => sees(ADA, ''));
      await using ada = await open(OLD, ADA);
      expect(await ada.text('list_roles')).toContain('Reader: ');
    },
    GIVES_UP_MS,
  );
});

describe.each([
  [NEW, OLD],
  [OLD, NEW],
])('%s and %s', (first, second) => {
  const suffix = first === NEW ? '1' : '2';
  const [adaId, bobId] = [`ada${suffix}`, `bob${suffix}`];
  const domain = `d${suffix}`;
  const clients = new AsyncDisposableStack();
  let ada: AgentClient;
  let bob: AgentClient;

  beforeAll(async () => {
    ada = clients.use(await open(first, ADA));
    bob = clients.use(await open(second, BOB));
    await ada.use('register_agent', {
      id: adaId,
      name: 'Ada',
      role: 'Orchestrator',
      model_type: 'model',
      model_version: '1',
      capabilities: ['plan'],
      domain,
    });
    await bob.use('register_agent', { id: bobId, capabilities: ['sum'], domain });
  }, 60_000);
  afterAll(() => clients.disposeAsync(), 60_000);

  test(
    'share work',
    async () => {
      verifies('AGT-02', 'AGT-03', 'AGT-04', 'TSK-05', 'OPS-19');
      await bob.use('register_agent', { id: bobId, capabilities: ['sum', 'mean'], domain });
      await expect(bob.use('register_agent', { id: adaId })).rejects.toThrow('belongs to another principal');
      await expect(bob.use('heartbeat', { agent_id: adaId })).rejects.toThrow('belongs to another principal');
      expect(
        await ada.text('find_agents', { capabilities: ['mean'], domain, statuses: ['online'] }),
      ).toContain(bobId);

      const waiting = bob.use('next_task', { agent_id: bobId, wait_seconds: 45 });
      const work = {
        agent_id: adaId,
        description: 'Add the numbers.',
        required_capabilities: ['sum'],
        payload: [1, 2],
        domain,
        idempotency_key: `work${suffix}`,
      };
      const created = await ada.use('create_task', work);
      expect((await ada.use('create_task', work)).task?.id).toBe(created.task?.id);
      await expect(ada.use('create_task', { ...work, payload: [3] })).rejects.toThrow('another request');
      const handed = await waiting;
      expect(handed).toMatchObject({
        task: { id: created.task?.id, payload: [1, 2], submitted_by: adaId, created_by: 'ada' },
        claim: 1,
        notice: { offered: [{ task_id: created.task?.id, claim: 1 }], lost: [] },
      });
      expect(await bob.text('wait_for_task', { agent_id: bobId })).toContain(
        'Add the numbers.\nPayload: [1,2]',
      );

      const claim = claimOf(bobId, handed);
      const ended = ada.use('wait_for_task', { task_id: claim.task_id, wait_seconds: 45 });
      await bob.use('start_task', claim);
      expect(
        await bob.text('report_status', { agent_id: bobId, status: 'busy', progress_metric: 0.5 }),
      ).toContain('working, Ready, with 1 of 5 tasks');
      await bob.use('report_progress', { ...claim, progress: 0.5, message: 'half' });
      const done = { ...claim, result: { sum: 3 }, idempotency_key: `done${suffix}` };
      expect((await bob.use('complete_task', done)).task).toMatchObject({ status: 'completed' });
      expect((await bob.use('complete_task', done)).task).toMatchObject({ status: 'completed' });
      expect((await ended).task).toMatchObject({ status: 'completed', result: { sum: 3 } });
      await expect(bob.use('complete_task', { ...claim, result: 4 })).rejects.toThrow('has ended already');
      await ada.use('create_task', { ...work, assigned_agent_id: adaId, idempotency_key: undefined });
    },
    GIVES_UP_MS,
  );

  test(
    'can not use the claims of others, and hear what they lost',
    async () => {
      verifies('TSK-04', 'TSK-09', 'TSK-16', 'AGT-04', 'SEC-04');
      const part = {
        coordinator_agent_id: adaId,
        subtask_id: `part${suffix}`,
        subtask_description: 'One part.',
        contextual_data: { of: 'the whole' },
      };
      await ada.use('delegate_subtask', { ...part, assigned_agent_id: bobId });
      const handed = await bob.use('next_task', { agent_id: bobId, wait_seconds: 45 });
      expect(handed.task).toMatchObject({ id: part.subtask_id, contextual_data: { of: 'the whole' } });
      const claim = claimOf(bobId, handed);
      await expect(ada.use('complete_task', { ...claim, agent_id: adaId })).rejects.toThrow('another agent');
      await expect(ada.use('complete_task', claim)).rejects.toThrow('belongs to another principal');
      await expect(bob.use('complete_task', { ...claim, claim: 7 })).rejects.toThrow('never handed out');
      await bob.use('report_progress', { ...claim, progress: 0.3, partial_result: ['so far'] });

      await ada.use('delegate_subtask', { ...part, assigned_agent_id: adaId });
      await expect(bob.use('complete_task', claim)).rejects.toThrow(
        new RegExp(`is over.*Notice: You lost: ${part.subtask_id} \\(claim 1\\): given to ${adaId}`, 's'),
      );
      const taken = await ada.use('wait_for_task', { agent_id: adaId, wait_seconds: 45 });
      expect(taken.task).toMatchObject({ id: part.subtask_id, progress: 0.3, partial_result: ['so far'] });
      await ada.use('complete_task', claimOf(adaId, taken));
      await expect(
        bob.use('delegate_subtask', { ...part, coordinator_agent_id: bobId, assigned_agent_id: bobId }),
      ).rejects.toThrow('does not allow "delegate"');
    },
    GIVES_UP_MS,
  );

  test(
    'are told that their work is cancelled',
    async () => {
      verifies('TSK-07', 'AGT-04', 'AGT-07');
      const { task } = await ada.use('create_task', {
        agent_id: adaId,
        description: 'Of no use.',
        required_capabilities: ['sum'],
        domain,
      });
      const handed = await bob.use('next_task', { agent_id: bobId, wait_seconds: 45 });
      await bob.use('start_task', claimOf(bobId, handed));
      await expect(bob.use('cancel_task', { agent_id: bobId, task_id: task?.id })).rejects.toThrow(
        'submitted by another principal',
      );
      await ada.use('cancel_task', { agent_id: adaId, task_id: task?.id, reason: 'no need' });
      const { notice } = await bob.use('heartbeat', { agent_id: bobId });
      expect(notice?.lost).toMatchObject([
        { task_id: task?.id, claim: 1, reason: expect.stringContaining('no need') },
      ]);
      await expect(bob.use('report_progress', { ...claimOf(bobId, handed), progress: 1 })).rejects.toThrow(
        'has ended already: cancelled',
      );
    },
    GIVES_UP_MS,
  );

  test(
    'submit plans, and hear of all that is wrong with one',
    async () => {
      verifies('TSK-10');
      const common = { agent_id: adaId, domain };
      const bad = [
        { id: 'a', description: 'a', depends_on: ['b'], required_capabilities: ['fly'] },
        { id: 'b', description: 'b', depends_on: ['a'], budget: { wall_time: '5m' } },
      ];
      const told = await ada.text('submit_plan', { ...common, tasks: bad });
      expect(told).toContain('(cycle)');
      expect(told).toContain('(unsatisfiable)');
      const good = [
        { id: 'a', description: 'first', required_capabilities: ['sum'], budget: { wall_time: '5m' } },
        { id: 'b', description: 'second', depends_on: ['a'] },
      ];
      expect(await ada.text('submit_plan', { ...common, tasks: good, dry_run: true })).toContain('is valid');
      expect(await ada.text('submit_plan', { ...common, tasks: good })).toMatch(
        /a: .*ready[^]*b: .*dependencies/,
      );
      const handed = await bob.use('next_task', { agent_id: bobId, wait_seconds: 45 });
      expect(handed.task).toMatchObject({ description: 'first', contextual_data: { plan_task: 'a' } });
      await bob.use('release_task', { ...claimOf(bobId, handed), reason: 'later' });
      await ada.use('cancel_task', { agent_id: adaId, task_id: handed.task?.id });
    },
    GIVES_UP_MS,
  );

  test(
    'leave, and what they had goes to others',
    async () => {
      verifies('AGT-02', 'TSK-04');
      const carol = { agent_id: `carol${suffix}` };
      await bob.use('register_agent', { id: carol.agent_id, capabilities: ['sing'], domain });
      await bob.use('register_agent', { id: bobId, capabilities: ['sum', 'sing'], domain });
      const { task } = await ada.use('create_task', {
        description: 'Sing.',
        required_capabilities: ['sing'],
        domain,
      });
      const handed = await bob.use('next_task', { ...carol, wait_seconds: 45 });
      expect(handed.task?.id).toBe(task?.id);
      await bob.use('deregister_agent', carol);
      const again = await bob.use('next_task', { agent_id: bobId, wait_seconds: 45 });
      expect(again).toMatchObject({ task: { id: task?.id }, claim: 2 });
      await expect(bob.use('start_task', { ...claimOf(carol.agent_id, handed) })).rejects.toThrow(
        'no agent carol',
      );
      await bob.use('complete_task', claimOf(bobId, again));
    },
    GIVES_UP_MS,
  );
});

test('work is split, finds somebody, and is put together', { timeout: GIVES_UP_MS }, async () => {
  verifies('TSK-08', 'TSK-09');
  await using ada = await open(NEW, ADA);
  await using client = await connectWithKey(OLD, at.gateway.mcpUrl, ADA);
  for (const id of ['writer', 'painter'])
    await ada.use('register_agent', { id, capabilities: [id === 'writer' ? 'write' : 'paint'] });
  const structured = async (tool: string, args: Record<string, unknown>): Promise<unknown> =>
    (await client.call(tool, args)).structured;
  const models = [
    { id: 'writer', model_type: 'm', capabilities: ['write'] },
    { id: 'painter', model_type: 'm', capabilities: ['paint'] },
  ];
  const task = '1. write the text\n2. paint the cover';
  expect(await structured('decompose_task', { task, available_models: models })).toMatchObject({
    method: 'split',
    subtasks: [
      { description: expect.stringContaining('text') },
      { description: expect.stringContaining('cover') },
    ],
  });
  const tasks = [
    { id: 'text', description: 'Write.', required_capabilities: ['write'] },
    { id: 'cover', description: 'Paint.', required_capabilities: ['paint'], depends_on: ['text'] },
  ];
  const planned = { agent_id: 'writer', task, plan: { tasks } };
  expect(await structured('decompose_task', planned)).toMatchObject({
    method: 'plan',
    subtasks: tasks,
    notice: { lost: [] },
  });
  const cyclic = tasks.map((one) => ({ ...one, depends_on: ['cover'] }));
  expect(await ada.text('decompose_task', { task, plan: { tasks: cyclic } })).toContain(
    'none of these could ever',
  );
  const subtasks = tasks.map(({ depends_on: _needs, ...one }) => one);
  expect(await structured('assign_subtasks', { subtasks, available_models: models })).toMatchObject({
    assignments: [
      { subtask_id: 'text', model_id: 'writer' },
      { subtask_id: 'cover', model_id: 'painter' },
    ],
    unassigned: [],
  });
  const results = [
    { subtask_id: 'text', model_id: 'writer', content: '{"text":"once"}' },
    { subtask_id: 'cover', model_id: 'painter', content: '{"cover":"red"}' },
  ];
  expect(await structured('merge_results', { results, strategy: 'json' })).toMatchObject({
    content: '{"text":"once","cover":"red"}',
  });
  expect(await ada.text('merge_results', { results, strategy: 'model' })).toContain('no model is configured');

  await ada.use('create_task', { description: 'write', required_capabilities: ['write'] });
  const handed = await ada.use('next_task', { agent_id: 'writer', wait_seconds: 45 });
  await ada.use('complete_task', claimOf('writer', handed));
  expect(
    await structured('compare_models', { model_ids: ['painter', 'writer'], capabilities: ['write'] }),
  ).toMatchObject({
    models: [
      { model_id: 'writer', capable: true, measured: 1, success_rate: 1 },
      { model_id: 'painter', capable: false, missing_capabilities: ['write'], measured: 0 },
    ],
  });
});
