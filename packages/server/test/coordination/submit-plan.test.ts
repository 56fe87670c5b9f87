// Plans: checked as data, and submitted whole or not at all.

import { describe, expect, test } from 'vitest';
import { AppError, toAppError } from '../../src/kernel/errors.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { LOCAL, openFresh, type TestCoordination } from './support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();
const OPTIONS = { common: { domain: 'default', priority: 7 }, mayWait: false, isTrial: false } as const;
const task = (id: string, more: object = {}) => ({ id, description: `do ${id}`, ...more });

async function refusal(plan: Promise<unknown>): Promise<AppError> {
  return await plan.then(
    () => new AppError('internal', 'it was taken'),
    (error: unknown) => toAppError(error),
  );
}

const all = async (it: TestCoordination) => (await it.tasks.list({ limit: 100 })).items;

describe.each(stores)('a plan on $name', ({ freshUrl }) => {
  test('becomes tasks that wait for each other', async () => {
    verifies('TSK-10');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', capabilities: ['write'] });
    const plan = {
      tasks: [
        task('end', { depends_on: ['left', 'right'] }),
        task('left', { required_capabilities: ['write'], write_set: ['a/'] }),
        task('right', { write_set: ['b/'] }),
      ],
    };
    const { planId, tasks, chain } = await it.tasks.submitPlan(plan, OPTIONS, LOCAL);
    expect(chain).toBe(2);
    const [end, left, right] = tasks.map(({ task: one }) => one);
    expect(tasks.map(({ name }) => name)).toEqual(['end', 'left', 'right']);
    expect(end).toMatchObject({
      id: `${planId}-1`,
      priority: 7,
      reason: 'dependencies',
      depends_on: [left?.id, right?.id],
    });
    expect([left?.reason, right?.reason]).toEqual(['ready', 'ready']);
    for (const _one of [1, 2]) {
      const handed = await it.agents.next('ada', 10_000, LOCAL, signal);
      expect(handed?.task).toMatchObject({ write_set: [expect.stringMatching(/^[ab]\/$/)] });
      await it.tasks.complete({ taskId: handed?.task.id ?? '', agentId: 'ada', claim: 1 }, LOCAL);
    }
    expect((await it.agents.next('ada', 10_000, LOCAL, signal))?.task.id).toBe(end?.id);
  });

  test('with a fault creates nothing, and every fault is told', async () => {
    verifies('TSK-10');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', domain: 'elsewhere', capabilities: ['fly'] });
    const faults = async (tasks: unknown, options: object = {}): Promise<unknown> => {
      const { code, details } = await refusal(
        it.tasks.submitPlan({ tasks }, { ...OPTIONS, mayWait: true, ...options }, LOCAL),
      );
      return [code, details['findings']];
    };
    expect(await faults([task('a', { depends_on: ['b'] }), task('b', { depends_on: ['a'] })])).toEqual([
      'invalid_params',
      ['cycle'],
    ]);
    expect(await faults('x')).toEqual(['invalid_params', ['invalid']]);
    expect(await faults([task('a', { write_set: ['x'] }), task('b', { write_set: ['x'] })])).toEqual([
      'invalid_params',
      ['overlapping_writes'],
    ]);
    expect(await faults([task('a', { budget: { tokens: 5 } })], { budget: { tokens: 4 } })).toEqual([
      'invalid_params',
      ['over_budget'],
    ]);
    // Who is of another domain could not do it.
    const flying = [task('a', { required_capabilities: ['fly'] })];
    const told = await refusal(it.tasks.submitPlan({ tasks: flying }, OPTIONS, LOCAL));
    expect(told.message).toContain('tasks[0].required_capabilities: there is no agent');
    expect(await all(it)).toEqual([]);
    await it.tasks.submitPlan({ tasks: flying }, { ...OPTIONS, isTrial: true, mayWait: true }, LOCAL);
    expect(await all(it)).toEqual([]);
    await it.tasks.submitPlan({ tasks: flying }, { ...OPTIONS, mayWait: true }, LOCAL);
    expect(await all(it)).toMatchObject([{ reason: 'unsatisfiable' }]);
  });

  test('keeps to the budgets that its tasks count for, and its tasks carry what they may use', async () => {
    verifies('TSK-10', 'TSK-12');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    await it.budgets.set({ kind: 'project', id: 'p' }, { tokens: 100, tasks: 3 });
    await it.budgets.set({ kind: 'run', id: 'r' }, { depth: 0 });
    const submit = (tasks: object[], common: object = {}) =>
      it.tasks.submitPlan(
        { tasks },
        { ...OPTIONS, common: { ...OPTIONS.common, project_id: 'p', ...common } },
        LOCAL,
      );
    const costs = (tokens: number) => ({ budget: { tokens, wall_time: '30s' } });
    const tooMuch = await refusal(submit([task('a', costs(60)), task('b', costs(50)), task('c')]));
    expect(tooMuch.message).toContain(
      'tasks[2].budget: tokens are limited by the budget of project `p`, and `c` does not say',
    );
    expect(tooMuch.message).toContain(
      'all tasks together need 110 tokens, and 100 are left of the budget of project `p`',
    );
    expect(await all(it)).toEqual([]);
    const { tasks } = await submit([task('a', costs(60)), task('b', costs(40))], { workflow_id: 'r' });
    expect(tasks.map(({ task: one }) => one)).toMatchObject([
      { project_id: 'p', workflow_id: 'r', budget: { tokens: 60, wall_time_ms: 30_000 } },
      { project_id: 'p', workflow_id: 'r', budget: { tokens: 40, wall_time_ms: 30_000 } },
    ]);
    // What they reserve is gone for the next plan, and so are their places.
    const parent = (await it.agents.next('ada', 10_000, LOCAL, signal))?.task.id ?? '';
    const left = parent.endsWith('-1') ? 40 : 60;
    const more = await refusal(submit([task('a', costs(90)), task('b', costs(0))]));
    expect(more.message).toContain(`need 90 tokens, and ${left} are left of the budget of project`);
    expect(more.message).toContain('need 2 tasks, and 1 are left of the budget of project');
    const below = await refusal(submit([task('a', costs(0))], { parent_task_id: parent }));
    expect(below.message).toContain(
      'tasks would be 1 levels deep, and 0 are allowed by the budget of run `r`',
    );
  });

  test('of which one task can not be taken leaves none behind', async () => {
    verifies('TSK-10');
    await using it = await openFresh(freshUrl());
    const big = 'x'.repeat(19_000);
    const tasks = Array.from({ length: 60 }, (_, index) => ({ id: `t${index}`, description: big }));
    const plan = it.tasks.submitPlan(
      { tasks },
      { ...OPTIONS, mayWait: true, common: { ...OPTIONS.common, parent_task_id: 'nothing' } },
      LOCAL,
    );
    await expect(plan).rejects.toThrow('there is no task nothing');
    expect(await all(it)).toEqual([]);
  });

  test('with the same key again is the same plan', async () => {
    verifies('OPS-19', 'TSK-10');
    await using it = await openFresh(freshUrl());
    const once = { principal: LOCAL.id, key: 'k', digest: 'd' };
    const options = { ...OPTIONS, mayWait: true };
    const plan = { tasks: [task('a'), task('b', { depends_on: ['a'] })] };
    const first = await it.tasks.submitPlan(plan, options, LOCAL, once);
    expect(await it.tasks.submitPlan(plan, options, LOCAL, once)).toEqual(first);
    expect(await all(it)).toHaveLength(2);
  });
});
