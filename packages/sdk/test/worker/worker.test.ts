import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import {
  createWorker,
  ExecutorError,
  type Executor,
  type TaskResult,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
  type WorkTask,
} from '../../src/index.ts';
import { startWorkServer, type WorkServer } from './work-server.ts';

type Execute = (task: WorkTask, signal: AbortSignal) => Promise<TaskResult> | TaskResult;

const FAST: WorkerOptions['timing'] = {
  pollMs: 20,
  retry: { initialMs: 20, maxMs: 50 },
  reconnect: { initialMs: 20, maxMs: 50 },
  report: { initialMs: 10, maxMs: 50 },
  progressMs: 10,
  answerPollMs: 10,
  stopGraceMs: 200,
  drainMs: 100,
  farewellMs: 5_000,
};

let server: WorkServer;
let worker: Worker;
let running: Promise<void>;
let events: WorkerEvent[];

beforeEach(async () => {
  server = await startWorkServer();
  events = [];
});
afterEach(async () => {
  server.fate = () => 'answer';
  await worker.drain();
  await running;
  await server[Symbol.asyncDispose]();
});

function work(execute: Execute, options: Partial<WorkerOptions> = {}): void {
  const executor: Executor = {
    capabilities: ['work'],
    tags: [],
    async execute(task, signal) {
      return await execute(task, signal);
    },
  };
  worker = createWorker({
    url: server.url,
    agent: { id: 'worker-1', maxConcurrentTasks: 2, heartbeatInterval: 1 },
    executors: [executor],
    onEvent: (event) => events.push(event),
    ...options,
    timing: { ...FAST, ...options.timing },
  });
  running = worker.run();
}

const ended = (id: string) =>
  eventually(() => ['completed', 'failed'].includes(server.task(id).status) && server.task(id), {
    what: `the end of ${id}`,
  });
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
const ok: TaskResult = { success: true };

