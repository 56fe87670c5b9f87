// PostgreSQL behind the driver's port: a connection for each transaction, read committed.

import type { Pool, PoolClient, QueryConfig } from 'pg';
import type { Clock } from '../../kernel/clock.ts';
import type { BeginOptions, Driver, DriverSnapshot, DriverTransaction, Flavour, Table } from '../driver.ts';
import { PostgresAdapter, PostgresQueryCompiler } from '../kysely.ts';
import { LONG_TRANSACTION_LIMIT_MS, READ_LIMIT_MS } from '../limits.ts';
import type { Outcome, Statement } from '../statement.ts';
import { StoreError, type StoreFailure } from '../store-error.ts';
import type { Turn } from '../turns.ts';
import type { PostgresOwner } from './postgres-owner.ts';
import { postgresError } from './postgres-errors.ts';
import { createPostgresHints } from './postgres-hints.ts';
import { connect, MAX_TRANSACTIONS, quoted, release, type PostgresPlace } from './postgres-pool.ts';

/** Statements that get a name, and so stay prepared on each connection. */
const MAX_PREPARED = 256;
/** Rows of a snapshot that are read at once. */
const PAGE_ROWS = 100;
/** Failures after which a connection is not used again. */
const LOSING: ReadonlySet<StoreFailure> = new Set(['connection_lost', 'time_limit']);
/** A commit of what had failed: the connection is as good as before. */
const ROLLED_BACK: StoreFailure = 'invalid_statement';
/** A commit whose answer does not come. */
const COMMIT_LIMIT_MS = 10_000;

