// The store of one host: which one it is, what is in it, and what to do when it can't be opened. Its password is a secret
// from here on.

import { hostname } from 'node:os';
import { join } from 'node:path';
import { BUDGET_MIGRATIONS } from '../coordination/budgets/migrations.ts';
import { LEASE_MIGRATIONS } from '../coordination/leases/migrations.ts';
import { KNOWLEDGE_MIGRATIONS } from '../coordination/knowledge/migrations.ts';
import { PROJECT_MIGRATIONS } from '../coordination/projects/migrations.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { RESOURCE_MIGRATIONS } from '../resources/stored/migrations.ts';
import type { Database } from '../store/database.ts';
import type { ModuleMigrations } from '../store/migration.ts';
import { openDatabase } from '../store/open-database.ts';
import type { StoreWatch } from '../store/store-watch.ts';
import { sqlitePath, storePassword, withoutPassword } from '../store/store-url.ts';
import type { StoreMetrics } from '../telemetry/store-metrics.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import { CATALOG_MIGRATIONS } from './bindings/catalog-database/migrations.ts';
import { PIN_MIGRATIONS } from './bindings/pins-database/migrations.ts';
import { RESULT_MIGRATIONS } from './bindings/kept-results/migrations.ts';
import { SESSION_MIGRATIONS } from './bindings/kept-sessions/migrations.ts';
import { AGENT_MIGRATIONS } from '../coordination/agents/migrations.ts';
import { MESSAGE_MIGRATIONS } from '../coordination/messages/migrations.ts';
import { TASK_MIGRATIONS } from '../coordination/tasks/migrations.ts';
import { EVENT_MIGRATIONS } from './bindings/event-history/migrations.ts';

/** The tables of all modules: whoever keeps something adds its own at the end. */
export const MIGRATIONS: readonly ModuleMigrations[] = [
  CATALOG_MIGRATIONS,
  EVENT_MIGRATIONS,
  RESOURCE_MIGRATIONS,
  PIN_MIGRATIONS,
  SESSION_MIGRATIONS,
  AGENT_MIGRATIONS,
  TASK_MIGRATIONS,
  BUDGET_MIGRATIONS,
  RESULT_MIGRATIONS,
  LEASE_MIGRATIONS,
  KNOWLEDGE_MIGRATIONS,
  PROJECT_MIGRATIONS,
  MESSAGE_MIGRATIONS,
];

/** TUTTI_STORE, else a file in the state folder. */
export function resolveStoreUrl(chosen: string | undefined, statePath: string): string {
  return chosen ?? `sqlite:${join(statePath, 'tutti.db')}`;
}

/** Where a problem of the store stands: its file, or the variable that names it. */
export function storePlace(url: string): string {
  return sqlitePath(url) ?? 'TUTTI_STORE';
}

export interface HostDatabaseDeps {
  readonly url: string;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly statePath: string;
  /** This host's id. */
  readonly replica: string;
  readonly metrics: Pick<StoreMetrics, 'readSize'>;
  readonly watch: StoreWatch;
  readonly warn: (message: string, cause?: unknown) => void;
}

/** How the owner of a store is named to others. */
export function storeHolder(statePath: string): string {
  return `pid ${process.pid} on ${hostname()}, state in ${statePath}`;
}

/** Rejects with an AppError that says what to do next. */
export async function openHostDatabase({
  url,
  clock,
  redactor,
  statePath,
  replica,
  metrics,
  watch,
  warn,
}: HostDatabaseDeps): Promise<Database<object>> {
  redactor.set('store', storePassword(url));
  try {
    const database = await openDatabase(url, {
      migrations: MIGRATIONS,
      clock,
      holder: storeHolder(statePath),
      replica,
      watch,
      warn,
    });
    metrics.readSize(() => database.sizeBytes());
    return database;
  } catch (error) {
    throw explainStoreError(error, url, redactor);
  }
}

/** The error with the store that it is about, and without its password. */
export function explainStoreError(error: unknown, url: string, redactor: Redactor): unknown {
  if (!(error instanceof AppError)) return error;
  redactor.set('store', storePassword(url));
  const { code, message, details, cause } = error;
  const store = `the store ${withoutPassword(url)}: `;
  // Told already where one store is filled from another.
  const text = message.startsWith('the store ') ? message : `${store}${message}`;
  return new AppError(code, redactor.mask(text), { cause, details });
}
