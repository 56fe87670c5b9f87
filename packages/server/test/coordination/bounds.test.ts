// What could grow without end does not: how deep tasks lie below one another, and what is remembered of one.

import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { CROWDED_EVERY, MAX_HISTORY_LINES } from '../../src/coordination/tasks/old-tasks.ts';
import { MAX_TASK_DEPTH } from '../../src/coordination/tasks/submit.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { LOCAL, openFresh } from './support/open.ts';

closeStoresAfterTests();
const { signal } = new AbortController();

describe.each(stores)('bounds on $name', ({ freshUrl }) => {
  test('tasks lie only so deep below one another', async () => {
    verifies('TSK-01', 'TSK-12');
    await using it = await openFresh(freshUrl());
    const { id: root } = await it.task({});
    let parent = root;
    for (let depth = 1; depth <= MAX_TASK_DEPTH; depth++)
      ({ id: parent } = await it.task({ parent_task_id: parent }));
    const deeper = { parent_task_id: parent, id: 'deeper' };
    await expect(it.task(deeper)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining(`${MAX_TASK_DEPTH} levels below ${root}`),
      details: { kind: 'too_deep' },
    });
    await expect(it.tasks.get('deeper')).rejects.toThrow(/no task/);
    await expect(
      it.tasks.submitPlan(
        { tasks: [{ id: 'a', description: 'a part' }] },
        { common: { domain: 'default', priority: 5, parent_task_id: parent }, mayWait: true, isTrial: false },
        LOCAL,
      ),
    ).rejects.toMatchObject({ details: { kind: 'too_deep' } });
  });

  test('a worker that never stops telling how far it is does not fill the history', async () => {
    verifies('TSK-01', 'TSK-13');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const { id } = await it.task({});
    await it.agents.next('ada', 5_000, LOCAL, signal);
    const report = { taskId: id, agentId: 'ada', claim: 1 };
    const reports = Array.from({ length: 1_000 }, (_, n) =>
      it.tasks.progress({ ...report, progress: n / 1_000, message: `row ${n}` }, LOCAL),
    );
    await Promise.all(reports);
    await it.tasks.complete(report, LOCAL);
    const history = await it.tasks.history(id);
    expect(history.length).toBeLessThanOrEqual(3 + 2 * CROWDED_EVERY);
    // What matters is there, and of the chatter the last.
    expect(history.slice(0, 2).map(({ event }) => event)).toEqual(['submit', 'assign']);
    expect(history.at(-1)).toMatchObject({ event: 'complete', version: 1_003 });
    expect(history.at(-2)).toMatchObject({ event: 'progress', detail: expect.stringContaining('row 999') });
    expect(await it.tasks.why(id)).toMatchObject({
      assignment: { agent_id: 'ada', claim: 1 },
      attempts: [{ claim: 1, ended_by: 'complete' }],
    });
  });

  test('of a task that goes to and fro without end the newest is remembered', async () => {
    verifies('TSK-13');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada' });
    const { id } = await it.task({});
    const rounds = MAX_HISTORY_LINES / 2 + CROWDED_EVERY;
    for (let claim = 1; claim <= rounds; claim++) {
      const handout = await it.agents.next('ada', 20_000, LOCAL, signal);
      expect(handout?.claim).toBe(claim);
      await it.tasks.release({ taskId: id, agentId: 'ada', claim, reason: 'again' }, LOCAL);
    }
    const history = await it.tasks.history(id);
    expect(history.length).toBeLessThanOrEqual(MAX_HISTORY_LINES);
    expect(history[0]).toMatchObject({ event: 'submit', version: 1 });
    expect(history.at(-1)).toMatchObject({ event: 'release', claim: rounds });
  }, 60_000);
});
