// What has to be done about messages now and then: what agents left behind that went without anybody looking (their host
// crashed) is settled, what nobody took in time goes back, and what is old goes for good. All of it can be done again, by
// any host.

import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../store/database.ts';
import { KEEP_MESSAGES_MS } from './limits.ts';
import { deleteThreadsBefore, deleteMessagesBefore, readExpiring } from './old-mail.ts';
import { readStaleInboxes } from './reads.ts';
import type { MailTables } from './rows.ts';
import type { Settler } from './settling.ts';

const LOOK_EVERY_MS = 60_000;
const CLEAN_EVERY_MS = 60 * 60_000;
/** Inboxes, or messages, that one step takes on. */
const CHUNK = 200;

export interface HousekeepingDeps {
  readonly database: Database<MailTables>;
  readonly clock: Clock;
  readonly settler: Settler;
  /** Whether there is anything at all: a store that rests is not woken for nothing. */
  readonly isUsed: () => boolean;
  readonly warn: (message: string, cause?: unknown) => void;
}

export interface Housekeeping extends AsyncDisposable {
  /** Settles what agents that are gone left behind. */
  look(): Promise<void>;
  /** What is too old goes. */
  clean(): Promise<void>;
}

export function createHousekeeping(deps: HousekeepingDeps): Housekeeping {
  const { database, clock, settler, isUsed, warn } = deps;
  const closing = new AbortController();
  let working: Promise<unknown> = Promise.resolve();
  let cleanAtMs = clock.nowMs() + CLEAN_EVERY_MS;
  let timer = later();

  function later(): Disposable {
    return clock.after(LOOK_EVERY_MS, () => {
      working = work().finally(() => {
        if (!closing.signal.aborted) timer = later();
      });
    });
  }

  async function work(): Promise<void> {
    if (!isUsed()) return;
    try {
      await look();
      if (clock.nowMs() < cleanAtMs) return;
      cleanAtMs = clock.nowMs() + CLEAN_EVERY_MS;
      await clean();
    } catch (error) {
      if (!closing.signal.aborted) warn('cannot look after messages; it is tried again', error);
    }
  }

  async function look(): Promise<void> {
    for (;;) {
      const stale = await readStaleInboxes(database.read, CHUNK);
      for (const id of stale) {
        if (closing.signal.aborted) return;
        await settler.settle(id);
      }
      if (stale.length < CHUNK) return;
    }
  }

  async function clean(): Promise<void> {
    const nowMs = await database.transaction((tx) => tx.nowMs());
    const beforeMs = nowMs - KEEP_MESSAGES_MS;
    for (;;) {
      const expiring = await readExpiring(database.read, beforeMs, CHUNK);
      for (const id of expiring) {
        if (closing.signal.aborted) return;
        await settler.expire(id, beforeMs);
      }
      if (expiring.length < CHUNK) break;
    }
    for (;;) {
      const deleted = await database.transaction(
        async (tx) =>
          (await deleteMessagesBefore(tx, beforeMs, CHUNK)) +
          (await deleteThreadsBefore(tx, beforeMs, CHUNK)),
      );
      if (deleted === 0 || closing.signal.aborted) return;
    }
  }

  return {
    look,
    clean,
    async [Symbol.asyncDispose]() {
      closing.abort();
      timer[Symbol.dispose]();
      await working;
    },
  };
}
