// Workers whose connections fail.

import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { ok, workerAt } from './worker-at.ts';

const at = workerAt();

describe('worker whose connection fails', () => {
  test('reports are said again until they are heard, and count once', async () => {
    verifies('AGT-09');
    let executed = 0;
    at.work(() => {
      executed += 1;
      return { success: true, data: 'done' };
    });
    let dropped = 0;
    // Each report is first refused by the network, then heard without an answer, then answered.
    const counts = new Map<string, number>();
    at.server.fate = ({ path }) => {
      if (!path.startsWith('tasks/')) return 'answer';
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      dropped += count <= 2 ? 1 : 0;
      return count === 1 ? 'refuse' : count === 2 ? 'drop' : 'answer';
    };
    at.server.submit({ id: 'a' });
    await eventually(() => at.worker.state().outcomes.completed === 1);
    expect(at.server.task('a')).toMatchObject({ status: 'completed', claim: 1, attempts: 1, result: 'done' });
    expect(executed).toBe(1);
    expect(dropped).toBe(4);
    expect(at.server.calls('complete').length).toBe(3);
    expect(at.events).toContainEqual(expect.objectContaining({ kind: 'report-delayed', taskId: 'a' }));
  });

  test('a task that somebody else ended is not reported as done', async () => {
    at.work(() => ok);
    at.server.fate = ({ path }) =>
      path.endsWith('/complete') ? { status: 409, code: 'conflict' } : 'answer';
    at.server.submit({ id: 'a' });
    await eventually(() => at.worker.state().outcomes.lost === 1);
    expect(at.server.calls('complete').length).toBe(1);
    expect(at.worker.state().outcomes.completed).toBe(0);
  });

  test('a result that is not taken becomes a failure', async () => {
    at.work(() => ok);
    at.server.fate = ({ path }) =>
      path.endsWith('/complete') ? { status: 413, code: 'too_large' } : 'answer';
    at.server.submit({ id: 'a' });
    expect(await at.ended('a')).toMatchObject({ status: 'failed', attempts: 1 });
  });

  test('asks for work while the watch is closed, and watches again', async () => {
    at.work(() => ok);
    let open = false;
    at.server.fate = ({ path }) =>
      path.includes('/work?') && !open ? { status: 502, code: 'unavailable' } : 'answer';
    at.server.submit({ id: 'a' });
    await at.ended('a');
    expect(at.worker.state()).toMatchObject({ watching: false, phase: 'ready' });
    expect(at.server.calls('next').length).toBeGreaterThan(0);
    open = true;
    await eventually(() => at.worker.state().watching);
    at.server.cutWatches();
    await eventually(() => at.events.filter(({ kind }) => kind === 'connected').length >= 2);
    at.server.submit({ id: 'b' });
    await at.ended('b');
  });

  test('comes back however long Tutti is away, and goes on with what it has', async () => {
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    at.work(async () => {
      await go;
      return { success: true, data: 'kept' };
    });
    at.server.submit({ id: 'a' });
    await eventually(() => at.worker.state().running.length === 1);
    at.server.fate = () => 'refuse';
    at.server.cutWatches();
    await eventually(() => at.worker.state().phase === 'disconnected');
    finish();
    await eventually(() => at.server.calls('complete').length >= 2);
    at.server.fate = () => 'answer';
    expect((await at.ended('a')).result).toBe('kept');
    await eventually(() => at.worker.state().watching);
  });

  test('registers again when Tutti does not know it any more', async () => {
    at.work(() => ok);
    await eventually(() => at.worker.state().watching);
    at.server.forgetAgent();
    await eventually(() => at.server.registered);
    at.server.submit({ id: 'a' });
    await at.ended('a');
  });

  test('what a process before it began is given back, and done under a new claim', async () => {
    at.server.submit({ id: 'a', status: 'in_progress', claim: 4, attempts: 1 });
    const attempts: number[] = [];
    at.work(({ attempt }) => {
      attempts.push(attempt);
      return ok;
    });
    expect(await at.ended('a')).toMatchObject({ status: 'completed', claim: 5 });
    expect(at.server.calls('release').map(({ body }) => body['claim'])).toEqual([4]);
    expect(attempts).toEqual([2]);
  });

  test('what is handed out twice is done once', async () => {
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    let executed = 0;
    at.work(async () => {
      executed += 1;
      await go;
      return ok;
    });
    at.server.submit({ id: 'a' });
    await eventually(() => executed === 1);
    at.server.cutWatches();
    await eventually(() => at.events.filter(({ kind }) => kind === 'connected').length >= 2);
    finish();
    await at.ended('a');
    expect(executed).toBe(1);
    expect(at.server.calls('start').length).toBe(1);
    expect(at.server.calls('release')).toEqual([]);
  });
});
