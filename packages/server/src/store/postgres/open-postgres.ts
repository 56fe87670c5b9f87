// Opens a store on PostgreSQL.

import type { Clock } from '../../kernel/clock.ts';
import type { Driver } from '../driver.ts';
import { createPostgresDriver } from './postgres-driver.ts';
import { checkVersion, createPool, parsePostgresUrl } from './postgres-pool.ts';

export async function openPostgres(
  url: string,
  clock: Pick<Clock, 'after'>,
  wallMs: (() => number) | undefined,
): Promise<Driver> {
  const place = parsePostgresUrl(url);
  const pool = await createPool(place);
  try {
    await checkVersion(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return createPostgresDriver({ pool, schema: place.schema, clock, wallMs });
}
