// The hosts that use a store: each says from time to time that it is still there, and the leader forgets those that have
// not been there for long, with the rows that were theirs.

import type { Clock } from '../kernel/clock.ts';
import type { AnyDatabase, Host, Transaction } from './database.ts';
import type { LeaderLease } from './leader-lease.ts';
import { deleteReplica, readReplicasUnseen, touchReplica } from './queries.ts';
import type { ReplicaTables } from './store-tables.ts';

/** How often a host says that it is there. */
export const TOUCH_EVERY_MS = 60 * 60_000;
/** A host that was not there for so long is forgotten; if it comes back it begins anew. */
export const FORGET_AFTER_MS = 30 * 24 * 60 * 60_000;
/** Hosts that are forgotten in one transaction. */
const FORGOTTEN_AT_ONCE = 20;

/** Deletes what a host had of a module's tables. */
export type ForgetReplica = (tx: Pick<Transaction<object>, 'over'>, replica: string) => Promise<void>;

export interface ReplicaUpkeepDeps {
  readonly database: AnyDatabase;
  readonly host: Host;
  readonly leader: Pick<LeaderLease, 'term'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly forget: readonly ForgetReplica[];
  readonly warn: (message: string, cause?: unknown) => void;
}

export function createReplicaUpkeep(deps: ReplicaUpkeepDeps): AsyncDisposable {
  const { database, host, leader, clock, forget, warn } = deps;
  const tables = database.over<ReplicaTables>();
  let underWay: Promise<void> = Promise.resolve();
  let timer: Disposable | undefined;

  async function look(): Promise<void> {
    try {
      const nowMs = await tables.transaction(async (tx) => {
        const seen_at_ms = await tx.nowMs();
        await touchReplica(tx, { replica: host.replica, seen_at_ms });
        return seen_at_ms;
      });
      await forgetGone(nowMs - FORGET_AFTER_MS);
    } catch (error) {
      warn('cannot look after the hosts that the store knows; it is tried again', error);
    }
  }

  async function forgetGone(beforeMs: number): Promise<void> {
    const { term } = leader;
    if (term === undefined) return;
    await tables.transaction(
      async (tx) => {
        await term.fence(tx);
        for (const replica of await readReplicasUnseen(tx, { beforeMs, limit: FORGOTTEN_AT_ONCE })) {
          for (const one of forget) await one(tx, replica);
          await deleteReplica(tx, replica);
        }
      },
      { signal: term.signal },
    );
  }

  function later(): void {
    timer = clock.after(TOUCH_EVERY_MS, () => {
      underWay = look();
      later();
    });
  }

  later();
  return {
    async [Symbol.asyncDispose]() {
      timer?.[Symbol.dispose]();
      await underWay;
    },
  };
}
