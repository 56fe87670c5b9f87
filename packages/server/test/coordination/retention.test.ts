import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { createTaskRetention, KEEP_ENDED_MS } from '../../src/coordination/retention.ts';
import type { TaskTables } from '../../src/coordination/tasks/queries.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { closeStoresAfterTests, stores } from '../store/support/stores.ts';
import { LOCAL, openFresh } from './support/open.ts';

closeStoresAfterTests();
const signal = new AbortController().signal;

describe.each(stores)('tasks that ended, on $name', ({ freshUrl }) => {
  test('go with all that they carried, unless an open task needs them', async () => {
    verifies('OPS-02');
    await using it = await openFresh(freshUrl());
    const tables = it.database.over<TaskTables>();
    await it.agent({ id: 'ada' });
    const [gone, needed] = [await it.task({ payload: 1 }), await it.task({ payload: 2 })];
    for (const _ of [gone, needed]) {
      const handout = await it.agents.next('ada', 5_000, LOCAL, signal);
      const report = { taskId: handout?.task.id ?? '', agentId: 'ada', claim: 1 };
      await it.tasks.complete({ ...report, result: 3 }, LOCAL);
    }
    const waits = await it.task({ depends_on: [needed.id], assigned_agent_id: 'nobody' });
    await tables.transaction((tx) =>
      tx
        .updateTable('tasks_tasks')
        .set((eb) => ({ ended_ms: eb('ended_ms', '-', KEEP_ENDED_MS + 1) }))
        .where('ended_ms', 'is not', null)
        .execute(),
    );
    await using retention = createTaskRetention({
      database: it.database,
      clock: systemClock,
      isUsed: () => true,
      warn: (message) => expect.fail(message),
    });
    expect(await retention.look()).toBe(1);
    await expect(it.tasks.get(gone.id)).rejects.toThrow(/no task/);
    expect((await it.tasks.get(needed.id)).status).toBe('completed');
    const left = await tables.read.selectFrom('tasks_contents').select('task_id').execute();
    expect(left.map(({ task_id }) => task_id)).not.toContain(gone.id);
    await it.tasks.cancel(waits.id, undefined, LOCAL);
    expect(await retention.look()).toBe(1);
  });
});
