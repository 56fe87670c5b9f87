// Workers whose connections fail.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { verifies } from '../../../../test/verifies.ts';
import {
  createWorker,
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
const ok: TaskResult = { success: true };

describe('worker whose connection fails', () => {
  test('reports are said again until they are heard, and count once', async () => {
    verifies('AGT-09');
    let executed = 0;
    work(() => {
      executed += 1;
      return { success: true, data: 'done' };
    });
    let dropped = 0;
    // Each report is first refused by the network, then heard without an answer, then answered.
    const counts = new Map<string, number>();
    server.fate = ({ path }) => {
      if (!path.startsWith('tasks/')) return 'answer';
      const count = (counts.get(path) ?? 0) + 1;
      counts.set(path, count);
      dropped += count <= 2 ? 1 : 0;
      return count === 1 ? 'refuse' : count === 2 ? 'drop' : 'answer';
    };
    server.submit({ id: 'a' });
    await eventually(() => worker.state().outcomes.completed === 1);
    expect(server.task('a')).toMatchObject({ status: 'completed', claim: 1, attempts: 1, result: 'done' });
    expect(executed).toBe(1);
    expect(dropped).toBe(4);
    expect(server.calls('complete').length).toBe(3);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'report-delayed', taskId: 'a' }));
  });

  test('a task that somebody else ended is not reported as done', async () => {
    work(() => ok);
    server.fate = ({ path }) => (path.endsWith('/complete') ? { status: 409, code: 'conflict' } : 'answer');
    server.submit({ id: 'a' });
    await eventually(() => worker.state().outcomes.lost === 1);
    expect(server.calls('complete').length).toBe(1);
    expect(worker.state().outcomes.completed).toBe(0);
  });

  test('a result that is not taken becomes a failure', async () => {
    work(() => ok);
    server.fate = ({ path }) => (path.endsWith('/complete') ? { status: 413, code: 'too_large' } : 'answer');
    server.submit({ id: 'a' });
    expect(await ended('a')).toMatchObject({ status: 'failed', attempts: 1 });
  });

  test('asks for work while the watch is closed, and watches again', async () => {
    work(() => ok);
    let open = false;
    server.fate = ({ path }) =>
      path.includes('/work?') && !open ? { status: 502, code: 'unavailable' } : 'answer';
    server.submit({ id: 'a' });
    await ended('a');
    expect(worker.state()).toMatchObject({ watching: false, phase: 'ready' });
    expect(server.calls('next').length).toBeGreaterThan(0);
    open = true;
    await eventually(() => worker.state().watching);
    server.cutWatches();
    await eventually(() => events.filter(({ kind }) => kind === 'connected').length >= 2);
    server.submit({ id: 'b' });
    await ended('b');
  });

  test('comes back however long Tutti is away, and goes on with what it has', async () => {
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    work(async () => {
      await go;
      return { success: true, data: 'kept' };
    });
    server.submit({ id: 'a' });
    await eventually(() => worker.state().running.length === 1);
    server.fate = () => 'refuse';
    server.cutWatches();
    await eventually(() => worker.state().phase === 'disconnected');
    finish();
    await eventually(() => server.calls('complete').length >= 2);
    server.fate = () => 'answer';
    expect((await ended('a')).result).toBe('kept');
    await eventually(() => worker.state().watching);
  });

  test('registers again when Tutti does not know it any more', async () => {
    work(() => ok);
    await eventually(() => worker.state().watching);
    server.forgetAgent();
    await eventually(() => server.registered);
    server.submit({ id: 'a' });
    await ended('a');
  });

  test('what a process before it began is given back, and done under a new claim', async () => {
    server.submit({ id: 'a', status: 'in_progress', claim: 4, attempts: 1 });
    const attempts: number[] = [];
    work(({ attempt }) => {
      attempts.push(attempt);
      return ok;
    });
    expect(await ended('a')).toMatchObject({ status: 'completed', claim: 5 });
    expect(server.calls('release').map(({ body }) => body['claim'])).toEqual([4]);
    expect(attempts).toEqual([2]);
  });

  test('what is handed out twice is done once', async () => {
    const { promise: go, resolve: finish } = Promise.withResolvers<void>();
    let executed = 0;
    work(async () => {
      executed += 1;
      await go;
      return ok;
    });
    server.submit({ id: 'a' });
    await eventually(() => executed === 1);
    server.cutWatches();
    await eventually(() => events.filter(({ kind }) => kind === 'connected').length >= 2);
    finish();
    await ended('a');
    expect(executed).toBe(1);
    expect(server.calls('start').length).toBe(1);
    expect(server.calls('release')).toEqual([]);
  });
});
