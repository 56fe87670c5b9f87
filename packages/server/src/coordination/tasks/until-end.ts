// Waiting for the end of a task: what this host decides is heard at once, what others decide when they give a hint.

import type { Clock } from '../../kernel/clock.ts';
import type { ChangeFeed } from '../../store/change-feed.ts';
import type { Ledger } from './ledger.ts';
import type { TaskRow } from './task-row.ts';

/** Hints come in numbers; so often is the task looked at again. */
const LOOK_EVERY_MS = 1_000;

export interface EndWait {
  readonly id: string;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface EndWaitDeps {
  readonly ledger: Pick<Ledger, 'subscribe'>;
  readonly clock: Clock;
  /** Calls back when another host may have changed tasks. */
  readonly onHint: (listener: () => void) => Disposable;
  readonly read: (id: string) => Promise<TaskRow>;
}

/** The task as it is when it ends, or when the time is over. Rejects with the signal's reason. */
export async function untilEnd(
  { ledger, clock, onHint, read }: EndWaitDeps,
  { id, waitMs, signal }: EndWait,
): Promise<TaskRow> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  // It may be rejected while the task is being read.
  promise.catch(() => undefined);
  using stack = new DisposableStack();
  let isHinted = false;
  stack.use(
    ledger.subscribe(({ transitions }) => {
      if (transitions.some(({ after }) => after.id === id && after.ended_ms !== null)) resolve(undefined);
    }),
  );
  stack.use(onHint(() => (isHinted = true)));
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  stack.defer(() => signal.removeEventListener('abort', giveUp));
  stack.use(clock.after(waitMs, () => resolve(undefined)));
  let timer: Disposable | undefined;
  const look = (): void => {
    timer = clock.after(LOOK_EVERY_MS, look);
    if (!isHinted) return;
    isHinted = false;
    read(id).then(({ ended_ms: endedMs }) => {
      if (endedMs !== null) resolve(undefined);
    }, reject);
  };
  look();
  stack.defer(() => timer?.[Symbol.dispose]());
  // After everything is listened to: an end in between is not missed.
  const row = await read(id);
  if (row.ended_ms !== null) return row;
  await promise;
  return await read(id);
}
