// The store of one host: which one it is, what is in it, and what to do when it can't be opened. Its password is a secret
// from here on.

import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { RESOURCE_MIGRATIONS } from '../resources/stored/migrations.ts';
import type { Database } from '../store/database.ts';
import type { ModuleMigrations } from '../store/migration.ts';
import { openDatabase } from '../store/open-database.ts';
import { storePassword, withoutPassword } from '../store/store-url.ts';
import type { Redactor } from '../telemetry/redactor.ts';
import { CATALOG_MIGRATIONS } from './bindings/catalog-database/migrations.ts';
import { PIN_MIGRATIONS } from './bindings/pins-database/migrations.ts';
import { SESSION_MIGRATIONS } from './bindings/kept-sessions/migrations.ts';
import { EVENT_MIGRATIONS } from './bindings/event-history/migrations.ts';

/** The tables of all modules: whoever keeps something adds its own at the end. */
export const MIGRATIONS: readonly ModuleMigrations[] = [
  CATALOG_MIGRATIONS,
  EVENT_MIGRATIONS,
  RESOURCE_MIGRATIONS,
  PIN_MIGRATIONS,
  SESSION_MIGRATIONS,
];

/** TUTTI_STORE, else a file in the state folder. */
export function resolveStoreUrl(chosen: string | undefined, statePath: string): string {
  return chosen ?? `sqlite:${join(statePath, 'tutti.db')}`;
}

export interface HostDatabaseDeps {
  readonly url: string;
  readonly clock: Clock;
  readonly redactor: Redactor;
}

/** Rejects with an AppError that says what to do next. */
export async function openHostDatabase({
  url,
  clock,
  redactor,
}: HostDatabaseDeps): Promise<Database<object>> {
  redactor.set('store', storePassword(url));
  try {
    return await openDatabase(url, { migrations: MIGRATIONS, clock });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, details, cause } = error;
    throw new AppError(code, redactor.mask(`the store ${withoutPassword(url)}: ${message}`), {
      cause,
      ...(details !== undefined && { details }),
    });
  }
}
