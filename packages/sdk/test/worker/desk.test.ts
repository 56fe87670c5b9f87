import type { ApiTask, Handout } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import type { ClaimRun, RunOutcome } from '../../src/worker/claim-run.ts';
import { createDesk } from '../../src/worker/desk.ts';
import { TASK } from './work-server.ts';

function openDesk(maxTasks: number) {
  const begun: string[] = [];
  const lost: string[] = [];
  const orphans: string[] = [];
  const ends = new Map<string, (outcome: RunOutcome) => void>();
  const desk = createDesk({
    maxTasks,
    run({ task, claim }): ClaimRun {
      begun.push(`${task.id}/${claim}`);
      const { promise: outcome, resolve } = Promise.withResolvers<RunOutcome>();
      ends.set(`${task.id}/${claim}`, resolve);
      return {
        task,
        id: { task_id: task.id, claim },
        outcome,
        lose(reason) {
          lost.push(`${task.id}/${claim}: ${reason}`);
          resolve('lost');
        },
        release() {},
      };
    },
    orphan: async ({ task }) => void orphans.push(task.id),
    onEnded() {},
  });
  const end = async (key: string): Promise<void> => {
    ends.get(key)?.('completed');
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { desk, begun, lost, orphans, end };
}

const handout = (id: string, claim = 1, status: ApiTask['status'] = 'assigned'): Handout => ({
  task: { ...TASK, id, claim, status },
  claim,
});

describe('the desk of a worker', () => {
  test('begins as many as it may, keeps as many for later, and leaves the rest to the server', async () => {
    verifies('AGT-09');
    const { desk, begun, end } = openDesk(2);
    for (const id of ['a', 'b', 'c', 'd', 'e']) desk.take(handout(id));
    expect(begun).toEqual(['a/1', 'b/1']);
    expect(desk.holding.map(({ task_id }) => task_id)).toEqual(['a', 'b', 'c', 'd']);
    await end('a/1');
    expect(begun).toEqual(['a/1', 'b/1', 'c/1']);
    await end('b/1');
    await end('c/1');
    await end('d/1');
    expect(begun).toEqual(['a/1', 'b/1', 'c/1', 'd/1']);
    expect(desk.free).toBe(2);
    // One that it let go is not known.
    desk.take(handout('e'));
    expect(begun.at(-1)).toBe('e/1');
  });

  test('knows each claim once, also after it has ended', async () => {
    const { desk, begun, end } = openDesk(2);
    desk.take(handout('a'));
    desk.take(handout('a'));
    await end('a/1');
    desk.take(handout('a', 1, 'in_progress'));
    expect(begun).toEqual(['a/1']);
  });

  test('a newer claim ends the older one', () => {
    const { desk, begun, lost } = openDesk(2);
    desk.take(handout('a', 1));
    desk.take(handout('a', 3));
    expect(begun).toEqual(['a/1', 'a/3']);
    expect(lost).toEqual(['a/1: it was handed out again']);
  });

  test('what is lost before its turn is not begun', async () => {
    const { desk, begun, end } = openDesk(1);
    desk.take(handout('a'));
    desk.take(handout('b'));
    desk.lose({ task_id: 'b', claim: 1, reason: 'cancelled' });
    await end('a/1');
    expect(begun).toEqual(['a/1']);
  });

  test('what it did not begin is an orphan; closed, it takes nothing', async () => {
    const { desk, begun, orphans, end } = openDesk(1);
    desk.take(handout('old', 4, 'in_progress'));
    desk.take(handout('old', 4, 'in_progress'));
    expect(orphans).toEqual(['old']);
    desk.take(handout('a'));
    desk.take(handout('b'));
    desk.close();
    desk.take(handout('c'));
    await end('a/1');
    expect(begun).toEqual(['a/1']);
    await desk.idle();
  });
});
