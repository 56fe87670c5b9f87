// Projects and goals: their statuses, what belongs to them, and how far they are.

import { NewGoalSchema, NewProjectSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  MAX_LINKED_WORKFLOWS,
  MAX_PROJECTS,
  type ProjectNews,
} from '../../../src/coordination/projects/projects.ts';
import { progressOf } from '../../../src/coordination/projects/progress.ts';
import type { ProjectTables } from '../../../src/coordination/projects/queries.ts';
import { deleteTasksEndedBefore } from '../../../src/coordination/tasks/old-tasks.ts';
import type { TaskTables } from '../../../src/coordination/tasks/queries.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from '../../store/support/stores.ts';
import { ADMIN, LOCAL, MIGRATIONS, openFresh, openOn } from '../support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();

const project = (id: string, more: object = {}) => NewProjectSchema.parse({ id, name: id, ...more });
const goal = (id: string, more: object = {}) => NewGoalSchema.parse({ id, name: id, ...more });

test('progress leaves out what was cancelled', () => {
  verifies('PRJ-01');
  const counts = [
    { status: 'completed', tasks: 3 },
    { status: 'completed', tasks: 1 },
    { status: 'cancelled', tasks: 5 },
    { status: 'failed', tasks: 1 },
    { status: 'waiting', tasks: 3 },
  ] as const;
  expect(progressOf(counts)).toEqual({
    tasks: 13,
    open: 3,
    completed: 4,
    failed: 1,
    cancelled: 5,
    share: 0.5,
  });
  expect(progressOf([]).share).toBeUndefined();
  expect(progressOf([{ status: 'cancelled', tasks: 1 }]).share).toBeUndefined();
});

