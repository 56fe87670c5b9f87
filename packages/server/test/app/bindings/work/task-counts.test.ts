import { expect, test } from 'vitest';
import { eventually } from '../../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../../test/verifies.ts';
import { createTaskCounts, RECOUNT_MS } from '../../../../src/app/bindings/work/task-counts.ts';
import type { TaskTables } from '../../../../src/coordination/tasks/queries.ts';
import { countTasks, type TaskCount } from '../../../../src/coordination/tasks/reads.ts';
import { systemClock } from '../../../../src/kernel/clock.ts';
import { LOCAL, MIGRATIONS, openOn } from '../../../coordination/support/open.ts';
import { closeStoresAfterTests, openTest, postgres, sqliteUrl } from '../../../store/support/stores.ts';

closeStoresAfterTests();

async function open(url: string) {
  const database = (await openTest(url, { migrations: MIGRATIONS })).over<object>();
  let counted = 0;
  let nowMs = 0;
  const counts = createTaskCounts({
    start: [],
    clock: { ...systemClock, nowMs: () => nowMs },
    count: () => {
      counted += 1;
      return countTasks(database.over<TaskTables>().read);
    },
    warn: (message) => expect.fail(message),
  });
  const it = await openOn(database, systemClock, {
    events: {
      agentChanged: () => undefined,
      unsatisfiable: () => undefined,
      tasksChanged({ transitions }) {
        for (const transition of transitions) counts.take(transition);
      },
      recount: () => counts.recount(),
    },
  });
  return {
    it,
    all: async () =>
      Object.fromEntries([...(await counts.all())].map(({ status, count }: TaskCount) => [status, count])),
    counted: () => counted,
    advance: (ms: number) => void (nowMs += ms),
  };
}

test('tasks are counted as they change, without a look at all of them', async () => {
  verifies('OPS-07');
  const one = await open(sqliteUrl());
  await using it = one.it;
  const { id } = await it.task({});
  await it.task({});
  await it.tasks.cancel(id, undefined, LOCAL);
  expect(await one.all()).toEqual({ pending: 1, cancelled: 1 });
  expect(one.counted()).toBe(0);
});

test.runIf(postgres !== undefined)('what other hosts change is counted, and not often', async () => {
  verifies('OPS-07', 'OPS-01');
  const url = postgres?.freshUrl() ?? '';
  const [one, other] = [await open(url), await open(url)];
  await using _one = one.it;
  await using _other = other.it;
  await one.it.task({});
  await eventually(async () => (await other.all())['pending'] === 1, { what: 'the task of the other host' });
  const before = other.counted();
  for (let n = 0; n < 20; n++) await one.it.task({});
  await other.it.task({});
  for (let n = 0; n < 20; n++) await other.all();
  expect(other.counted()).toBe(before);
  await eventually(async () => {
    other.advance(RECOUNT_MS);
    return (await other.all())['pending'] === 22;
  });
  await eventually(async () => {
    one.advance(RECOUNT_MS);
    return (await one.all())['pending'] === 22;
  });
});
