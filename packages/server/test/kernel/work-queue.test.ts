import { expect, test } from 'vitest';
import { createWorkQueue, WORK_RETRY } from '../../src/kernel/work-queue.ts';
import { createManualClock } from './manual-clock.ts';

/** Work that ends when the test says so. */
function createBench(concurrency = 2) {
  const clock = createManualClock();
  const started: string[] = [];
  const failures: unknown[] = [];
  const open = new Map<string, PromiseWithResolvers<void>>();
  let most = 0;
  const queue = createWorkQueue({
    clock,
    concurrency,
    work(key) {
      started.push(key);
      const work = Promise.withResolvers<void>();
      expect(open.has(key), `${key} is at work only once`).toBe(false);
      open.set(key, work);
      most = Math.max(most, open.size);
      return work.promise;
    },
    failed: (_key, error) => failures.push(error),
  });
  async function finish(key: string, error?: Error): Promise<void> {
    const work = open.get(key);
    if (work === undefined) throw new Error(`${key} is not at work`);
    open.delete(key);
    if (error === undefined) work.resolve();
    else work.reject(error);
    await turn();
  }
  return { clock, queue, started, failures, finish, most: () => most };
}

/** Lets everything that is ready run. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a key that waits is there once', async () => {
  const { queue, started, finish } = createBench();
  queue.add('a');
  queue.add('a');
  queue.add('b');
  await turn();
  expect(started).toEqual(['a', 'b']);
  await finish('a');
  await finish('b');
  await queue.idle();
  expect(started).toEqual(['a', 'b']);
});

test('a key added while at work is worked on once more', async () => {
  const { queue, started, finish } = createBench();
  queue.add('a');
  await turn();
  queue.add('a');
  queue.add('a');
  await turn();
  expect(started).toEqual(['a']);
  await finish('a');
  expect(started).toEqual(['a', 'a']);
  await finish('a');
  await queue.idle();
  expect(started).toHaveLength(2);
});

test('no more keys are at work than allowed, and none is forgotten', async () => {
  const { queue, started, finish, most } = createBench(2);
  const keys = ['a', 'b', 'c', 'd', 'e'];
  for (const key of keys) queue.add(key);
  await turn();
  expect(started).toEqual(['a', 'b']);
  for (const key of keys) await finish(key);
  await queue.idle();
  expect(started).toEqual(keys);
  expect(most()).toBe(2);
});

test('a delayed key comes at its time, the earliest wish counts', async () => {
  const { clock, queue, started, finish } = createBench();
  queue.addAt('a', clock.nowMs() + 5_000);
  queue.addAt('a', clock.nowMs() + 1_000);
  queue.addAt('a', clock.nowMs() + 9_000);
  clock.advance(999);
  await turn();
  expect(started).toEqual([]);
  clock.advance(1);
  await turn();
  expect(started).toEqual(['a']);
  await finish('a');
  clock.advance(60_000);
  await turn();
  expect(started).toEqual(['a']);
});

test('adding a key now leaves its delay in force', async () => {
  const { clock, queue, started, finish } = createBench();
  queue.addAt('a', clock.nowMs() + 1_000);
  queue.add('a');
  await turn();
  await finish('a');
  clock.advance(1_000);
  await turn();
  expect(started).toEqual(['a', 'a']);
  await finish('a');
});

test('work that fails is reported and tried again, later each time', async () => {
  const { clock, queue, started, failures, finish } = createBench();
  queue.add('a');
  await turn();
  await finish('a', new Error('first'));
  clock.advance(WORK_RETRY.initialMs);
  await turn();
  expect(started).toEqual(['a', 'a']);
  await finish('a', new Error('second'));
  clock.advance(WORK_RETRY.initialMs);
  await turn();
  expect(started).toHaveLength(2);
  clock.advance(WORK_RETRY.initialMs);
  await turn();
  expect(started).toHaveLength(3);
  await finish('a');
  expect(failures).toEqual([new Error('first'), new Error('second')]);
});

test('closing waits for work in progress, and drops the rest and every timer', async () => {
  const { clock, queue, started, finish } = createBench(1);
  queue.add('a');
  queue.add('b');
  queue.addAt('c', clock.nowMs() + 1_000);
  await turn();
  let closed = false;
  const closing = queue[Symbol.asyncDispose]().then(() => (closed = true));
  await turn();
  expect(closed).toBe(false);
  await finish('a');
  await closing;
  queue.add('d');
  await turn();
  expect(started).toEqual(['a']);
  expect(clock.waiting).toBe(0);
});
