// A worker of a test, at a server of its own that does as it is told; fast where a worker takes its time.

import { afterEach, beforeEach } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import {
  createWorker,
  type Executor,
  type TaskResult,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
  type WorkerTiming,
  type WorkTask,
} from '../../src/index.ts';
import { startWorkServer, type WorkServer } from './work-server.ts';

type Execute = (task: WorkTask, signal: AbortSignal) => Promise<TaskResult> | TaskResult;

export const FAST: Partial<WorkerTiming> = {
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
export const ok: TaskResult = { success: true };

export interface WorkerAt {
  readonly server: WorkServer;
  readonly worker: Worker;
  /** Settles when the worker is done. */
  readonly running: Promise<void>;
  readonly events: readonly WorkerEvent[];
  /** Starts it with one executor for `work`. */
  work(execute: Execute, options?: Partial<WorkerOptions>): void;
  /** Starts this one. */
  run(worker: Worker, signal?: AbortSignal): void;
  ended(taskId: string): Promise<ReturnType<WorkServer['task']>>;
}

/** For each test of a file anew. Drained at its end. */
export function workerAt(): WorkerAt {
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

  function run(started: Worker, signal?: AbortSignal): void {
    worker = started;
    running = started.run(signal);
  }

  return {
    get server() {
      return server;
    },
    get worker() {
      return worker;
    },
    get running() {
      return running;
    },
    get events() {
      return events;
    },
    run,
    work(execute, options = {}) {
      const executor: Executor = {
        capabilities: ['work'],
        tags: [],
        async execute(task, signal) {
          return await execute(task, signal);
        },
      };
      run(
        createWorker({
          url: server.url,
          agent: { id: 'worker-1', maxConcurrentTasks: 2, heartbeatInterval: 1 },
          executors: [executor],
          onEvent: (event) => events.push(event),
          ...options,
          timing: { ...FAST, ...options.timing },
        }),
      );
    },
    ended: (id) =>
      eventually(() => ['completed', 'failed'].includes(server.task(id).status) && server.task(id), {
        what: `the end of ${id}`,
      }),
  };
}
