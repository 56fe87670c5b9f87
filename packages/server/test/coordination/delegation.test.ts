// Work that is given to one agent, and given to another afterwards.

import { TaskSubmissionSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { LOCAL, openFresh, STRANGER, type TestCoordination } from './support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();

function delegate(it: TestCoordination, agent: string, more: object = {}, by = LOCAL) {
  const task = TaskSubmissionSchema.parse({
    id: 'part',
    description: 'a part',
    assigned_agent_id: agent,
    ...more,
  });
  return it.tasks.delegate({ ...task, id: 'part', assigned_agent_id: agent }, by);
}

const next = (it: TestCoordination, agent: string) => it.agents.next(agent, 0, LOCAL, signal);

describe.each(stores)('on $name, a part of a task', ({ freshUrl }) => {
  test('goes to the agent that it is for, and to the next one with what the first left', async () => {
    verifies('TSK-09', 'TSK-16');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    await it.agent({ id: 'bob' });
    expect(await delegate(it, 'ada', { contextual_data: { why: 'because' } })).toMatchObject({
      id: 'part',
      status: 'pending',
    });
    expect(await next(it, 'bob')).toBeUndefined();
    const handed = await next(it, 'ada');
    expect(handed).toMatchObject({ claim: 1, task: { id: 'part', contextual_data: { why: 'because' } } });
    const report = { taskId: 'part', agentId: 'ada', claim: 1 };
    await it.tasks.progress({ ...report, progress: 0.4, partialResult: [1, 2] }, LOCAL);
    await it.agents.notice('ada', LOCAL);

    await delegate(it, 'bob');
    expect((await it.agents.notice('ada', LOCAL)).lost).toMatchObject([
      { task_id: 'part', claim: 1, reason: 'given to bob by local' },
    ]);
    await expect(it.tasks.complete(report, LOCAL)).rejects.toMatchObject({
      details: { kind: 'stale_claim' },
    });
    expect(await next(it, 'ada')).toBeUndefined();
    expect(await next(it, 'bob')).toMatchObject({
      claim: 2,
      task: {
        id: 'part',
        contextual_data: { why: 'because' },
        progress: 0.4,
        partial_result: [1, 2],
        attempts: 1,
      },
    });
    // The same again changes nothing for its holder.
    await delegate(it, 'bob', { contextual_data: { why: 'anew' } });
    expect((await it.tasks.get('part')).contextual_data).toEqual({ why: 'anew' });
    await it.tasks.complete({ taskId: 'part', agentId: 'bob', claim: 2 }, LOCAL);
    expect(it.agents.get('ada')).toMatchObject({ current_tasks: 0, completed: 0 });
    await expect(delegate(it, 'ada')).rejects.toMatchObject({ details: { kind: 'wrong_state' } });
  });

  test('is not given to nobody, nor taken from another principal', async () => {
    verifies('TSK-09', 'SEC-04');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    await expect(delegate(it, 'nobody')).rejects.toThrow(/There is no agent nobody/);
    await expect(it.tasks.get('part')).rejects.toThrow(/no task/);
    await delegate(it, 'ada');
    await expect(delegate(it, 'ada', {}, STRANGER)).rejects.toThrow(/another principal/);
  });
});

describe.each(stores)('on $name, the role of an agent', ({ freshUrl }) => {
  test('says what may be done in its name', async () => {
    verifies('AGT-07');
    await using it = await openFresh(freshUrl());
    const as = (agentId: string) => ({ ...LOCAL, agentId });
    await it.agent({ id: 'boss', role: 'Orchestrator' });
    await it.agent({ id: 'ada', role: 'Worker' });
    await expect(it.agents.setRole('boss', 'Worker', as('ada'))).rejects.toThrow(
      'ada has the role Worker, which does not allow "assign_roles"',
    );
    await expect(delegate(it, 'boss', {}, as('ada'))).rejects.toThrow('does not allow "delegate"');
    await expect(it.task({ assigned_agent_id: 'boss' }, as('ada'))).rejects.toThrow(
      'does not allow "delegate"',
    );
    await it.task({ assigned_agent_id: 'ada' }, as('ada'));
    const own = await it.task({}, as('ada'));
    expect(own).toMatchObject({ submitted_by: 'ada', created_by: 'local' });
    const others = await it.task({}, as('boss'));
    await expect(it.tasks.cancel(others.id, undefined, as('ada'))).rejects.toThrow('"cancel_others"');
    await it.tasks.cancel(own.id, undefined, as('boss'));
    await it.tasks.retry(own.id, as('ada'));
    await it.agents.setRole('ada', 'Idler', as('boss'));
    expect(it.agents.get('ada').role).toBe('Idler');
    await expect(next(it, 'ada')).rejects.toThrow('"take"');
    await expect(it.task({}, as('ada'))).rejects.toThrow('"submit"');
    // Nobody acts in the name of somebody else's agent.
    await expect(it.task({}, { ...STRANGER, agentId: 'boss' })).rejects.toThrow(/another principal/);
  });
});
