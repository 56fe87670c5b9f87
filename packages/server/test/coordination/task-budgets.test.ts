import type { BudgetScope } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { LOCAL, openFresh, openOn, type TestCoordination } from './support/open.ts';

closeStoresAfterTests();
const signal = new AbortController().signal;
const run: BudgetScope = { kind: 'run', id: 'r' };
const ada: BudgetScope = { kind: 'agent', id: 'ada' };

const next = (it: TestCoordination, id: string, waitMs = 5_000) => it.agents.next(id, waitMs, LOCAL, signal);

describe.each(stores)('budgets of tasks on $name', ({ freshUrl }) => {
  test('an attempt reserves, what it used is settled, and what is left lets the next one in', async () => {
    verifies('TSK-12');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', maxConcurrentTasks: 4 });
    await it.budgets.set(run, { tokens: 100 });
    const wanted = { workflow_id: 'r', budget: { tokens: 60 } };
    const first = await it.task(wanted);
    const handout = await next(it, 'ada');
    expect(handout?.task.id).toBe(first.id);
    expect(await it.budgets.get(run)).toMatchObject([
      { unit: 'tokens', reserved: 60, spent: 0, available: 40 },
    ]);
    const second = await it.task(wanted);
    expect(await next(it, 'ada', 200)).toBeUndefined();
    await eventually(async () => (await it.tasks.get(second.id)).reason === 'budget');
    const starved = await it.tasks.get(second.id);
    expect(starved.message).toMatch(/run `r` does not allow 60 tokens: 40 of 100 are left/);
    expect(starved.not_before).toBeDefined();
    const report = { taskId: first.id, agentId: 'ada', claim: 1 };
    await it.tasks.complete({ ...report, usage: { tokens: 10 } }, LOCAL);
    expect(await it.budgets.get(run)).toMatchObject([{ reserved: 0, spent: 10, available: 90 }]);
    // A limit that is raised has it looked at at once.
    await it.budgets.set(run, { tokens: 200 });
    expect((await next(it, 'ada'))?.task.id).toBe(second.id);
    await it.tasks.release({ ...report, taskId: second.id, reason: '' }, LOCAL);
    expect(await it.budgets.get(run)).toMatchObject([{ reserved: 0, spent: 10 }]);
    expect(await it.budgets.list()).toHaveLength(1);
    expect(await it.budgets.set(run, { tokens: null })).toEqual([]);
  });

  test('tasks and depth are limited where they are submitted', async () => {
    verifies('TSK-12');
    await using it = await openFresh(freshUrl());
    await it.budgets.set({ kind: 'task_tree', id: 'root' }, { tasks: 3, depth: 1 });
    await it.task({ id: 'root' });
    await it.task({ id: 'child', parent_task_id: 'root' });
    await expect(it.task({ parent_task_id: 'child' })).rejects.toMatchObject({
      code: 'refused',
      details: { kind: 'over_budget' },
      message: expect.stringContaining('does not allow 2 depth'),
    });
    await it.task({ parent_task_id: 'root' });
    await expect(it.task({ parent_task_id: 'root' })).rejects.toThrow(/0 of 3 are left/);
    await it.task({});
  });

  test('a part counts for the project and the run of the whole, and can not leave the project', async () => {
    verifies('TSK-12');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', maxConcurrentTasks: 4 });
    const project: BudgetScope = { kind: 'project', id: 'p' };
    await it.budgets.set(project, { tokens: 50, money_micros: 1_000, wall_time_ms: 60_000, tasks: 2 });
    await it.budgets.set(run, { tokens: 40 });
    const whole = await it.task({ id: 'whole', project_id: 'p', workflow_id: 'r', domain: 'elsewhere' });
    const budget = { tokens: 30, money_micros: 400, wall_time: '20s' };
    const part = await it.task({ parent_task_id: whole.id, budget });
    // An attempt never gets more time than it may use.
    expect(part).toMatchObject({
      project_id: 'p',
      timeout: 20,
      budget: { tokens: 30, wall_time_ms: 20_000 },
    });
    await expect(it.task({ parent_task_id: whole.id, project_id: 'q' })).rejects.toThrow(
      /project_id: the task whole, which it is a part of, belongs to the project p/,
    );
    await expect(it.task({ parent_task_id: part.id })).rejects.toThrow(
      /the budget of project `p` does not allow .* tasks: 0 of 2 are left/,
    );
    expect((await next(it, 'ada'))?.task.id).toBe(part.id);
    const reserved = Object.fromEntries(
      (await it.budgets.get(project)).map((one) => [one.unit, one.reserved]),
    );
    expect(reserved).toEqual({ tokens: 30, money_micros: 400, wall_time_ms: 20_000, tasks: 0 });
    expect(await it.budgets.get(run)).toMatchObject([{ reserved: 30 }]);
    // More than it had reserved: the limit holds, and the rest is told.
    const report = { taskId: part.id, agentId: 'ada', claim: 1, usage: { tokens: 60, money_micros: 90 } };
    await it.tasks.complete(report, LOCAL);
    const spent = new Map((await it.budgets.get(project)).map((one) => [one.unit, one]));
    expect(spent.get('tokens')).toMatchObject({ reserved: 0, spent: 50, overrun: 10, available: 0 });
    expect(spent.get('money_micros')).toMatchObject({ reserved: 0, spent: 90, overrun: 0, available: 910 });
    expect(spent.get('wall_time_ms')?.reserved).toBe(0);
    expect(await it.budgets.get(run)).toMatchObject([{ spent: 40, overrun: 20 }]);
  });

  test('attempts of two hosts at once never go over the limit', async () => {
    verifies('TSK-12');
    await using it = await openFresh(freshUrl());
    await it.budgets.set(run, { tokens: 55 });
    await it.budgets.set(ada, { tokens: 30 });
    const ids = ['ada', 'bob', 'cy', 'dot'];
    for (const id of ids) await it.agent({ id, maxConcurrentTasks: 10 });
    await Promise.all(
      Array.from({ length: 20 }, () => it.task({ workflow_id: 'r', budget: { tokens: 10 } })),
    );
    await using other = await openOn(it.database);
    let going = 0;
    const takes = ids.flatMap((id, index) => {
      const host = index % 2 === 0 ? it : other;
      return [1, 2, 3, 4].map(async () => {
        const handout = await next(host, id, 1_000);
        if (handout !== undefined) going += 1;
      });
    });
    await Promise.all(takes);
    expect(going).toBeGreaterThan(0);
    expect(going).toBeLessThanOrEqual(5);
    const [tokens] = await it.budgets.get(run);
    expect(tokens).toMatchObject({ reserved: going * 10, spent: 0 });
    expect((await it.budgets.get(ada))[0]?.reserved).toBeLessThanOrEqual(30);
  });
});

// Of SQLite there is one host.
describe.each(stores.filter(({ name }) => name !== 'sqlite'))(
  'budgets of other hosts on $name',
  ({ freshUrl }) => {
    test('hold at once, the very first one too', async () => {
      verifies('TSK-12');
      await using it = await openFresh(freshUrl());
      await using other = await openOn(it.database);
      await other.task({ workflow_id: 'r' });
      await it.budgets.set(run, { tasks: 1 });
      // Nothing is waited for: no hint has come to the other one.
      const [first, second] = await Promise.allSettled([
        other.task({ workflow_id: 'r' }),
        other.task({ workflow_id: 'r' }),
      ]);
      expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected']);
    });
  },
);
