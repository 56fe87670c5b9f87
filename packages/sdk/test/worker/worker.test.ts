import { setImmediate as anotherTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import { createWorker, ExecutorError } from '../../src/index.ts';
import { FAST, ok, workerAt } from './worker-at.ts';

const at = workerAt();
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
describe('worker', () => {
  test('registers, does what it is handed, and says what it came to', async () => {
    verifies('AGT-09');
    at.work(({ payload, attempt }) => ({ success: true, data: { got: payload, attempt } }));
    at.server.submit({ id: 'a', payload: { x: 1 } });
    at.server.submit({ id: 'b', payload: [2] });
    expect((await at.ended('a')).result).toEqual({ got: { x: 1 }, attempt: 1 });
    expect((await at.ended('b')).result).toEqual({ got: [2], attempt: 1 });
    expect(at.server.seen[0]).toMatchObject({
      method: 'POST',
      path: 'agents',
      body: { id: 'worker-1', capabilities: ['work'], tags: [] },
    });
    expect(at.server.calls('start').length).toBe(2);
    // It learns last that its report was taken.
    await eventually(() => at.worker.state().outcomes.completed === 2);
    expect(at.worker.state()).toMatchObject({ phase: 'ready', watching: true });
  });

  test('never has more tasks than it may', async () => {
    let [now, most] = [0, 0];
    at.work(async () => {
      now += 1;
      most = Math.max(most, now);
      // The first waits for the second; a third would have had the time to come.
      await eventually(() => most >= 2);
      await anotherTurn();
      now -= 1;
      return ok;
    });
    for (let index = 0; index < 20; index += 1) at.server.submit({ id: `t${index}` });
    await eventually(() => at.worker.state().outcomes.completed === 20);
    expect(most).toBe(2);
    // What came while the last report of another was on its way did not have to be asked for.
    expect(at.server.calls('tasks')).toEqual([]);
  });

  test('failures are told with whether another attempt may help', async () => {
    const left: unknown[] = [];
    at.work(({ payload, attempt, partialResult, progress }) => {
      left.push(partialResult);
      progress(0.5, 'half', { at: attempt });
      if (payload === 'throws') throw new Error('broken');
      if (payload === 'foreseen') throw new ExecutorError('not_found', 'There is no such thing.');
      if (payload === 'huge') return { success: true, data: 'x'.repeat(2 * 1024 ** 2) };
      if (payload === 'odd') return { success: true, data: 1n };
      return { success: false, error: 'no' };
    });
    at.server.submit({ id: 'throws', payload: 'throws' });
    expect(await at.ended('throws')).toMatchObject({
      status: 'failed',
      attempts: 3,
      error: { message: 'broken' },
      partial_result: { at: 3 },
    });
    expect(left).toEqual([undefined, { at: 1 }, { at: 2 }]);
    at.server.submit({ id: 'foreseen', payload: 'foreseen' });
    const message = 'not_found: There is no such thing.';
    expect(await at.ended('foreseen')).toMatchObject({ attempts: 1, error: { message } });
    at.server.submit({ id: 'huge', payload: 'huge' });
    expect(await at.ended('huge')).toMatchObject({
      attempts: 1,
      error: { message: expect.stringMatching(/^limit_bytes/) },
    });
    at.server.submit({ id: 'odd', payload: 'odd' });
    expect(await at.ended('odd')).toMatchObject({
      attempts: 1,
      error: { message: expect.stringMatching(/^invalid_data/) },
    });
    at.server.submit({ id: 'other', required_capabilities: ['fly'] });
    expect(await at.ended('other')).toMatchObject({
      attempts: 1,
      error: { message: expect.stringMatching(/^unsupported: .*fly/) },
    });
  });

  test('a lost claim ends its work, and nothing is said about it any more', async () => {
    const signals: AbortSignal[] = [];
    at.work(async (_task, signal) => {
      signals.push(signal);
      if (signals.length === 1) await aborted(signal);
      return { success: true, data: signals.length };
    });
    at.server.submit({ id: 'a' });
    await eventually(() => signals.length === 1);
    at.server.expire('a');
    await eventually(() => signals[0]?.aborted === true);
    await eventually(() => at.worker.state().outcomes.lost === 1);
    expect(at.server.calls('complete')).toEqual([]);
    // Offered again, it has another claim.
    at.server.submit({ id: 'b' });
    expect(await at.ended('a')).toMatchObject({ claim: 2, result: 2 });
    expect(
      at.server.calls('complete').filter(({ body }) => body['claim'] === 1 && body['agent_id'] === 'a'),
    ).toEqual([]);
  });

  test('what is lost without a word is noticed with the next report or heartbeat', async () => {
    let signal: AbortSignal | undefined;
    at.work(async (task, given) => {
      if (task.payload !== 'silent') return ok;
      signal = given;
      await aborted(given);
      return ok;
    });
    at.server.submit({ id: 'a', payload: 'silent' });
    await eventually(() => signal);
    at.server.expire('a', false);
    await eventually(() => signal?.aborted);
    await eventually(() => at.worker.state().outcomes.lost >= 1);
    expect(at.server.calls('complete')).toEqual([]);
  });

  test('progress is told now and then; the last word counts', async () => {
    at.work(async ({ progress }) => {
      for (let index = 1; index <= 1_000; index += 1) progress(index / 1_000, `row ${index}`);
      await eventually(() => at.server.task('a').progress === 1);
      return ok;
    });
    at.server.submit({ id: 'a' });
    await at.ended('a');
    expect(at.server.calls('progress').length).toBeLessThan(10);
    expect(at.server.calls('progress').at(-1)?.body).toMatchObject({
      progress: 1,
      message: 'row 1000',
      claim: 1,
    });
  });

  test('what comes too often is left out', async () => {
    at.work(
      async ({ progress }) => {
        for (let index = 1; index <= 200; index += 1) {
          progress(index / 200);
          if (index === 1) await eventually(() => at.server.calls('progress').length === 1);
          await anotherTurn();
        }
        return ok;
      },
      { timing: { progressMs: 600_000 } },
    );
    at.server.submit({ id: 'a' });
    await at.ended('a');
    expect(at.server.calls('progress').length).toBe(1);
  });

  test('asks a person and waits for the answer', async () => {
    at.work(
      async ({ ask }) => ({
        success: true,
        data: await ask({ prompt: 'Which one?', type: 'choice', choices: ['a', 'b'] }),
      }),
      {
        taskTimeoutMs: 500,
      },
    );
    at.server.submit({ id: 'a' });
    await eventually(() => at.server.task('a').status === 'waiting');
    // Its own time does not run while the person thinks.
    await eventually(() => at.server.calls('answered').length > 50);
    expect(at.server.calls('fail')).toEqual([]);
    at.server.answer('a', 'b');
    expect((await at.ended('a')).result).toBe('b');
    expect(at.server.calls('ask')[0]?.body).toMatchObject({
      prompt: 'Which one?',
      choices: ['a', 'b'],
      claim: 1,
    });
  });

  test('an attempt that takes too long fails, even when the executor does not stop', async () => {
    at.work(
      async ({ progress }) => {
        progress(0.1, 'begun', { kept: true });
        await new Promise(() => {});
        return ok;
      },
      { taskTimeoutMs: 50 },
    );
    at.server.submit({ id: 'a' });
    expect(await at.ended('a')).toMatchObject({
      status: 'failed',
      attempts: 3,
      partial_result: { kept: true },
      error: { message: 'limit_time: The task took longer than 50 ms.' },
    });
    expect(at.events).toContainEqual(expect.objectContaining({ kind: 'executor-stuck', taskId: 'a' }));
  });

  test('drains: ends what it can, gives back the rest, and is gone', async () => {
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    const stopped: string[] = [];
    at.work(
      async ({ id, progress }, signal) => {
        if (id === 'quick') await go;
        else {
          progress(0.3, 'a third', { rows: 30 });
          await aborted(signal);
          stopped.push(id);
        }
        return ok;
      },
      { timing: { drainMs: 300 } },
    );
    at.server.submit({ id: 'quick' });
    at.server.submit({ id: 'slow' });
    await eventually(() => at.worker.state().running.length === 2);
    const drained = at.worker.drain();
    await eventually(() => at.server.calls('drain').length === 1);
    at.server.submit({ id: 'late' });
    finish();
    await drained;
    await at.running;
    expect(at.server.task('quick').status).toBe('completed');
    expect(at.server.task('slow')).toMatchObject({ status: 'pending', partial_result: { rows: 30 } });
    expect(at.server.task('late')).toMatchObject({ status: 'pending', claim: 0 });
    expect(stopped).toEqual(['slow']);
    expect(at.server.registered).toBe(false);
    expect(at.worker.state()).toMatchObject({ phase: 'stopped', outcomes: { completed: 1, released: 1 } });
  });

  test('the signal drains it; a refused registration is an error', async () => {
    const end = new AbortController();
    const only = { url: at.server.url, agent: { id: 'one' }, executors: [], timing: FAST };
    at.run(createWorker(only), end.signal);
    await eventually(() => at.worker.state().watching);
    end.abort();
    await at.running;
    expect(at.server.registered).toBe(false);
    at.server.fate = () => ({ status: 409, code: 'conflict' });
    const second = createWorker(only);
    await expect(second.run()).rejects.toThrow('it is conflict');
    await vi.waitFor(() => expect(second.state().phase).toBe('stopped'));
  });
});
