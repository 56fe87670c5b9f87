// Opens the store that a URL names, with all tables as this version knows them.

import { resolve } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { createDatabase } from './create-database.ts';
import type { Database, Host } from './database.ts';
import type { Driver } from './driver.ts';
import type { ModuleMigrations } from './migration.ts';
import { migrate, type AppliedMigration } from './migrator.ts';
import { startReplica } from './queries.ts';
import { storableText } from './statement.ts';
import type { ReplicaTables } from './store-tables.ts';
import { isPostgresUrl, sqlitePath } from './store-url.ts';
import { UNWATCHED, type StoreWatch } from './store-watch.ts';
import { createTransactions } from './transactions.ts';

export interface OpenOptions {
  readonly migrations: readonly ModuleMigrations[];
  /** Timers, and the system's time where the database has none of its own. */
  readonly clock?: Clock | undefined;
  /** What the database's clock says, in the place of its own. For tests. */
  readonly wallMs?: (() => number) | undefined;
  /** Who opens it, in few words. The store is theirs alone then: another holder is refused, and told these words. */
  readonly holder?: string | undefined;
  /** The holder takes PostgreSQL with others who do. */
  readonly isShared?: boolean | undefined;
  /** The holder is a host, with this id over its restarts: one process with it at a time. */
  readonly replica?: string | undefined;
  readonly watch?: StoreWatch | undefined;
  readonly warn?: ((message: string, cause?: unknown) => void) | undefined;
  readonly maxWaiting?: number | undefined;
  readonly maxReads?: number | undefined;
}

/** `sqlite:PATH` or `postgres://…`, with `?schema=` for a schema of another name than `tutti`. */
export async function openDatabase(url: string, options: OpenOptions): Promise<Database<object>> {
  const { holder = '', replica } = options;
  const opened = await openUnmigrated(url, options);
  try {
    await opened.migrate();
    if (replica !== undefined) await opened.start(replica, holder);
    return opened.database;
  } catch (error) {
    await opened.database[Symbol.asyncDispose]();
    throw error;
  }
}

export interface UnmigratedDatabase {
  readonly database: Database<object>;
  /** Up to these, or all. */
  readonly migrate: (upTo?: readonly AppliedMigration[]) => Promise<readonly AppliedMigration[]>;
  /** Counts a start of a host. */
  readonly start: (replica: string, holder: string) => Promise<void>;
}

export async function openUnmigrated(url: string, options: OpenOptions): Promise<UnmigratedDatabase> {
  const clock = options.clock ?? systemClock;
  const { watch, warn } = options;
  const driver = await openDriver(url, clock, options);
  const transactions = createTransactions({
    driver,
    clock,
    random: Math.random,
    watch,
    maxWaiting: options.maxWaiting,
  });
  let host: Host | undefined;
  const database = createDatabase({
    driver,
    transactions,
    clock,
    watch,
    warn,
    host: () => host,
    maxReads: options.maxReads,
  });
  return {
    database,
    async start(replica, holder) {
      const epoch = await database.over<ReplicaTables>().transaction(async (tx) => {
        const started_at_ms = await tx.nowMs();
        return await startReplica(tx, { replica, holder: storableText(holder), started_at_ms });
      });
      driver.started(epoch);
      host = { replica, epoch };
    },
    migrate: (upTo) =>
      migrate({ driver, transactions, modules: options.migrations, wallMs: () => clock.nowMs() }, upTo),
  };
}

async function openDriver(
  url: string,
  clock: Clock,
  { wallMs, holder, isShared = false, replica, watch = UNWATCHED, warn = () => {} }: OpenOptions,
): Promise<Driver> {
  if (isPostgresUrl(url)) {
    const { openPostgres } = await import('./postgres/open-postgres.ts');
    return await openPostgres(url, {
      clock,
      wallMs,
      holder,
      isShared: isShared || replica !== undefined,
      replica,
      watch,
      warn,
    });
  }
  const path = sqlitePath(url);
  if (path === undefined)
    throw new AppError(
      'invalid_config',
      'TUTTI_STORE names no store; use sqlite:PATH or postgres://user:password@host/database',
    );
  const { openSqlite } = await import('./sqlite/open-sqlite.ts');
  return await openSqlite(resolve(path), { clock, wallMs: wallMs ?? (() => clock.nowMs()), holder });
}