export const postgresFlavour: Flavour = {
  name: 'postgres',
  kysely: {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
};

export interface PostgresDriverDeps {
  readonly pool: Pool;
  /** Undefined where the store is shared. */
  readonly owner: PostgresOwner | undefined;
  readonly close: () => Promise<void>;
  readonly place: PostgresPlace;
  readonly clock: Pick<Clock, 'after'>;
  /** Instead of the database's own. */
  readonly wallMs: (() => number) | undefined;
  readonly hears: (arrive: boolean) => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

interface Opening {
  readonly how?: string;
  readonly limitMs: number;
  /** More that is set for the transaction. */
  readonly settings?: string;
}

const TIME: Statement = {
  sql: 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms',
  parameters: [],
  prepared: true,
};

/** Planning a statement costs as much as running it where it only finds rows by keys. Its plan is kept then; and so that one
 *  which was made while the tables were small is good for ever, there are no others than by the keys. */
const BY_KEYS = [
  'plan_cache_mode = force_generic_plan',
  'enable_seqscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'jit = off',
]
  .map((setting) => `; set local ${setting}`)
  .join('');

const SIZE: Statement = {
  sql: `select coalesce(sum(pg_total_relation_size(oid)), 0)::bigint as bytes from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r'`,
  parameters: [],
  prepared: true,
};

export function createPostgresDriver({
  pool,
  owner,
  close,
  place,
  clock,
  wallMs,
  hears,
  warn,
}: PostgresDriverDeps): Driver {
  const { schema } = place;
  const toQuery = createQueryNames();

  async function run(client: PoolClient, statement: Statement): Promise<Outcome> {
    try {
      const { rows, rowCount, command } = await client.query(toQuery(statement));
      return { rows, changes: command === 'SELECT' ? 0 : (rowCount ?? 0) };
    } catch (error) {
      throw postgresError(error);
    }
  }

  async function read(statement: Statement): Promise<Outcome> {
    const client = await connect(pool);
    let isBroken = false;
    try {
      return await within(clock, READ_LIMIT_MS, run(client, statement));
    } catch (error) {
      isBroken = !(error instanceof StoreError) || LOSING.has(error.failure);
      throw error;
    } finally {
      release(client, isBroken);
    }
  }

  /** Begins a transaction whose statements the server ends by itself when we can't. */
  async function open(client: PoolClient, { how = '', limitMs, settings = '' }: Opening): Promise<void> {
    try {
      await client.query(
        `begin ${how}; set local statement_timeout = ${limitMs}; set local idle_in_transaction_session_timeout = ${limitMs}${settings}`,
      );
    } catch (error) {
      throw postgresError(error);
    }
  }

  async function begin(turn: Turn, { limitMs, byKeys }: BeginOptions): Promise<DriverTransaction> {
    if (owner?.refusal !== undefined) throw owner.refusal;
    const client = await connect(pool);
    // The first statements go behind it without waiting for its answer; without it they are not answered either.
    const opened = open(client, { limitMs, settings: byKeys ? BY_KEYS : '' });
    opened.catch(() => undefined);
    const runOpened = async (statement: Statement): Promise<Outcome> => {
      const [, outcome] = await Promise.all([opened, run(client, statement)]);
      return outcome;
    };
    const end = (broken: boolean): void => {
      release(client, broken);
      turn[Symbol.dispose]();
    };
    return {
      run: runOpened,
      async nowMs() {
        if (wallMs !== undefined) return wallMs();
        const { rows } = await runOpened(TIME);
        return Number(rows[0]?.['now_ms']);
      },
      async commit() {
        try {
          if (owner?.refusal !== undefined) throw owner.refusal;
          await commit(client, clock);
        } catch (error) {
          end(!(error instanceof StoreError) || error.failure !== ROLLED_BACK);
          throw error;
        }
        end(false);
      },
      async rollback(underWay) {
        // A connection with a statement under way is closed: the server undoes what was done on it.
        const isBroken = underWay || !(await isRolledBack(client, clock));
        end(isBroken);
      },
    };
  }

  const hints = createPostgresHints({
    place,
    clock,
    random: Math.random,
    run: (sql, parameters) => read({ sql, parameters, prepared: false }),
    warn,
    hears,
  });

  return {
    flavour: postgresFlavour,
    transactionsAtOnce: MAX_TRANSACTIONS,
    migrationLock: [
      once(`set local lock_timeout = ${LONG_TRANSACTION_LIMIT_MS}`),
      once("select pg_advisory_xact_lock(hashtext('tutti migrations'), hashtext($1))", schema),
      once(`create schema if not exists ${quoted(schema)}`),
    ],
    hints,
    started: (epoch) => owner?.started(epoch),
    read,
    begin: (turn, _othersWait, options) => begin(turn, options),
    async snapshot(limitMs = LONG_TRANSACTION_LIMIT_MS) {
      const client = await connect(pool);
      try {
        await open(client, { how: 'isolation level repeatable read, read only', limitMs });
      } catch (error) {
        release(client, true);
        throw error;
      }
      return createSnapshot(client, (statement) => run(client, statement));
    },
    async sizeBytes() {
      try {
        const { rows } = await read(SIZE);
        return Number(rows[0]?.['bytes']);
      } catch {
        return undefined;
      }
    },
    async [Symbol.asyncDispose]() {
      await hints[Symbol.asyncDispose]();
      await close();
    },
  };
}

function once(sql: string, ...parameters: string[]): Statement {
  return { sql, parameters, prepared: false };
}

async function commit(client: PoolClient, clock: Pick<Clock, 'after'>): Promise<void> {
  let command: string;
  try {
    ({ command } = await within(clock, COMMIT_LIMIT_MS, client.query('commit')));
  } catch (error) {
    const failure = postgresError(error);
    if (failure.failure !== 'connection_lost' && failure.failure !== 'time_limit') throw failure;
    throw new StoreError(
      'outcome_unknown',
      'the connection to PostgreSQL was lost during a commit: it may have happened or not; look before doing it again',
      { cause: error },
    );
  }
  // The answer to the commit of a transaction that had failed.
  if (command !== 'COMMIT') throw new StoreError(ROLLED_BACK, 'PostgreSQL rolled the transaction back');
}

async function isRolledBack(client: PoolClient, clock: Pick<Clock, 'after'>): Promise<boolean> {
  try {
    await within(clock, COMMIT_LIMIT_MS, client.query('rollback'));
    return true;
  } catch {
    return false;
  }
}

async function within<T>(clock: Pick<Clock, 'after'>, limitMs: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  using _timer = clock.after(limitMs, () =>
    reject(new StoreError('time_limit', `PostgreSQL did not answer within ${limitMs} ms`)),
  );
  return await Promise.race([answer, late]);
}

/** The first statements get names, for good; a statement beyond is planned each time. */
function createQueryNames(): (statement: Statement) => QueryConfig {
  const names = new Map<string, string>();
  return ({ sql, parameters, prepared }) => {
    let name = names.get(sql);
    if (name === undefined && prepared && names.size < MAX_PREPARED) {
      name = `tutti_${names.size}`;
      names.set(sql, name);
    }
    return { text: sql, values: [...parameters], ...(name !== undefined && prepared && { name }) };
  };
}

function createSnapshot(client: PoolClient, run: (statement: Statement) => Promise<Outcome>): DriverSnapshot {
  const query = async (sql: string, ...parameters: string[]): Promise<Outcome['rows']> =>
    (await run({ sql, parameters, prepared: false })).rows;
  let cursors = 0;

  return {
    run,
    async tables() {
      const tables = await query(
        `select oid, relname as name from pg_class
         where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') order by oid`,
      );
      const found: Table[] = [];
      for (const { oid, name } of tables) {
        const columns = await query(
          // What the database makes of other columns by itself is no content.
          `select attname as name from pg_attribute
           where attrelid = $1 and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
          String(oid),
        );
        found.push({ name: String(name), columns: columns.map((column) => String(column['name'])) });
      }
      return found;
    },
    async *pages({ name, columns }) {
      cursors += 1;
      const cursor = quoted(`tutti ${cursors}`);
      await query(
        `declare ${cursor} cursor for select ${columns.map(quoted).join(', ')} from ${quoted(name)}`,
      );
      for (;;) {
        const rows = await query(`fetch ${PAGE_ROWS} from ${cursor}`);
        if (rows.length > 0) yield rows;
        if (rows.length < PAGE_ROWS) break;
      }
      await query(`close ${cursor}`);
    },
    [Symbol.asyncDispose]() {
      // Nothing was written; the server forgets it with the connection.
      release(client, true);
      return Promise.resolve();
    },
  };
}
