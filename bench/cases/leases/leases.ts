// Leases of files, on both databases: what a lease takes by itself and with many who want the same files, beside the bare
// statements of one.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AgentRegistrationSchema, LeaseRequestSchema } from '@tutti/schemas';
import { AGENT_MIGRATIONS } from '../../../packages/server/src/coordination/agents/migrations.ts';
import { BUDGET_MIGRATIONS } from '../../../packages/server/src/coordination/budgets/migrations.ts';
import {
  type Coordination,
  openCoordination,
} from '../../../packages/server/src/coordination/coordination.ts';
import { LEASE_MIGRATIONS } from '../../../packages/server/src/coordination/leases/migrations.ts';
import {
  type AllTables,
  deleteLeases,
  insertLeases,
} from '../../../packages/server/src/coordination/leases/queries.ts';
import { TASK_MIGRATIONS } from '../../../packages/server/src/coordination/tasks/migrations.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createIds } from '../../../packages/server/src/kernel/ids.ts';
import type { Database } from '../../../packages/server/src/store/database.ts';
import { takeGuard } from '../../../packages/server/src/store/guard.ts';
import { openDatabase } from '../../../packages/server/src/store/open-database.ts';
import { type LatencySummary, summarize } from '../../load/latencies.ts';
import { startPostgres } from '../../targets/postgres.ts';
import { BENCH } from '../coordination/world.ts';

/** Who asks at once. */
const CALLERS = 32;
/** Leases that others have meanwhile. */
const HELD = 1_000;
/** Files that all callers want one of: so many of them collide. */
const SHARED_FILES = 8;
const FULL_SECONDS = 6;
const QUICK_SECONDS = 2;
const MIGRATIONS = [AGENT_MIGRATIONS, TASK_MIGRATIONS, BUDGET_MIGRATIONS, LEASE_MIGRATIONS];

export interface LeaseStoreResult {
  readonly store: 'SQLite' | 'PostgreSQL';
  /** One caller, a file that nobody else wants. */
  readonly alone: LatencySummary;
  /** The same statements without the decision. */
  readonly bare: LatencySummary;
  /** Many callers, each with files of its own. */
  readonly apart: LatencySummary;
  /** Many callers, a few files: from the moment at which the file is free, or was asked for, until its lease. */
  readonly contended: LatencySummary;
  readonly contendedPerSecond: number;
}

export interface LeaseResult {
  readonly callers: number;
  readonly held: number;
  readonly sharedFiles: number;
  readonly stores: readonly LeaseStoreResult[];
}

export async function measureLeases(
  folder: string,
  { quick, progress }: { readonly quick: boolean; readonly progress: (line: string) => void },
): Promise<LeaseResult> {
  const seconds = quick ? QUICK_SECONDS : FULL_SECONDS;
  const measure = async (store: LeaseStoreResult['store'], url: string): Promise<LeaseStoreResult> => {
    progress(`leases on ${store}`);
    await using database = await openDatabase(url, { migrations: MIGRATIONS });
    await using coordination = await open(database);
    const ids = Array.from({ length: CALLERS }, (_, n) => `agent-${n}`);
    for (const id of [...ids, 'holder-0', 'holder-1'])
      await coordination.agents.register(
        AgentRegistrationSchema.parse({ id, heartbeatInterval: 3_600 }),
        BENCH,
      );
    for (let n = 0; n < HELD; n++) await acquire(coordination, `holder-${n % 2}`, `held/${n}`, 0);
    const alone = await measureAlone(coordination, seconds);
    const bare = await measureBare(database.over<AllTables>(), seconds);
    const apart = await measureApart(coordination, ids, seconds);
    return { store, alone, bare, apart, ...(await measureContended(coordination, ids, seconds)) };
  };
  const stores = [await measure('SQLite', `sqlite:${join(folder, 'leases.db')}`)];
  await using postgres = await startPostgres();
  if (postgres !== undefined) stores.push(await measure('PostgreSQL', postgres.url));
  return { callers: CALLERS, held: HELD, sharedFiles: SHARED_FILES, stores };
}

