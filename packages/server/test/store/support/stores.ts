// The stores that every test of the store runs on.

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { Database } from '../../../src/store/database.ts';
import { openDatabase, type OpenOptions } from '../../../src/store/open-database.ts';
import { findPostgres, type TestPostgres } from './postgres.ts';
import { TEST_MIGRATIONS, type TestTables } from './tables.ts';

export interface TestStore {
  readonly name: 'sqlite' | 'postgres';
  /** The URL of a store that is empty. */
  readonly freshUrl: () => string;
}

export const postgres: TestPostgres | undefined = await findPostgres();

const folders: string[] = [];

export function sqliteUrl(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-store-'));
  folders.push(folder);
  return `sqlite:${join(folder, 'tutti.db')}`;
}

export const stores: readonly TestStore[] = [
  { name: 'sqlite', freshUrl: sqliteUrl },
  ...(postgres === undefined ? [] : [{ name: 'postgres', freshUrl: () => postgres.freshUrl() } as const]),
];

const opened: AsyncDisposable[] = [];

/** Opens a store for the test that runs; closed when that ends. */
export async function openTest(
  url: string,
  options: Partial<OpenOptions> = {},
): Promise<Database<TestTables>> {
  const database = await openDatabase(url, { migrations: [TEST_MIGRATIONS], ...options });
  opened.push(database);
  return database.over<TestTables>();
}

export function closeStoresAfterTests(): void {
  afterEach(async () => {
    for (const database of opened.splice(0)) await database[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]();
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });
}
