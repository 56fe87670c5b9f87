// Cards and measured figures on a store: what is imported comes back, and what an agent has shown stays true over
// restarts, hosts and departures.

import { MAX_CLASSES_PER_AGENT } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { TASKS_BINDING } from '../../../src/coordination/agent-cards/extension.ts';
import { MAX_SHOWN_AMOUNT, type AgentTables } from '../../../src/coordination/agents/agent-row.ts';
import { createTaskRetention, KEEP_FITNESS_MS } from '../../../src/coordination/retention.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { closeStoresAfterTests, openTest, stores } from '../../store/support/stores.ts';
import {
  ADMIN,
  LOCAL,
  MIGRATIONS,
  openFresh,
  openOn,
  STRANGER,
  type TestCoordination,
} from '../support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();
const URL = 'http://127.0.0.1:7400';

const card = {
  name: 'Recipe Agent',
  description: 'Helps with cooking.',
  version: '2',
  supportedInterfaces: [{ url: 'https://a.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: { streaming: true },
  skills: [{ id: 'recipes', name: 'Find recipes', description: 'Finds recipes.', tags: ['food'] }],
  'x-vendor': 12,
};

interface Attempt {
  readonly capabilities?: readonly string[];
  readonly agent?: string;
  readonly fails?: boolean;
  readonly usage?: { readonly tokens?: number; readonly money_micros?: number };
}

/** A task that the agent does, or fails at. */
async function attempt(it: TestCoordination, { capabilities = [], agent = 'ada', ...how }: Attempt) {
  const task = await it.task({
    required_capabilities: [...capabilities],
    retryPolicy: { maxRetries: 0 },
    assigned_agent_id: agent,
  });
  const handout = await it.agents.next(agent, 20_000, LOCAL, signal);
  expect(handout?.task.id).toBe(task.id);
  const report = { taskId: task.id, agentId: agent, claim: handout?.claim ?? 0, usage: how.usage };
  if (how.fails === true) await it.tasks.fail({ ...report, error: 'no luck', retryable: false }, LOCAL);
  else await it.tasks.complete(report, LOCAL);
}

const measured = async (it: TestCoordination, id = 'ada') => (await it.cards.measured(id)).measured;

describe.each(stores)('agent cards on $name', ({ freshUrl }) => {
  test('are imported for whoever asks, and come back with what they held', async () => {
    verifies('AGT-08');
    await using it = await openFresh(freshUrl());
    const { agent, warnings } = await it.cards.add(card, 'cook', LOCAL);
    expect(agent).toMatchObject({
      id: 'cook',
      name: 'Recipe Agent',
      owner: 'local',
      capabilities: ['recipes'],
      tags: ['food'],
      model_version: '2',
    });
    expect(warnings).toEqual([]);
    const exported = await it.cards.get('cook', URL);
    expect(exported).toMatchObject({
      name: 'Recipe Agent',
      description: 'Helps with cooking.',
      capabilities: { streaming: true },
      skills: [{ id: 'recipes', name: 'Find recipes', tags: ['food'] }],
      'x-vendor': 12,
      supportedInterfaces: [
        { url: 'https://a.example/a2a', protocolBinding: 'JSONRPC' },
        { url: `${URL}/api/v1/tasks`, protocolBinding: TASKS_BINDING },
      ],
    });

    // The worker that does its work says what it can do; the rest of the card stays.
    await it.agent({ id: 'cook', capabilities: ['recipes', 'menus'] });
    const [listed, ...others] = (await it.cards.find({ limit: 10 }, URL)).items;
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ 'x-vendor': 12, skills: [{ id: 'recipes' }, { id: 'menus' }] });

    await expect(it.cards.add(card, 'cook', STRANGER)).rejects.toMatchObject({ code: 'conflict' });
    await expect(it.cards.add({ name: 'x', skills: [{ id: '' }] }, undefined, LOCAL)).rejects.toMatchObject({
      code: 'invalid_params',
    });
    await expect(it.cards.get('nobody', URL)).rejects.toMatchObject({ code: 'not_found' });
    await it.agents.deregister('cook', LOCAL);
    await it.agent({ id: 'cook' });
    expect(await it.cards.get('cook', URL)).not.toHaveProperty('x-vendor');
  });

  test('say what the agent has shown, by class of tasks', async () => {
    verifies('AGT-08');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', capabilities: ['sum', 'write'] });
    expect(await measured(it)).toEqual([]);
    await attempt(it, { capabilities: ['sum'], usage: { tokens: 10, money_micros: 500 } });
    await attempt(it, { capabilities: ['sum'], usage: { tokens: 20, money_micros: 700 } });
    await attempt(it, { capabilities: ['sum'] });
    await attempt(it, { capabilities: ['sum'], fails: true });
    await attempt(it, { capabilities: ['write'] });
    const sums = {
      domain: 'default',
      capabilities: ['sum'],
      completed: 3,
      failed: 1,
      success_rate: 0.75,
      metered: 2,
      tokens: 30,
      money_micros: 1_200,
    };
    const figures = (await measured(it)) ?? [];
    expect(figures).toMatchObject([{ capabilities: ['write'], completed: 1, success_rate: 1 }, sums]);
    const { capabilities } = await it.cards.get('ada', URL);
    expect(capabilities.extensions.at(-1)).toMatchObject({ params: { classes: figures } });
    expect(it.agents.get('ada')).not.toHaveProperty('measured');
  });

  test('leave out the time that an agent waits for people', async () => {
    verifies('AGT-08');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const { id: taskId } = await it.task({ evidence: [{ kind: 'reviewer_approval' }] });
    await it.agents.next('ada', 20_000, LOCAL, signal);
    const report = { taskId, agentId: 'ada', claim: 1 };
    await it.tasks.complete(report, LOCAL);
    const longAgo = 3_600_000;
    await it.database.over<{ tasks_tasks: { started_ms: number; waiting_ms: number } }>().transaction((tx) =>
      tx
        .updateTable('tasks_tasks')
        .set((eb) => ({
          started_ms: eb('started_ms', '-', longAgo),
          waiting_ms: eb('waiting_ms', '-', longAgo),
        }))
        .execute(),
    );
    const approval = { proof: 'reviewer_approval', decision: 'approve', comment: '' } as const;
    await it.tasks.approve(taskId, approval, { ...STRANGER, roles: [] });
    await eventually(async () => (await it.tasks.get(taskId)).status === 'completed');
    const [figures] = (await measured(it)) ?? [];
    expect(figures).toMatchObject({ completed: 1 });
    expect(figures?.mean_duration_ms).toBeLessThan(longAgo / 2);
  });

  test('keep the figures over restarts, and when the agent leaves and comes back', async () => {
    verifies('AGT-08');
    const url = freshUrl();
    {
      await using it = await openFresh(url);
      await it.agent({ id: 'ada' });
      await attempt(it, {});
      await it.agents.deregister('ada', LOCAL);
    }
    const database = await openTest(url, { migrations: MIGRATIONS });
    await using it = await openOn(database.over<object>());
    await it.agent({ id: 'ada' });
    expect(await measured(it)).toMatchObject([{ completed: 1 }]);
    await attempt(it, {});
    expect(await measured(it)).toMatchObject([{ completed: 2 }]);
    // It is no agent that left any more: its figures are not among those that go after a while.
    const kept = await it.database
      .over<AgentTables>()
      .read.selectFrom('agents_fitness')
      .selectAll()
      .execute();
    expect(kept.map(({ owner }) => owner)).toEqual([null]);

    // Nobody inherits what another principal's agent had shown.
    await it.agents.deregister('ada', LOCAL);
    await it.agent({ id: 'ada' }, STRANGER);
    expect(await measured(it)).toEqual([]);
  });

  test('go when an administrator takes over the id of an agent that is dead', async () => {
    verifies('AGT-08');
    await using it = await openFresh(freshUrl());
    await it.cards.add(card, 'ada', LOCAL);
    await attempt(it, {});
    await it.agent({ id: 'ada', heartbeatInterval: 1 });
    expect(await measured(it)).toMatchObject([{ completed: 1 }]);
    await eventually(() => it.happenings.agents.includes('ada silent'));
    await it.agent({ id: 'ada' }, ADMIN);
    expect(await measured(it)).toEqual([]);
    expect(await it.cards.get('ada', URL)).not.toHaveProperty('x-vendor');
  });

  test('hold so many classes, and figures that stay exact', async () => {
    verifies('AGT-08');
    await using it = await openFresh(freshUrl());
    const tables = it.database.over<AgentTables>();
    await it.agent({ id: 'ada' });
    for (let n = 0; n < 2; n++) await attempt(it, { usage: { tokens: 2 ** 50, money_micros: 2 ** 50 } });
    expect(await measured(it)).toMatchObject([{ tokens: MAX_SHOWN_AMOUNT, money_micros: MAX_SHOWN_AMOUNT }]);

    const row = { completed: 1, failed: 0, total_ms: 1, cost_micros: 0, tokens: 0, metered: 0, owner: null };
    const old = Array.from({ length: MAX_CLASSES_PER_AGENT + 20 }, (_, n) => ({
      ...row,
      agent_id: 'ada',
      class_id: `old-${n}`,
      seen_ms: n,
    }));
    const gone = { ...row, agent_id: 'gone', class_id: 'x', owner: 'local' };
    await tables.transaction((tx) =>
      tx
        .insertInto('agents_fitness')
        .values([...old, { ...gone, seen_ms: 1 }, { ...gone, class_id: 'y', seen_ms: Date.now() }])
        .execute(),
    );
    await using retention = createTaskRetention({
      database: it.database,
      clock: systemClock,
      isUsed: () => true,
      warn: (message) => expect.fail(message),
    });
    expect(await retention.look()).toBe(22);
    const left = await tables.read.selectFrom('agents_fitness').selectAll().orderBy('seen_ms').execute();
    expect(left.filter(({ agent_id: id }) => id === 'ada')).toHaveLength(MAX_CLASSES_PER_AGENT);
    expect(left[0]).toMatchObject({ class_id: 'old-21' });
    expect(left.filter(({ agent_id: id }) => id === 'gone')).toMatchObject([{ class_id: 'y' }]);
    expect(KEEP_FITNESS_MS).toBeGreaterThan(0);
  });
});

describe.each(stores.filter(({ name }) => name === 'postgres'))('figures of two hosts on $name', (store) => {
  test('are the same on both, whichever heard of the end', async () => {
    verifies('AGT-08', 'OPS-01');
    const url = store.freshUrl();
    const open = async () => openOn((await openTest(url, { migrations: MIGRATIONS })).over<object>());
    await using one = await open();
    await using other = await open();
    await one.cards.add(card, 'ada', LOCAL);
    expect(await other.cards.get('ada', URL)).toMatchObject({ 'x-vendor': 12 });
    await attempt(one, { capabilities: ['recipes'] });
    await attempt(other, { capabilities: ['recipes'] });
    for (const host of [one, other])
      expect(await measured(host)).toMatchObject([{ completed: 2, failed: 0 }]);
  });
});