function open(database: Database<object>): Promise<Coordination> {
  return openCoordination({
    database,
    clock: systemClock,
    makeId: createIds({ nowMs: () => Date.now(), randomBytes }),
    switches: () => ({ domainFiltering: true, loadBalancing: true }),
    roles: () => ({}),
    events: { agentChanged: () => undefined, tasksChanged: () => undefined, unsatisfiable: () => undefined },
    warn: (message, cause) => console.error(message, cause),
  });
}

const never = new AbortController().signal;

async function acquire(
  { leases }: Coordination,
  agent: string,
  path: string,
  waitSeconds: number,
): Promise<void> {
  const request = LeaseRequestSchema.parse({ agent_id: agent, paths: [path], wait_seconds: waitSeconds });
  const { status, message } = await leases.acquire(request, BENCH, never);
  if (status !== 'acquired') throw new Error(`${agent} did not get ${path}: ${message ?? ''}`);
}

async function release({ leases }: Coordination, agent: string, path: string): Promise<void> {
  await leases.release({ agent_id: agent, paths: [path] }, BENCH);
}

async function measureAlone(coordination: Coordination, seconds: number): Promise<LatencySummary> {
  const latencies: number[] = [];
  const endAt = performance.now() + seconds * 1_000;
  for (let n = 0; performance.now() < endAt; n++) {
    const askedAt = performance.now();
    await acquire(coordination, 'agent-0', `alone/${n}`, 0);
    latencies.push(performance.now() - askedAt);
    await release(coordination, 'agent-0', `alone/${n}`);
  }
  return summarize(latencies);
}

async function measureBare(database: Database<AllTables>, seconds: number): Promise<LatencySummary> {
  const latencies: number[] = [];
  const endAt = performance.now() + seconds * 1_000;
  for (let n = 0; performance.now() < endAt; n++) {
    const id = `bare-${n}`;
    const askedAt = performance.now();
    await database.transaction(async (tx) => {
      const fence = await takeGuard(tx, 'leases/bare', 3);
      await insertLeases(tx.over(), [
        {
          id,
          space: 'bare',
          agent_id: 'agent-0',
          task_id: null,
          mode: 'exclusive',
          patterns: `["bare/${n}"]`,
          reason: '',
          ttl_ms: 1_800_000,
          since_ms: await tx.nowMs(),
          fence,
        },
      ]);
    });
    latencies.push(performance.now() - askedAt);
    await database.transaction((tx) => deleteLeases(tx.over(), [id]));
  }
  return summarize(latencies);
}

async function measureApart(
  coordination: Coordination,
  ids: readonly string[],
  seconds: number,
): Promise<LatencySummary> {
  const latencies: number[] = [];
  const endAt = performance.now() + seconds * 1_000;
  await Promise.all(
    ids.map(async (id) => {
      for (let n = 0; performance.now() < endAt; n++) {
        const askedAt = performance.now();
        await acquire(coordination, id, `${id}/${n}`, 0);
        latencies.push(performance.now() - askedAt);
        await release(coordination, id, `${id}/${n}`);
      }
    }),
  );
  return summarize(latencies);
}

async function measureContended(
  coordination: Coordination,
  ids: readonly string[],
  seconds: number,
): Promise<{ readonly contended: LatencySummary; readonly contendedPerSecond: number }> {
  const latencies: number[] = [];
  const releasedAt = new Map<string, number>();
  const endAt = performance.now() + seconds * 1_000;
  await Promise.all(
    ids.map(async (id, n) => {
      const path = `wanted/${n % SHARED_FILES}`;
      while (performance.now() < endAt) {
        const askedAt = performance.now();
        await acquire(coordination, id, path, 45);
        // Those who come before have it as long as they want: that is not counted.
        latencies.push(performance.now() - Math.max(askedAt, releasedAt.get(path) ?? 0));
        releasedAt.set(path, performance.now());
        await release(coordination, id, path);
      }
    }),
  );
  return { contended: summarize(latencies), contendedPerSecond: latencies.length / seconds };
}
