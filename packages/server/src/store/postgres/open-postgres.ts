// Opens a store on PostgreSQL.

import type { Clock } from '../../kernel/clock.ts';
import type { Driver } from '../driver.ts';
import type { StoreWatch } from '../store-watch.ts';
import { createPostgresDriver } from './postgres-driver.ts';
import { ownPostgres } from './postgres-owner.ts';
import { checkVersion, createPool, parsePostgresUrl } from './postgres-pool.ts';

export interface OpenPostgresOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Instead of the database's own. */
  readonly wallMs: (() => number) | undefined;
  /** Who wants the store for itself; undefined: shared with whoever has it. */
  readonly holder: string | undefined;
  /** The holder shares it with others. */
  readonly isShared: boolean;
  readonly replica: string | undefined;
  readonly watch: Pick<StoreWatch, 'hears'>;
  readonly warn: (message: string, cause?: unknown) => void;
}

export async function openPostgres(
  url: string,
  { clock, wallMs, holder, isShared, replica, watch, warn }: OpenPostgresOptions,
): Promise<Driver> {
  await using stack = new AsyncDisposableStack();
  const place = parsePostgresUrl(url);
  const pool = await createPool(place);
  stack.defer(() => pool.end());
  await checkVersion(pool);
  const owner =
    holder === undefined
      ? undefined
      : stack.use(await ownPostgres({ place, holder, isShared, replica, clock, random: Math.random }));
  const parts = stack.move();
  return createPostgresDriver({
    pool,
    owner,
    close: () => parts.disposeAsync(),
    place,
    clock,
    wallMs,
    hears: (arrive) => watch.hears(arrive),
    warn,
  });
}
