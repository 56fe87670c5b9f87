import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { ADMIN, LOCAL, openFresh, STRANGER } from './support/open.ts';

closeStoresAfterTests();
const signal = new AbortController().signal;

describe.each(stores)('tasks on $name', ({ freshUrl }) => {
  test('a task goes to an agent that can do it, and ends with its result', async () => {
    verifies('TSK-01', 'TSK-04', 'TSK-05');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', capabilities: ['sum'] });
    const task = await it.task({ required_capabilities: ['sum'], payload: { numbers: [1, 2] } });
    expect(task).toMatchObject({ status: 'pending', reason: 'ready', claim: 0, attempts: 0 });

    const handout = await it.agents.next('ada', 5_000, LOCAL, signal);
    expect(handout).toMatchObject({ claim: 1, task: { id: task.id, payload: { numbers: [1, 2] } } });
    const report = { taskId: task.id, agentId: 'ada', claim: 1 };
    expect(await it.tasks.start(report, LOCAL)).toMatchObject({ status: 'in_progress', attempts: 1 });
    const done = await it.tasks.complete({ ...report, result: 3 }, LOCAL);
    expect(done).toMatchObject({ status: 'completed', assigned_agent_id: 'ada' });
    expect(it.agents.get('ada')).toMatchObject({ completed: 1, current_tasks: 0 });
    await expect(it.tasks.complete({ ...report, result: 4 }, LOCAL)).rejects.toMatchObject({
      code: 'conflict',
      details: { kind: 'already_done' },
    });
    expect((await it.tasks.get(task.id)).result).toBe(3);
  });

  test('a waiting call gets a task that is submitted later', async () => {
    verifies('TSK-05');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const waiting = it.agents.next('ada', 30_000, LOCAL, signal);
    const task = await it.task({});
    expect((await waiting)?.task.id).toBe(task.id);
    expect(await it.agents.next('ada', 0, LOCAL, signal)).toBeUndefined();
  });

  test('who waits already has a task with its submission; what stands in line comes first', async () => {
    verifies('TSK-03', 'TSK-05');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', maxConcurrentTasks: 1 });
    const seen: string[] = [];
    using _watch = it.agents.watch('ada', 1, LOCAL, {
      task: ({ task }) => void seen.push(task.description),
      lost: () => undefined,
      failed: (error) => expect.unreachable(String(error)),
    });
    const complete = async (taskId: string, claim = 1) =>
      await it.tasks.complete({ taskId, agentId: 'ada', claim }, LOCAL);
    // Nobody has looked at a line like it before.
    const first = await it.task({ description: 'first' });
    await eventually(() => seen.length === 1);
    await complete(first.id);
    let direct = await it.task({ description: 'second', payload: { n: 2 } });
    // A round may still be under way.
    await eventually(async () => {
      if (direct.status === 'assigned') return true;
      await eventually(async () => (await it.tasks.get(direct.id)).status === 'assigned');
      await complete(direct.id);
      direct = await it.task({ description: 'again' });
      return false;
    });
    expect(direct).toMatchObject({ status: 'assigned', assigned_agent_id: 'ada', claim: 1 });
    const [submitted, assigned] = await it.tasks.history(direct.id);
    expect([submitted?.event, assigned?.event]).toEqual(['submit', 'assign']);
    expect(assigned?.at_ms).toBe(submitted?.at_ms);
    expect(await it.tasks.why(direct.id)).toMatchObject({ assignment: { agent_id: 'ada', among: 1 } });

    // Its slot is taken: what comes stands in line, and the more urgent is not overtaken by what comes when it is free.
    const low = await it.task({ description: 'low', priority: 2 });
    const high = await it.task({ description: 'high', priority: 9 });
    expect([low.status, high.status]).toEqual(['pending', 'pending']);
    await complete(direct.id);
    const late = await it.task({ description: 'late', priority: 5 });
    expect(late.status).toBe('pending');
    await eventually(() => seen.at(-1) === 'high');
    await complete(high.id);
    await eventually(() => seen.at(-1) === 'late');
    await complete(late.id);
    await eventually(() => seen.at(-1) === 'low');
  });

  test('the claim of a silent agent ends, its task is offered again, and its late report is refused', async () => {
    verifies('AGT-05', 'TSK-04', 'AGT-06');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', heartbeatInterval: 1 });
    const task = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    await it.tasks.start({ taskId: task.id, agentId: 'ada', claim: 1 }, LOCAL);
    await eventually(() => it.happenings.agents.includes('ada silent'));
    await eventually(async () => (await it.tasks.get(task.id)).status === 'pending');
    await it.agent({ id: 'bob', heartbeatInterval: 60 });
    expect(await it.agents.next('bob', 5_000, LOCAL, signal)).toMatchObject({ claim: 2 });
    await expect(
      it.tasks.complete({ taskId: task.id, agentId: 'ada', claim: 1 }, LOCAL),
    ).rejects.toMatchObject({ details: { kind: 'stale_claim' } });
    await eventually(() => it.agents.get('ada').phase === 'Ready');
    expect((await it.agents.notice('ada', LOCAL)).lost).toMatchObject([{ task_id: task.id, claim: 1 }]);
    expect(it.happenings.agents.filter((line) => line === 'ada silent')).toHaveLength(1);
  });

  test('a failed attempt is tried again after its backoff, and the last one is kept for a person', async () => {
    verifies('TSK-07');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const { id: taskId } = await it.task({
      retryPolicy: { maxRetries: 1, backoff: 'fixed', initialDelay: '300ms' },
    });
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const failed = await it.tasks.fail(
      { taskId, agentId: 'ada', claim: 1, error: 'no luck', retryable: true },
      LOCAL,
    );
    expect(failed).toMatchObject({ status: 'pending', reason: 'backoff', attempts: 1 });
    const again = await it.agents.next('ada', 10_000, LOCAL, signal);
    expect(again?.claim).toBe(2);
    expect(Date.parse(again?.task.assigned_at ?? '')).toBeGreaterThanOrEqual(
      Date.parse(failed.not_before ?? ''),
    );
    expect(
      await it.tasks.fail({ taskId, agentId: 'ada', claim: 2, error: 'no', retryable: true }, LOCAL),
    ).toMatchObject({ status: 'failed', dead_letter: true, error: { code: 'agent_failed' } });
    expect(await it.tasks.retry(taskId, LOCAL)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  test('a task waits for those that it needs', async () => {
    verifies('TSK-10');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const first = await it.task({});
    const second = await it.task({ depends_on: [first.id] });
    expect(second).toMatchObject({ status: 'pending', reason: 'dependencies' });
    await it.agents.next('ada', 5_000, LOCAL, signal);
    await it.tasks.complete({ taskId: first.id, agentId: 'ada', claim: 1 }, LOCAL);
    expect((await it.agents.next('ada', 10_000, LOCAL, signal))?.task.id).toBe(second.id);
    await it.tasks.cancel(second.id, 'no need', LOCAL);
    const third = await it.task({ depends_on: [first.id] });
    expect(third.reason).toBe('ready');
    await expect(it.task({ depends_on: [second.id] })).rejects.toThrow(/cancelled/);
  });

  test('ids belong to who registered them', async () => {
    verifies('AGT-02');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    await it.agent({ id: 'ada', role: 'QA' });
    expect(it.agents.get('ada').role).toBe('QA');
    await expect(it.agent({ id: 'ada' }, STRANGER)).rejects.toMatchObject({ details: { kind: 'id_taken' } });
    await expect(it.agent({ id: 'ada' }, ADMIN)).rejects.toThrow(/alive/);
    await expect(it.agents.alive('ada', STRANGER)).rejects.toThrow(/another principal/);
  });

  test('a task that nobody could ever do says so at once', async () => {
    verifies('TSK-06');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const task = await it.task({ required_capabilities: ['fly'] });
    expect(task).toMatchObject({ status: 'pending', reason: 'unsatisfiable' });
    expect(it.happenings.unsatisfiable).toEqual([task.id]);
    expect(await it.task({ required_capabilities: ['fly'], on_unsatisfiable: 'fail' })).toMatchObject({
      status: 'failed',
      error: { code: 'unsatisfiable' },
    });
    const waiting = it.agents.next('bird', 10_000, LOCAL, signal);
    await expect(waiting).rejects.toThrow(/no agent bird/);
    await it.agent({ id: 'bird', capabilities: ['fly'] });
    expect((await it.agents.next('bird', 10_000, LOCAL, signal))?.task.id).toBe(task.id);
  });

  test('what leaves hands its work back', async () => {
    verifies('AGT-02');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const task = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    await it.agents.deregister('ada', LOCAL);
    expect(await it.tasks.get(task.id)).toMatchObject({ status: 'pending', claim: 1 });
    expect(() => it.agents.get('ada')).toThrow(/no agent/);
  });

  test('a watch is told what the agent holds, what it gets, up to its slots, and what it lost', async () => {
    verifies('TSK-05', 'AGT-09');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', maxConcurrentTasks: 2 });
    const tasks = [await it.task({}), await it.task({}), await it.task({})];
    const told: string[] = [];
    const listener = {
      task: ({ task, claim }: { task: { id: string }; claim: number }) =>
        void told.push(`${task.id} ${claim}`),
      lost: ({ task_id: id }: { task_id: string }) => void told.push(`lost ${id}`),
      failed: (error: unknown) => void told.push(String(error)),
    };
    const [first, second, third] = tasks.map(({ id }) => id);
    using watch = it.agents.watch('ada', undefined, LOCAL, listener);
    await eventually(() => told.length === 2);
    expect(told.toSorted()).toEqual([`${first} 1`, `${second} 1`].toSorted());
    watch[Symbol.dispose]();
    using _again = it.agents.watch('ada', undefined, LOCAL, listener);
    await eventually(() => told.length === 4);
    await it.tasks.complete({ taskId: first ?? '', agentId: 'ada', claim: 1 }, LOCAL);
    await eventually(() => told.includes(`${third} 1`));
    await it.tasks.cancel(second ?? '', undefined, LOCAL);
    await eventually(() => told.includes(`lost ${second}`));
    expect(told).toHaveLength(6);
  });

  test('many agents and tasks at once: each task is done once', async () => {
    verifies('TSK-04');
    await using it = await openFresh(freshUrl());
    const agents = Array.from({ length: 20 }, (_, n) => `agent-${n}`);
    await Promise.all(agents.map((id) => it.agent({ id, maxConcurrentTasks: 3 })));
    const done: string[] = [];
    const working = agents.map(async (id) => {
      for (;;) {
        const handout = await it.agents.next(id, 2_000, LOCAL, signal);
        if (handout === undefined) return;
        await it.tasks.complete({ taskId: handout.task.id, agentId: id, claim: handout.claim }, LOCAL);
        done.push(handout.task.id);
      }
    });
    const tasks = await Promise.all(Array.from({ length: 300 }, () => it.task({})));
    await eventually(() => done.length >= 300);
    await Promise.all(working);
    expect(done.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
  });
});
