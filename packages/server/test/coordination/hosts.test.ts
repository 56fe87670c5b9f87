// Several hosts of coordination on one PostgreSQL: an agent may ask any of them.

import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { REOFFER_MS } from '../../src/coordination/dispatch/handouts.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { closeStoresAfterTests, openTest, postgres } from '../store/support/stores.ts';
import { LOCAL, MIGRATIONS, openOn, type TestCoordination } from './support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();

describe.runIf(postgres !== undefined)('two hosts of coordination', () => {
  async function open(url: string, aheadMs = 0) {
    const database = await openTest(url, { migrations: MIGRATIONS });
    const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
    return await openOn(database.over<object>(), clock);
  }
  const freshUrl = (): string => postgres?.freshUrl() ?? '';
  /** An agent that has been there for long: nothing of it is read again by itself. */
  async function registerLongAgo(url: string, hosts: readonly TestCoordination[]): Promise<void> {
    await hosts[0]?.agent(agent);
    const wallMs = (): number => Date.now() + 3_600_000;
    const later = await openTest(url, { migrations: MIGRATIONS, wallMs });
    await using host = await openOn(later.over<object>());
    await host.agent({ id: 'bob', domain: 'elsewhere', heartbeatInterval: 3_600 });
    for (const { agents } of hosts)
      await eventually(() => agents.find({ limit: 2 }).items.length === 2, { what: 'both agents are known' });
  }
  const agent = { id: 'ada', heartbeatInterval: 3_600, maxConcurrentTasks: 1 };

  test('an agent is known to the other host at once', async () => {
    verifies('OPS-01');
    const url = freshUrl();
    await using one = await open(url);
    await using other = await open(url);
    const task = await one.task({});
    await one.agent(agent);
    const handout = await other.agents.next('ada', 20_000, LOCAL, signal);
    expect(handout?.task.id).toBe(task.id);
    await expect(other.agents.held('bob', LOCAL)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('an agent whose slot the other host freed gets the next task', async () => {
    verifies('TSK-05', 'OPS-01');
    const url = freshUrl();
    await using one = await open(url);
    await using other = await open(url);
    await registerLongAgo(url, [one, other]);
    for (let n = 0; n < 3; n++) {
      const task = await one.task({ description: `${n}` });
      const handout = await one.agents.next('ada', 20_000, LOCAL, signal);
      expect(handout?.task.id).toBe(task.id);
      await other.tasks.complete({ taskId: task.id, agentId: 'ada', claim: 1 }, LOCAL);
    }
  });

  test('an agent that waits gets a task when the other host frees its slot', async () => {
    verifies('TSK-05', 'OPS-01');
    const url = freshUrl();
    await using one = await open(url);
    await using other = await open(url);
    await registerLongAgo(url, [one, other]);
    const first = await one.task({});
    await one.agents.next('ada', 20_000, LOCAL, signal);
    const second = await one.task({});
    const waiting = one.agents.next('ada', 20_000, LOCAL, signal);
    await other.tasks.complete({ taskId: first.id, agentId: 'ada', claim: 1 }, LOCAL);
    expect((await waiting)?.task.id).toBe(second.id);
  });

  test('what one host handed out in an answer that never arrived, the other hands out again', async () => {
    verifies('TSK-05', 'OPS-01');
    const url = freshUrl();
    await using one = await open(url);
    await using other = await open(url, REOFFER_MS);
    await registerLongAgo(url, [one, other]);
    const task = await one.task({});
    expect((await one.agents.next('ada', 20_000, LOCAL, signal))?.task.id).toBe(task.id);
    expect(await other.agents.next('ada', 0, LOCAL, signal)).toMatchObject({
      claim: 1,
      task: { id: task.id },
    });
  });
});
