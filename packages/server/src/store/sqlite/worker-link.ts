// The other end of the store's thread. Answers come in the order of their requests, so a line of waiters is all it takes.
// A thread that dies takes the store with it: all that wait are told, and whoever comes later.

import { Worker } from 'node:worker_threads';
import { StoreError } from '../store-error.ts';
import type { Outcome } from '../statement.ts';
import type { Answer, Request } from './protocol.ts';
import { sqliteError } from './sqlite-errors.ts';

export interface WorkerLink extends AsyncDisposable {
  /** Resolves with the answer; rejects with a StoreError. Requests are worked on in their order. */
  ask(request: Request): Promise<Outcome>;
  /** For requests without an answer. */
  tell(request: Request): void;
}

export interface OpeningLink extends WorkerLink {
  /** The file could not be opened: all requests fail. */
  readonly isUnopened: boolean;
}

interface Waiter {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: StoreError) => void;
  readonly isCommit: boolean;
}

/** V8's room for young objects in the thread: rows on their way out live for one message only. */
const MAX_YOUNG_MB = 4;

// The source runs as it is; what is published was compiled.
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** Requests are taken at once; they fail when the file can't be opened. */
export function startWorker(path: string, busyTimeoutMs: number): OpeningLink {
  const worker = new Worker(WORKER, {
    name: 'tutti-store',
    execArgv: [],
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_MB },
  });
  const { promise: exited, resolve: settle } = Promise.withResolvers<void>();
  const waiting: Waiter[] = [];
  let dead: StoreError | undefined;
  let unopened: StoreError | undefined;
  let died: unknown;

  worker.on('message', (answer: Answer) => {
    const waiter = waiting.shift();
    if (waiter === undefined) return;
    if (answer.ok) waiter.resolve(answer);
    else waiter.reject(sqliteError(answer.failure));
  });
  worker.on('error', (error) => {
    died = error;
  });
  worker.on('exit', () => {
    const lost = new StoreError('connection_lost', 'the thread of the store ended; start Tutti again', {
      cause: died,
    });
    dead = unopened ?? lost;
    for (const { reject, isCommit } of waiting.splice(0))
      reject(
        isCommit && unopened === undefined
          ? new StoreError('outcome_unknown', 'the thread of the store ended during a commit', {
              cause: died,
            })
          : (unopened ?? lost),
      );
    settle();
  });

  function ask(request: Request): Promise<Outcome> {
    if (dead !== undefined) return Promise.reject(dead);
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    waiting.push({ resolve, reject, isCommit: request.kind === 'commit' });
    worker.postMessage(request);
    return promise;
  }

  ask({ kind: 'open', path, busyTimeoutMs }).catch((error: unknown) => {
    if (error instanceof StoreError) unopened = error;
  });
  return {
    ask,
    get isUnopened() {
      return unopened !== undefined;
    },
    tell(request) {
      if (dead === undefined) worker.postMessage(request);
    },
    async [Symbol.asyncDispose]() {
      if (dead === undefined && unopened === undefined) await ask({ kind: 'close' });
      await exited;
    },
  };
}
