// Who uses a schema: advisory locks, held by a connection of their own for as long as that lives. The server frees them
// when the connection is gone, whatever way its holder ended.
//
// - A host shares the schema with other hosts. Its own lock is that of its replica, the state folder that it lives in: a
//   second process of the same replica is refused.
// - Who fills or replaces what is in the schema has it alone: it is refused while anybody else is there, and everybody
//   while it is.
//
// A connection may break while its holder lives. Until the locks are had again nothing is written; and if meanwhile
// another content came into the schema, or another process of the replica, nothing ever again.

import type { Client } from 'pg';
import { backoffDelayMs, type BackoffPolicy } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { heldError, SAME_REPLICA_ADVICE } from '../held-error.ts';
import { StoreError } from '../store-error.ts';
import { postgresError } from './postgres-errors.ts';
import { readHolders, replicaKey, storeKey, tryLock, type LockKey } from './postgres-locks.ts';
import { openClient, quoted, type PostgresPlace } from './postgres-pool.ts';

/** How long a new holder waits for the connection of one that was just killed to be noticed. */
const TAKEOVER_MS = 2_000;
const TRY_EVERY_MS = 100;
const RETRY: BackoffPolicy = { initialMs: 500, factor: 2, maxMs: 10_000, jitter: 0.2 };
/** PostgreSQL cuts names of applications there. */
const MAX_NAME_BYTES = 63;

export interface PostgresOwner extends AsyncDisposable {
  /** Why nothing may be written now; undefined while the locks are held. */
  readonly refusal: StoreError | undefined;
  /** The number of this start of the replica: a later one takes the store from it. */
  started(epoch: number): void;
}

export interface PostgresOwnerDeps {
  readonly place: PostgresPlace;
  readonly holder: string;
  /** Whether others may be there, too. */
  readonly isShared: boolean;
  /** Of a host, over its restarts. */
  readonly replica: string | undefined;
  readonly clock: Pick<Clock, 'after'>;
  readonly random: () => number;
}

/** Rejects with `held` when somebody else has it. */
export async function ownPostgres(deps: PostgresOwnerDeps): Promise<PostgresOwner> {
  const { place, holder, isShared, replica, clock, random } = deps;
  const { schema } = place;
  let refusal: StoreError | undefined;
  let content: string | undefined;
  let start: number | undefined;
  let failures = 0;
  let closed = false;
  let isOver = false;
  let timer: Disposable | undefined;
  let client = await take();

  /** Connects and locks; the connection is closed where that fails. */
  async function take(): Promise<Client> {
    const fresh = await openClient(place, nameOf(holder));
    try {
      await lock(fresh, storeKey(schema), { isShared, clock });
      if (replica !== undefined)
        await lock(fresh, replicaKey(schema, replica), {
          isShared: false,
          clock,
          advice: SAME_REPLICA_ADVICE,
        });
      if (content === undefined) {
        await ensureSchema(fresh, schema);
        if (!isShared) await fresh.query(`select nextval('${quoted(schema)}.store_owners')`);
        content = await readContent(fresh, schema);
      } else {
        const over = await whyOver(fresh);
        isOver = over !== undefined;
        if (isOver) throw heldError(over);
      }
    } catch (error) {
      fresh.end().catch(() => undefined);
      throw postgresError(error);
    }
    fresh.once('end', lose);
    return fresh;
  }

  /** Why it is not ours any more, for good. */
  async function whyOver(fresh: Client): Promise<string | undefined> {
    if (content !== (await readContent(fresh, schema)))
      return 'it was filled or replaced while this one could not reach it; start this one again';
    if (start !== undefined && replica !== undefined)
      if ((await readStart(fresh, schema, replica)) !== start)
        return 'another process with the same state folder came while this one could not reach it';
    return undefined;
  }

  function lose(): void {
    if (closed) return;
    refusal ??= new StoreError(
      'connection_lost',
      'the connection to PostgreSQL that makes this store ours was lost; it is tried again by itself, check that PostgreSQL runs',
    );
    failures += 1;
    timer = clock.after(backoffDelayMs(RETRY, failures, random()), () => void retake());
  }

  async function retake(): Promise<void> {
    try {
      const taken = await take();
      if (closed) return await taken.end();
      client = taken;
      failures = 0;
      refusal = undefined;
    } catch (error) {
      // Who has it now may be nobody else than our own connection, whose end the server has not noticed.
      if (error instanceof StoreError && error.failure === 'held') refusal = error;
      if (!isOver) lose();
    }
  }

  return {
    get refusal() {
      return refusal;
    },
    started(epoch) {
      start = epoch;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      timer?.[Symbol.dispose]();
      await client.end().catch(() => undefined);
    },
  };
}

interface LockOptions extends Pick<PostgresOwnerDeps, 'isShared' | 'clock'> {
  readonly advice?: string;
}

async function lock(client: Client, key: LockKey, { isShared, clock, advice }: LockOptions): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += TRY_EVERY_MS) {
    if (await tryLock(client, key, isShared)) return;
    if (waitedMs >= TAKEOVER_MS) throw heldError(holdersOf(await readHolders(client, key)), advice);
    await new Promise<void>((resolve) => void clock.after(TRY_EVERY_MS, resolve));
  }
}

function holdersOf(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join('; ');
}

/** Several hosts may come to a new database at once. */
async function ensureSchema(client: Client, schema: string): Promise<void> {
  const name = quoted(schema);
  await client.query('begin');
  await client.query("select pg_advisory_xact_lock(hashtext('tutti migrations'), hashtext($1))", [schema]);
  await client.query(`create schema if not exists ${name}`);
  await client.query(`create sequence if not exists ${name}.store_owners`);
  await client.query('commit');
}

/** Another one when the schema was replaced, or had by somebody alone. */
async function readContent(client: Client, schema: string): Promise<string> {
  const { rows } = await client.query<{ content: string | null }>(
    `select n.oid || ' ' || coalesce((select last_value from pg_sequences s
       where s.schemaname = n.nspname and s.sequencename = 'store_owners'), 0) as content
     from pg_namespace n where n.nspname = $1`,
    [schema],
  );
  return rows[0]?.content ?? '';
}

async function readStart(client: Client, schema: string, replica: string): Promise<number | undefined> {
  const { rows } = await client.query<{ epoch: string }>(
    `select epoch from ${quoted(schema)}.store_replicas where replica = $1`,
    [replica],
  );
  return rows[0] === undefined ? undefined : Number(rows[0].epoch);
}

/** Whole characters of it, printable ASCII as the server keeps them. */
function nameOf(holder: string): string {
  return `tutti ${holder}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MAX_NAME_BYTES);
}
