// Connections to PostgreSQL. The package is loaded when the first of them is wanted.
//
// Whatever a connection is set to is set for as long as it lives: a pooler in between must be in session mode.

import type { Client, Pool, PoolClient } from 'pg';
import { StoreError } from '../store-error.ts';
import { createBurstSocket } from './burst-socket.ts';
import { postgresError } from './postgres-errors.ts';

/** Transactions at once, each on a connection of its own. */
export const MAX_TRANSACTIONS = 10;
/** Connections for reads and snapshots beside them. */
const MAX_READERS = 4;
const CONNECT_LIMIT_MS = 5_000;
const IDLE_MS = 30_000;
/** A lock that is not to be had within this time is contention. */
const LOCK_LIMIT_MS = 3_000;
const OLDEST_VERSION = 150_000;
/** So that the server notices soon that the machine of a client is gone. */
const KEEPALIVE =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3';

/** Where the tables are. */
export interface PostgresPlace {
  /** Without the parameters that are ours. */
  readonly url: string;
  /** A schema of our own. */
  readonly schema: string;
}

const DEFAULT_SCHEMA = 'tutti';

/** `?schema=` names the schema; everything else of the URL is PostgreSQL's. */
export function parsePostgresUrl(text: string): PostgresPlace {
  const url = URL.parse(text);
  if (url === null)
    throw new StoreError(
      'connection_lost',
      'the URL of PostgreSQL cannot be read; use postgres://user:password@host/database',
    );
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  url.searchParams.delete('schema');
  return { url: url.href, schema };
}

export async function createPool({ url, schema }: PostgresPlace): Promise<Pool> {
  const { Pool } = await import('pg');
  const pool = new Pool({
    connectionString: url,
    max: MAX_TRANSACTIONS + MAX_READERS,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    application_name: 'tutti',
    types: { getTypeParser: parserOf },
    // Statements go out at once, whether the answers of earlier ones are there or not.
    pipeline: true,
    stream: createBurstSocket,
    onConnect(client) {
      // Statements of a connection run in order; this one fails only where the connection is lost.
      // A plan that was made while a table was small would be kept when it has grown. To compile a plan takes longer than
      // whatever is asked for.
      const settings = `set search_path to ${quoted(schema)}; set lock_timeout = ${LOCK_LIMIT_MS}; set plan_cache_mode = force_custom_plan; set jit = off`;
      client.query(settings).catch(ignore);
    },
  });
  // A connection that breaks while nobody uses it is replaced when the next one is wanted.
  pool.on('error', () => undefined);
  return pool;
}

/** A connection beside the pool, for as long as its holder wants it. Its end is told by `end`. */
export async function openClient({ url }: PostgresPlace, name: string): Promise<Client> {
  const { Client } = await import('pg');
  const client = new Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    keepAlive: true,
  });
  // What it breaks is told by `end`, or by the statement that is under way.
  client.on('error', ignore);
  try {
    await client.connect();
    await client.query(KEEPALIVE);
    return client;
  } catch (error) {
    client.end().catch(ignore);
    throw postgresError(error);
  }
}

export async function checkVersion(pool: Pool): Promise<void> {
  const client = await connect(pool);
  const version = await readVersion(client).finally(() => release(client, false));
  if (version < OLDEST_VERSION)
    throw new StoreError(
      'invalid_statement',
      `PostgreSQL ${Math.floor(version / 10_000)} is too old; use 15 or later`,
    );
}

async function readVersion(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ version: unknown }>(
    "select current_setting('server_version_num')::int as version",
  );
  return Number(rows[0]?.version);
}

export async function connect(pool: Pool): Promise<PoolClient> {
  try {
    const client = await pool.connect();
    // What it breaks is told by the statement that is under way or comes next.
    client.on('error', ignore);
    return client;
  } catch (error) {
    throw postgresError(error);
  }
}

/** `broken`: it is closed instead of used again. */
export function release(client: PoolClient, broken: boolean): void {
  client.off('error', ignore);
  client.release(broken);
}

function ignore(): void {}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const BOOL = 16;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const FLOAT4 = 700;
const FLOAT8 = 701;
const NUMERIC = 1_700;

/** What the other databases give too: numbers as numbers, truth as 1 and 0, everything else as text. */
function parserOf(type: number): (text: string) => string | number {
  switch (type) {
    case INT8:
    case INT2:
    case INT4:
    case FLOAT4:
    case FLOAT8:
    case NUMERIC:
      return parseNumber;
    case BOOL:
      return (text) => (text === 't' ? 1 : 0);
    default:
      return (text) => text;
  }
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new StoreError('invalid_statement', `${text} is beyond what a number can hold`);
  return value;
}
