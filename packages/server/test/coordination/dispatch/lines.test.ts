import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { createLines } from '../../../src/coordination/dispatch/lines.ts';
import { classOf } from '../../../src/coordination/scheduling/requirements.ts';
import type { TaskRow } from '../../../src/coordination/tasks/task-row.ts';
import { newTaskRow } from '../support/task-row.ts';

const CLASSES = [['a'], ['b']].map((capabilities) =>
  classOf({ domain: 'default', capabilities, tags: [], target: null }),
);

test('the heads are those of the store, whatever is entered before, after and while they are read', async () => {
  verifies('TSK-03', 'TSK-05');
  const change = fc.record({
    id: fc.integer({ min: 0, max: 7 }).map((n) => `task-${n}`),
    ready: fc.boolean(),
    rankMs: fc.integer({ min: 0, max: 3 }),
  });
  const step = fc.record({
    before: fc.array(change, { maxLength: 2 }),
    // The store answers what it had before or after these, or between two of them.
    during: fc.array(change, { maxLength: 3 }),
    answersAt: fc.integer({ min: 0, max: 3 }),
    byOthers: fc.boolean(),
    count: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const store = new Map<string, TaskRow>();
      let during: (() => Promise<void>) | undefined;
      const lines = createLines(async (classIds, limit) => {
        await during?.();
        return answer(classIds, limit);
      });
      let answer = headsNow;

      function headsNow(classIds: readonly string[], limit: number): readonly TaskRow[] {
        return classIds.flatMap((classId) =>
          [...store.values()]
            .filter(({ class_id, ready }) => class_id === classId && ready === 1)
            .toSorted((a, b) => a.rank_ms - b.rank_ms || (a.id < b.id ? -1 : 1))
            .slice(0, limit),
        );
      }

      function enter(
        { id, ready, rankMs }: { id: string; ready: boolean; rankMs: number },
        tell: boolean,
      ): void {
        const taskClass = CLASSES[Number(id.at(-1)) % CLASSES.length];
        const row = newTaskRow({ id, class_id: taskClass?.id ?? '', rank_ms: rankMs, ready: ready ? 1 : 0 });
        store.set(id, row);
        if (tell) lines.enter(row, taskClass);
      }

      for (const { before, during: meanwhile, answersAt, byOthers, count } of steps) {
        for (const one of before) enter(one, !byOthers);
        if (byOthers) lines.forget();
        during = async () => {
          let answered: ((ids: readonly string[], limit: number) => readonly TaskRow[]) | undefined;
          for (const [at, one] of meanwhile.entries()) {
            if (at === answersAt) answered = frozen();
            enter(one, true);
          }
          answer = answered ?? headsNow;
        };
        await lines.heads(CLASSES, count);
        during = undefined;
        // What it had to read it knows to be so; what it knew it was told.
        const again = await lines.heads(CLASSES, count);
        for (const { id } of CLASSES) {
          const expected = headsNow([id], count).map((row) => row.id);
          expect(again.filter(({ taskClass }) => taskClass.id === id).map((task) => task.id)).toEqual(
            expected,
          );
          expect(lines.hasOnly(id, () => false) && expected.length > 0).toBe(false);
        }
      }

      function frozen(): typeof headsNow {
        const all = new Map(CLASSES.map(({ id }) => [id, headsNow([id], Number.MAX_SAFE_INTEGER)]));
        return (classIds, limit) => classIds.flatMap((id) => (all.get(id) ?? []).slice(0, limit));
      }
    }),
  );
});

test('a line longer than what is kept of it is taken in its order to its end', async () => {
  verifies('TSK-03');
  const [taskClass] = CLASSES;
  if (taskClass === undefined) throw new Error('no class');
  const rows = Array.from({ length: 1_500 }, (_, n) =>
    newTaskRow({
      id: `task-${String(n).padStart(4, '0')}`,
      class_id: taskClass.id,
      rank_ms: (n * 7919) % 1_500,
    }),
  );
  const open = new Map(rows.map((row) => [row.id, row]));
  let reads = 0;
  const lines = createLines(async (_ids, limit) => {
    reads += 1;
    return [...open.values()].toSorted((a, b) => a.rank_ms - b.rank_ms).slice(0, limit);
  });
  const taken: number[] = [];
  while (open.size > 0) {
    const heads = await lines.heads([taskClass], 10);
    for (const { id, rankMs } of heads) {
      taken.push(rankMs);
      const row = open.get(id);
      if (row !== undefined) lines.enter({ ...row, ready: 0 }, taskClass);
      open.delete(id);
    }
    // One that comes behind all that is known, and one before.
    if (open.size === 750) {
      for (const rank_ms of [-1, 9_999]) {
        const row = newTaskRow({ id: `late${rank_ms}`, class_id: taskClass.id, rank_ms });
        open.set(row.id, row);
        lines.enter(row, taskClass);
      }
    }
  }
  const first = taken.slice(0, 750);
  expect(first).toEqual(Array.from({ length: 750 }, (_, n) => n));
  expect(taken.slice(750)).toEqual([-1, ...Array.from({ length: 750 }, (_, n) => 750 + n), 9_999]);
  expect(reads).toBeLessThan(10);
});
