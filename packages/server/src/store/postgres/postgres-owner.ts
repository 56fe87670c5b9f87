// The one owner of a schema: an advisory lock, held by a connection of its own for as long as that lives. The server
// frees it when the connection is gone, whatever way its holder ended.
//
// A connection may break while its owner lives. Until the lock is had again nothing is written; and if another owner had
// it meanwhile, nothing ever again, because what this one knows may be old. A sequence counts the owners.

import type { Client } from 'pg';
import { backoffDelayMs, type BackoffPolicy } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { heldError } from '../held-error.ts';
import { StoreError } from '../store-error.ts';
import { postgresError } from './postgres-errors.ts';
import { CONNECT_LIMIT_MS, quoted, type PostgresPlace } from './postgres-pool.ts';

/** How long a new owner waits for the connection of one that was just killed to be noticed. */
const TAKEOVER_MS = 2_000;
const TRY_EVERY_MS = 100;
const RETRY: BackoffPolicy = { initialMs: 500, factor: 2, maxMs: 10_000, jitter: 0.2 };
/** So that the server notices soon that the machine of an owner is gone. */
const KEEPALIVE =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3';
const KEY = "hashtext('tutti owner'), hashtext($1)";
/** PostgreSQL cuts names of applications there. */
const MAX_NAME_BYTES = 63;

export interface PostgresOwner extends AsyncDisposable {
  /** Why nothing may be written now; undefined while the lock is held. */
  readonly refusal: StoreError | undefined;
}

export interface PostgresOwnerDeps {
  readonly place: PostgresPlace;
  readonly holder: string;
  readonly clock: Pick<Clock, 'after'>;
  readonly random: () => number;
}

/** Rejects with `held` when somebody else has it. */
export async function ownPostgres(deps: PostgresOwnerDeps): Promise<PostgresOwner> {
  const { place, clock, random } = deps;
  let refusal: StoreError | undefined;
  let epoch: number | undefined;
  let failures = 0;
  let closed = false;
  let timer: Disposable | undefined;
  let client = await take();

  /** Connects and locks; the connection is closed where that fails. */
  async function take(): Promise<Client> {
    const fresh = await connect(deps);
    try {
      await lock(fresh, place.schema, clock);
      const name = quoted(place.schema);
      if (epoch === undefined) {
        await fresh.query(`create schema if not exists ${name}`);
        await fresh.query(`create sequence if not exists ${name}.store_owners`);
        epoch = await readNumber(fresh, `select nextval('${name}.store_owners')::int as n`);
      } else if (
        epoch !== (await readNumber(fresh, `select last_value::int as n from ${name}.store_owners`))
      ) {
        throw heldError('it took the store while this one could not reach it');
      }
    } catch (error) {
      fresh.end().catch(() => undefined);
      throw postgresError(error);
    }
    fresh.once('end', lose);
    return fresh;
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
      if (error instanceof StoreError && error.failure === 'held') refusal = error;
      else lose();
    }
  }

  return {
    get refusal() {
      return refusal;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      timer?.[Symbol.dispose]();
      await client.end().catch(() => undefined);
    },
  };
}

async function connect({ place, holder }: PostgresOwnerDeps): Promise<Client> {
  const { Client } = await import('pg');
  const client = new Client({
    connectionString: place.url,
    application_name: nameOf(holder),
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    keepAlive: true,
  });
  // What it breaks is told by `end`, or by the statement that is under way.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(KEEPALIVE);
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    throw postgresError(error);
  }
}

async function lock(client: Client, schema: string, clock: Pick<Clock, 'after'>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += TRY_EVERY_MS) {
    const { rows } = await client.query<{ had: boolean }>(`select pg_try_advisory_lock(${KEY}) as had`, [
      schema,
    ]);
    if (rows[0]?.had === true) return;
    if (waitedMs >= TAKEOVER_MS) throw heldError(await readHolder(client, schema));
    await new Promise<void>((resolve) => void clock.after(TRY_EVERY_MS, resolve));
  }
}

/** Who says that it holds the lock, as far as this user may see. */
async function readHolder(client: Client, schema: string): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and datname = current_database() and database = datid
       and classid::bigint = hashtext('tutti owner')::bigint & 4294967295
       and objid::bigint = hashtext($1)::bigint & 4294967295`,
    [schema],
  );
  const name = rows[0]?.name;
  return name === undefined || name === '' ? undefined : name;
}

async function readNumber(client: Client, query: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(query);
  return Number(rows[0]?.n);
}

/** Whole characters of it, printable ASCII as the server keeps them. */
function nameOf(holder: string): string {
  return `tutti ${holder}`.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MAX_NAME_BYTES);
}