describe.each(stores)('projects on $name', ({ freshUrl }) => {
  test('are made, changed and told of', async () => {
    verifies('PRJ-01');
    const news: ProjectNews[] = [];
    await using host = await openFresh(freshUrl(), undefined, {
      events: {
        agentChanged: () => undefined,
        tasksChanged: () => undefined,
        unsatisfiable: () => undefined,
        projectChanged: (one) => void news.push(one),
      },
    });
    const { projects } = host;
    const once = { principal: 'local', key: 'k', digest: 'd' };
    const made = await projects.create(project('shop', { lead_agent_id: 'ada' }), LOCAL, once);
    expect(made).toMatchObject({ status: 'planning', lead_agent_id: 'ada', created_by: 'local' });
    expect(await projects.create(project('shop'), LOCAL, once)).toEqual(made);
    await expect(projects.create(project('shop'), LOCAL)).rejects.toMatchObject({ code: 'conflict' });
    await projects.update('shop', { name: 'Shop', lead_agent_id: null }, ADMIN);
    const active = await projects.update('shop', { status: 'active' }, ADMIN);
    expect(active).toMatchObject({ name: 'Shop', status: 'active', lead_agent_id: undefined });
    await projects.createGoal(goal('pay', { project_id: 'shop', initial_status: 'todo' }), LOCAL);
    await projects.createGoal(goal('alone'), LOCAL);
    await expect(
      projects.createGoal(goal('lost', { project_id: 'no such project' }), LOCAL),
    ).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      projects.updateGoal('alone', { project_id: 'no such project' }, LOCAL),
    ).rejects.toMatchObject({ code: 'not_found' });
    await projects.updateGoal('alone', { project_id: 'shop', status: 'done' }, LOCAL);
    await projects.updateGoal('pay', { project_id: null }, LOCAL);
    expect(await projects.get('shop')).toMatchObject({ goals: { done: 1, todo: 0, backlog: 0 } });
    expect(news.map(({ kind, id, before, status }) => [kind, id, before, status])).toEqual([
      ['project', 'shop', undefined, 'planning'],
      ['project', 'shop', 'planning', 'active'],
      ['goal', 'pay', undefined, 'todo'],
      ['goal', 'alone', undefined, 'backlog'],
      ['goal', 'alone', 'backlog', 'done'],
    ]);
    for (const unknown of [
      () => projects.get('none'),
      () => projects.goal('none'),
      () => projects.update('none', {}, LOCAL),
      () => projects.updateGoal('none', {}, LOCAL),
      () => projects.linkWorkflow({ workflow_id: 'w', goal_id: 'none' }, LOCAL),
    ])
      await expect(unknown()).rejects.toMatchObject({ code: 'not_found' });
    await host.agent({ id: 'idle', role: 'Idler' });
    await expect(
      projects.update('shop', { status: 'archived' }, { ...LOCAL, agentId: 'idle' }),
    ).rejects.toMatchObject({ code: 'refused' });
  });

  test('are listed in pages, by status and project', async () => {
    verifies('PRJ-01');
    await using host = await openFresh(freshUrl());
    const { projects } = host;
    for (let n = 0; n < 5; n++) {
      await projects.create(project(`p${n}`, { initial_status: n % 2 === 0 ? 'active' : 'on_hold' }), LOCAL);
      await projects.createGoal(goal(`g${n}`, { project_id: n < 3 ? 'p0' : undefined }), LOCAL);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await projects.list({ limit: 2, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
    expect((await projects.list({ limit: 10, statuses: ['on_hold'] })).items.length).toBe(2);
    const goals = await projects.goals({ limit: 2, projectId: 'p0' });
    const rest = await projects.goals({ limit: 2, projectId: 'p0', cursor: goals.nextCursor });
    expect([...goals.items, ...rest.items].map(({ id }) => id).toSorted()).toEqual(['g0', 'g1', 'g2']);
    expect((await projects.goals({ limit: 10, statuses: ['done'] })).items).toEqual([]);
    await expect(projects.list({ limit: 1, cursor: '!' })).rejects.toMatchObject({ code: 'invalid_params' });
  });

  test('are as far as their tasks, those that are not kept any more too', async () => {
    verifies('PRJ-01');
    await using host = await openFresh(freshUrl());
    const { projects, tasks, agents, database } = host;
    await projects.create(project('shop'), LOCAL);
    await projects.create(project('other'), LOCAL);
    await projects.createGoal(goal('pay', { project_id: 'shop' }), LOCAL);
    await host.agent({ id: 'ada' });
    const whole = await host.task({ goal_id: 'pay' });
    expect(whole).toMatchObject({ goal_id: 'pay', project_id: 'shop' });
    await expect(host.task({ goal_id: 'none' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(host.task({ goal_id: 'pay', project_id: 'other' })).rejects.toThrow(
      'belongs to the project shop',
    );
    const part = await host.task({ parent_task_id: whole.id });
    expect(part).toMatchObject({ goal_id: 'pay', project_id: 'shop' });
    await host.task({ project_id: 'shop', required_capabilities: ['nobody has'] });
    const handout = await agents.next('ada', 20_000, LOCAL, signal);
    const taskId = handout?.task.id ?? '';
    await tasks.complete({ taskId, agentId: 'ada', claim: 1 }, LOCAL);
    await tasks.cancel(taskId === whole.id ? part.id : whole.id, undefined, LOCAL);
    const asked = async () => [
      (await projects.goal('pay')).progress,
      (await projects.get('shop')).progress,
      (await projects.get('other')).progress,
    ];
    const expected = [
      { tasks: 2, open: 0, completed: 1, failed: 0, cancelled: 1, share: 1 },
      { tasks: 3, open: 1, completed: 1, failed: 0, cancelled: 1, share: 0.5 },
      { tasks: 0, open: 0, completed: 0, failed: 0, cancelled: 0 },
    ];
    expect(await asked()).toEqual(expected);
    const gone = await database
      .over<TaskTables>()
      .transaction(async (tx) => await deleteTasksEndedBefore(tx, (await tx.nowMs()) + 1, 10));
    expect(gone).toBe(2);
    expect(await asked()).toEqual(expected);
  });

  test('know their workflows and what steps are called elsewhere', async () => {
    verifies('PRJ-01');
    await using host = await openFresh(freshUrl());
    const { projects, database } = host;
    await projects.createGoal(goal('pay'), LOCAL);
    for (const workflow_id of ['w2', 'w1', 'w2'])
      await projects.linkWorkflow({ workflow_id, goal_id: 'pay' }, LOCAL);
    expect((await projects.goal('pay')).workflow_ids).toEqual(['w1', 'w2']);
    await database.over<ProjectTables>().transaction((tx) =>
      tx
        .insertInto('projects_workflows')
        .values(
          Array.from({ length: MAX_LINKED_WORKFLOWS - 2 }, (_, n) => ({
            goal_id: 'pay',
            workflow_id: `many ${n}`,
            linked_by: 'local',
            linked_ms: 0,
          })),
        )
        .execute(),
    );
    await expect(
      projects.linkWorkflow({ workflow_id: 'one more', goal_id: 'pay' }, LOCAL),
    ).rejects.toMatchObject({ code: 'overloaded' });
    const step = { workflow_id: 'w1', step_id: 's', external_system: 'jira' };
    await projects.linkStep({ ...step, external_task_id: 'SHOP-1' }, LOCAL);
    await projects.linkStep({ ...step, external_task_id: 'SHOP-2' }, LOCAL);
    await projects.linkStep({ ...step, external_system: 'github', external_task_id: '#7' }, LOCAL);
    expect(await projects.externalLinks('w1')).toEqual([
      { ...step, external_system: 'github', external_task_id: '#7' },
      { ...step, external_task_id: 'SHOP-2' },
    ]);
  });

  test('give a task its context', async () => {
    verifies('KNW-01');
    await using host = await openFresh(freshUrl());
    const { knowledge, contexts, projects, tasks } = host;
    await projects.create(project('shop'), LOCAL);
    const change = { project: 'shop', by: LOCAL };
    const entity = (name: string, ...observations: string[]) => ({
      name,
      entityType: 'note',
      observations,
      metadata: {},
    });
    await knowledge.createEntities(
      [
        entity('refunds', 'A refund needs a receipt.', 'x'.repeat(3_990)),
        entity('run', 'workflow:wf7 step:t1'),
        entity('unrelated', 'Nothing of that.'),
        ...Array.from({ length: 8 }, (_, n) =>
          entity(
            `large ${n}`,
            ...Array.from({ length: 3 }, (_one, at) => `refund ${at} ${'y'.repeat(3_900)}`),
          ),
        ),
      ],
      change,
    );
    await knowledge.createEntities([entity('of nobody', 'refund')], { ...change, project: 'other' });
    const first = await host.task({ id: 't0', description: 'find receipts' });
    await host.task({
      id: 't1',
      description: 'Make the refund work',
      project_id: 'shop',
      workflow_id: 'wf7',
      depends_on: [first.id],
      required_capabilities: ['code'],
    });
    const context = await contexts.of(await tasks.get('t1'));
    expect(context).toMatchObject({
      workflow: { id: 'wf7' },
      step: { id: 't1', description: 'Make the refund work', status: 'pending' },
      requirements: { required_capabilities: ['code'] },
      dependencies: [{ id: 't0', description: 'find receipts', status: 'pending' }],
    });
    const names = context.knowledgeEntities.map(({ name }) => name);
    expect(names[0]).toBe('run');
    expect(names).toContain('refunds');
    expect(names).not.toContain('unrelated');
    expect(names.length).toBe(10);
    const chars = context.knowledgeEntities.flatMap(({ observations }) => observations).join('').length;
    expect(chars).toBeGreaterThan(20_000);
    expect(chars).toBeLessThanOrEqual(32_000);
  });
});

describe.runIf(postgres !== undefined)('two hosts', () => {
  test('make one project of one id, and lose no change of it', async () => {
    verifies('PRJ-01', 'OPS-01');
    const url = postgres?.freshUrl() ?? '';
    const open = async () => await openOn((await openTest(url, { migrations: MIGRATIONS })).over<object>());
    await using one = await open();
    await using other = await open();
    const both = [one, other];
    const made = await Promise.allSettled(
      Array.from({ length: 6 }, async (_, n) => await both[n % 2]?.projects.create(project('shop'), LOCAL)),
    );
    expect(made.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    await Promise.all([
      one.projects.update('shop', { name: 'Shop' }, LOCAL),
      other.projects.update('shop', { status: 'active' }, LOCAL),
      one.projects.update('shop', { description: 'sells' }, LOCAL),
      other.projects.update('shop', { lead_agent_id: 'ada' }, LOCAL),
    ]);
    expect(await one.projects.get('shop')).toMatchObject({
      name: 'Shop',
      status: 'active',
      description: 'sells',
      lead_agent_id: 'ada',
    });
  });

  test('never make more than there may be', async () => {
    verifies('PRJ-01', 'OPS-01');
    const url = postgres?.freshUrl() ?? '';
    const open = async () => await openOn((await openTest(url, { migrations: MIGRATIONS })).over<object>());
    await using one = await open();
    await using other = await open();
    await one.database.over<ProjectTables>().transaction(async (tx) => {
      for (let at = 0; at < MAX_PROJECTS - 1; at += 1_111)
        await tx
          .insertInto('projects_projects')
          .values(
            Array.from({ length: Math.min(1_111, MAX_PROJECTS - 1 - at) }, (_, n) => ({
              id: `many ${at + n}`,
              name: 'one of many',
              description: '',
              status: 'archived' as const,
              lead_agent_id: null,
              created_by: 'local',
              created_ms: 0,
              changed_ms: 0,
            })),
          )
          .execute();
    });
    const made = await Promise.allSettled(
      Array.from(
        { length: 6 },
        async (_, n) => await [one, other][n % 2]?.projects.create(project(`last ${n}`), LOCAL),
      ),
    );
    expect(made.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'overloaded' },
    });
  });
});