describe('worker', () => {
  test('registers, does what it is handed, and says what it came to', async () => {
    verifies('AGT-09');
    work(({ payload, attempt }) => ({ success: true, data: { got: payload, attempt } }));
    server.submit({ id: 'a', payload: { x: 1 } });
    server.submit({ id: 'b', payload: [2] });
    expect((await ended('a')).result).toEqual({ got: { x: 1 }, attempt: 1 });
    expect((await ended('b')).result).toEqual({ got: [2], attempt: 1 });
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: 'agents',
      body: { id: 'worker-1', capabilities: ['work'], tags: [] },
    });
    expect(server.calls('start').length).toBe(2);
    // It learns last that its report was taken.
    await eventually(() => worker.state().outcomes.completed === 2);
    expect(worker.state()).toMatchObject({ phase: 'ready', watching: true });
  });

  test('never has more tasks than it may', async () => {
    let [now, most] = [0, 0];
    work(async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now -= 1;
      return ok;
    });
    for (let index = 0; index < 20; index += 1) server.submit({ id: `t${index}` });
    await eventually(() => worker.state().outcomes.completed === 20);
    expect(most).toBe(2);
    // What came while the last report of another was on its way did not have to be asked for.
    expect(server.calls('tasks')).toEqual([]);
  });

  test('failures are told with whether another attempt may help', async () => {
    const left: unknown[] = [];
    work(({ payload, attempt, partialResult, progress }) => {
      left.push(partialResult);
      progress(0.5, 'half', { at: attempt });
      if (payload === 'throws') throw new Error('broken');
      if (payload === 'foreseen') throw new ExecutorError('not_found', 'There is no such thing.');
      if (payload === 'huge') return { success: true, data: 'x'.repeat(2 * 1024 ** 2) };
      if (payload === 'odd') return { success: true, data: 1n };
      return { success: false, error: 'no' };
    });
    server.submit({ id: 'throws', payload: 'throws' });
    expect(await ended('throws')).toMatchObject({
      status: 'failed',
      attempts: 3,
      error: { message: 'broken' },
      partial_result: { at: 3 },
    });
    expect(left).toEqual([undefined, { at: 1 }, { at: 2 }]);
    server.submit({ id: 'foreseen', payload: 'foreseen' });
    const message = 'not_found: There is no such thing.';
    expect(await ended('foreseen')).toMatchObject({ attempts: 1, error: { message } });
    server.submit({ id: 'huge', payload: 'huge' });
    expect(await ended('huge')).toMatchObject({
      attempts: 1,
      error: { message: expect.stringMatching(/^limit_bytes/) },
    });
    server.submit({ id: 'odd', payload: 'odd' });
    expect(await ended('odd')).toMatchObject({
      attempts: 1,
      error: { message: expect.stringMatching(/^invalid_data/) },
    });
    server.submit({ id: 'other', required_capabilities: ['fly'] });
    expect(await ended('other')).toMatchObject({
      attempts: 1,
      error: { message: expect.stringMatching(/^unsupported: .*fly/) },
    });
  });

  test('a lost claim ends its work, and nothing is said about it any more', async () => {
    const signals: AbortSignal[] = [];
    work(async (_task, signal) => {
      signals.push(signal);
      if (signals.length === 1) await aborted(signal);
      return { success: true, data: signals.length };
    });
    server.submit({ id: 'a' });
    await eventually(() => signals.length === 1);
    server.expire('a');
    await eventually(() => signals[0]?.aborted === true);
    await eventually(() => worker.state().outcomes.lost === 1);
    expect(server.calls('complete')).toEqual([]);
    // Offered again, it has another claim.
    server.submit({ id: 'b' });
    expect(await ended('a')).toMatchObject({ claim: 2, result: 2 });
    expect(
      server.calls('complete').filter(({ body }) => body['claim'] === 1 && body['agent_id'] === 'a'),
    ).toEqual([]);
  });

  test('what is lost without a word is noticed with the next report or heartbeat', async () => {
    let signal: AbortSignal | undefined;
    work(async (task, given) => {
      if (task.payload !== 'silent') return ok;
      signal = given;
      await aborted(given);
      return ok;
    });
    server.submit({ id: 'a', payload: 'silent' });
    await eventually(() => signal);
    server.expire('a', false);
    await eventually(() => signal?.aborted);
    await eventually(() => worker.state().outcomes.lost >= 1);
    expect(server.calls('complete')).toEqual([]);
  });

  test('progress is told now and then; the last word counts', async () => {
    work(async ({ progress }) => {
      for (let index = 1; index <= 1_000; index += 1) progress(index / 1_000, `row ${index}`);
      await eventually(() => server.task('a').progress === 1);
      return ok;
    });
    server.submit({ id: 'a' });
    await ended('a');
    expect(server.calls('progress').length).toBeLessThan(10);
    expect(server.calls('progress').at(-1)?.body).toMatchObject({
      progress: 1,
      message: 'row 1000',
      claim: 1,
    });
  });

  test('what comes too often is left out', async () => {
    work(
      async ({ progress }) => {
        for (let index = 1; index <= 200; index += 1) {
          progress(index / 200);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        return ok;
      },
      { timing: { progressMs: 600_000 } },
    );
    server.submit({ id: 'a' });
    await ended('a');
    expect(server.calls('progress').length).toBe(1);
  });

  test('asks a person and waits for the answer', async () => {
    work(
      async ({ ask }) => ({
        success: true,
        data: await ask({ prompt: 'Which one?', type: 'choice', choices: ['a', 'b'] }),
      }),
      {
        taskTimeoutMs: 500,
      },
    );
    server.submit({ id: 'a' });
    await eventually(() => server.task('a').status === 'waiting');
    // Its own time does not run while the person thinks.
    await eventually(() => server.calls('answered').length > 50);
    expect(server.calls('fail')).toEqual([]);
    server.answer('a', 'b');
    expect((await ended('a')).result).toBe('b');
    expect(server.calls('ask')[0]?.body).toMatchObject({
      prompt: 'Which one?',
      choices: ['a', 'b'],
      claim: 1,
    });
  });

  test('an attempt that takes too long fails, even when the executor does not stop', async () => {
    work(
      async ({ progress }) => {
        progress(0.1, 'begun', { kept: true });
        await new Promise(() => {});
        return ok;
      },
      { taskTimeoutMs: 50 },
    );
    server.submit({ id: 'a' });
    expect(await ended('a')).toMatchObject({
      status: 'failed',
      attempts: 3,
      partial_result: { kept: true },
      error: { message: 'limit_time: The task took longer than 50 ms.' },
    });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'executor-stuck', taskId: 'a' }));
  });

  test('drains: ends what it can, gives back the rest, and is gone', async () => {
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    const stopped: string[] = [];
    work(
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
    server.submit({ id: 'quick' });
    server.submit({ id: 'slow' });
    await eventually(() => worker.state().running.length === 2);
    const drained = worker.drain();
    await eventually(() => server.calls('drain').length === 1);
    server.submit({ id: 'late' });
    finish();
    await drained;
    await running;
    expect(server.task('quick').status).toBe('completed');
    expect(server.task('slow')).toMatchObject({ status: 'pending', partial_result: { rows: 30 } });
    expect(server.task('late')).toMatchObject({ status: 'pending', claim: 0 });
    expect(stopped).toEqual(['slow']);
    expect(server.registered).toBe(false);
    expect(worker.state()).toMatchObject({ phase: 'stopped', outcomes: { completed: 1, released: 1 } });
  });

  test('the signal drains it; a refused registration is an error', async () => {
    const end = new AbortController();
    worker = createWorker({ url: server.url, agent: { id: 'one' }, executors: [], timing: FAST });
    running = worker.run(end.signal);
    await eventually(() => worker.state().watching);
    end.abort();
    await running;
    expect(server.registered).toBe(false);
    server.fate = () => ({ status: 409, code: 'conflict' });
    const second = createWorker({ url: server.url, agent: { id: 'one' }, executors: [], timing: FAST });
    await expect(second.run()).rejects.toThrow('it is conflict');
    await vi.waitFor(() => expect(second.state().phase).toBe('stopped'));
  });
});
