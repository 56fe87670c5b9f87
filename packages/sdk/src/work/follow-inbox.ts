// Every message of an inbox once and in order, however often the connection breaks: listen, then pull what there is, then
// pull again whenever something is told that is not known yet. What is told is a hint; what is pulled is the truth.

import type { ReceivedMessage, ReceivedPage } from '@tutti/schemas';
import { TuttiApiError } from '../errors.ts';
import { backoffMs, pause } from '../worker/backoff.ts';

export interface Hint {
  /** Of a message that is there; undefined: listening has begun. */
  readonly seq: number | undefined;
}

export interface InboxSource {
  /** Ends, or rejects, when the connection does. */
  listen(signal: AbortSignal): AsyncIterable<Hint>;
  /** The oldest behind `after`. */
  pull(after: number, signal: AbortSignal): Promise<Pick<ReceivedPage, 'items' | 'nextCursor'>>;
}

export interface FollowTiming {
  /** How often it is pulled without a hint: some get lost. */
  readonly pollMs: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
}

export const FOLLOW_TIMING: FollowTiming = { pollMs: 10_000, firstRetryMs: 500, maxRetryMs: 30_000 };

export interface FollowOptions {
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timing?: FollowTiming | undefined;
}

export async function* followInbox(
  source: InboxSource,
  { after = 0, signal, timing = FOLLOW_TIMING }: FollowOptions = {},
): AsyncGenerator<ReceivedMessage, void> {
  const own = new AbortController();
  const until = signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]);
  const bell = createBell();
  let known = after;
  const listening = listenOn(source, until, timing, ({ seq }) => {
    // What is known already needs no pull.
    if (seq === undefined || seq > known) bell.ring();
  });
  try {
    for (;;) {
      // What is told from now on may not be in what is pulled.
      bell.reset();
      for (let isLast = false; !isLast;) {
        const page = await pullOnce(known);
        for (const message of page.items) {
          if (message.delivery.seq <= known) continue;
          known = message.delivery.seq;
          yield message;
        }
        isLast = page.nextCursor === undefined;
      }
      await bell.rung(timing.pollMs, until);
      until.throwIfAborted();
    }
  } finally {
    own.abort();
    await listening;
  }

  async function pullOnce(from: number): ReturnType<InboxSource['pull']> {
    for (let failures = 1; ; failures++)
      try {
        return await source.pull(from, until);
      } catch (error) {
        until.throwIfAborted();
        if (isLasting(error)) throw error;
        await pause(retryMs(timing, failures), until);
        until.throwIfAborted();
      }
  }
}

/** Again and again; what goes wrong for good is seen by the pull. */
async function listenOn(
  source: InboxSource,
  signal: AbortSignal,
  timing: FollowTiming,
  heard: (hint: Hint) => void,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      for await (const hint of source.listen(signal)) {
        failures = 0;
        heard(hint);
      }
    } catch {
      // Tried again.
    }
    await pause(retryMs(timing, Math.max(1, failures)), signal);
  }
}

function retryMs({ firstRetryMs, maxRetryMs }: FollowTiming, failures: number): number {
  return backoffMs({ initialMs: firstRetryMs, maxMs: maxRetryMs }, failures, Math.random);
}

/** What was refused stays so. */
function isLasting(error: unknown): boolean {
  return error instanceof TuttiApiError && error.status < 500 && error.status !== 408 && error.status !== 429;
}

interface Bell {
  ring(): void;
  reset(): void;
  /** When it was rung since the reset, or after the time, or when the signal is aborted. */
  rung(afterMs: number, signal: AbortSignal): Promise<void>;
}

function createBell(): Bell {
  let wake = Promise.withResolvers<void>();
  return {
    ring: () => wake.resolve(),
    reset() {
      wake = Promise.withResolvers();
    },
    async rung(afterMs, signal) {
      const over = new AbortController();
      await Promise.race([wake.promise, pause(afterMs, AbortSignal.any([signal, over.signal]))]);
      over.abort();
    },
  };
}
