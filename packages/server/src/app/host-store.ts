// What one host has of its store: the database, who it is among the hosts that share it, and whether it leads them.

import type { Clock } from '../kernel/clock.ts';
import type { Database, Host } from '../store/database.ts';
import { createLeaderLease, type LeaderLease } from '../store/leader-lease.ts';
import { createReplicaUpkeep } from '../store/replicas.ts';
import { forgetDiscoveries } from './bindings/catalog-database/catalog-database.ts';
import { forgetResults } from './bindings/kept-results/kept-results.ts';
import { forgetSessions } from './bindings/kept-sessions/kept-sessions.ts';
import { openHostDatabase, type HostDatabaseDeps } from './database.ts';
import { ensureReplicaId } from './replica-id.ts';

/** Of the work that one host does for all: deleting what is beyond the bounds. */
const RETENTION = 'retention';

export interface HostStore extends AsyncDisposable {
  readonly database: Database<object>;
  readonly host: Host;
  readonly leader: LeaderLease;
}

export interface HostStoreDeps extends Omit<HostDatabaseDeps, 'replica'> {
  readonly clock: Clock;
}

/** Rejects with an AppError that says what to do next. */
export async function openHostStore(deps: HostStoreDeps): Promise<HostStore> {
  const { statePath, clock, warn } = deps;
  const replica = await ensureReplicaId(statePath);
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await openHostDatabase({ ...deps, replica }));
  const { host = { replica, epoch: 0 } } = database;
  const leader = stack.use(
    createLeaderLease({
      database,
      name: RETENTION,
      holder: host.replica,
      clock,
      elapsedMs: () => performance.now(),
      random: Math.random,
    }),
  );
  stack.use(
    createReplicaUpkeep({
      database,
      host,
      leader,
      clock,
      forget: [forgetSessions, forgetResults, forgetDiscoveries],
      warn,
    }),
  );
  const parts = stack.move();
  return { database, host, leader, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}
