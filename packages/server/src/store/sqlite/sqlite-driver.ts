// SQLite behind the driver's port: one transaction at a time, several to a commit where others wait already.

import { SqliteAdapter, SqliteQueryCompiler } from '../kysely.ts';
import type { Driver, DriverSnapshot, DriverTransaction, Flavour, Table } from '../driver.ts';
import type { Outcome, Row, Statement } from '../statement.ts';
import { StoreError } from '../store-error.ts';
import type { Turn } from '../turns.ts';
import type { StoreClock } from './sqlite-clock.ts';
import type { WorkerLink } from './worker-link.ts';

/** Transactions that share a commit. */
const MAX_GROUP = 64;
/** Rows of a snapshot that are read at once. */
const PAGE_ROWS = 100;

/** Kysely need not put statements in line: the thread does. */
class ConcurrentAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

export const sqliteFlavour: Flavour = {
  name: 'sqlite',
  kysely: {
    createAdapter: () => new ConcurrentAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
};

/** Transactions whose work is done and that wait for the commit that they share. */
interface Group {
  size: number;
  readonly committed: PromiseWithResolvers<void>;
}

const TIME: Statement = {
  sql: `insert into store_clock (id, floor_ms) values (1, ?)
    on conflict (id) do update set floor_ms = max(floor_ms, excluded.floor_ms) returning floor_ms`,
  parameters: [],
  prepared: true,
};

export function createSqliteDriver(
  worker: WorkerLink,
  clock: StoreClock,
  { close, sizeBytes }: Pick<Driver, 'sizeBytes'> & { readonly close: () => Promise<void> },
): Driver {
  let open: Group | undefined;
  let snapshots = 0;

  function joinGroup(): Group {
    worker.tell({ kind: 'begin', first: open === undefined });
    open ??= { size: 0, committed: Promise.withResolvers() };
    return open;
  }

  function commitGroup(): void {
    const group = open;
    open = undefined;
    if (group === undefined) return;
    // Who waits for the group hears of it there; a group of none but undone transactions has nobody.
    group.committed.promise.catch(() => undefined);
    worker.ask({ kind: 'commit' }).then(() => group.committed.resolve(), group.committed.reject);
  }

  function begin(turn: Turn, othersWait: () => boolean, alone: boolean): DriverTransaction {
    if (alone) commitGroup();
    const group = joinGroup();
    const run = (statement: Statement): Promise<Outcome> => worker.ask({ kind: 'run', ...statement });
    return {
      run,
      async nowMs() {
        const { rows } = await run({ ...TIME, parameters: [clock.estimate()] });
        const now = rows[0]?.['floor_ms'];
        if (typeof now !== 'number') throw new StoreError('storage', 'the store lost its clock');
        clock.atLeast(now);
        return now;
      },
      async commit() {
        worker.tell({ kind: 'end', undo: false });
        group.size += 1;
        if (alone || group.size >= MAX_GROUP || !othersWait()) commitGroup();
        turn[Symbol.dispose]();
        await group.committed.promise;
      },
      async rollback() {
        worker.tell({ kind: 'end', undo: true });
        // Whatever made it fail may have cost the whole group; nobody else shall join.
        commitGroup();
        turn[Symbol.dispose]();
      },
    };
  }

  return {
    flavour: sqliteFlavour,
    transactionsAtOnce: 1,
    // The transaction itself is the lock.
    migrationLock: [],
    hints: undefined,
    // The lock of the file is kept for as long as the process lives.
    started() {},
    read: (statement) => worker.ask({ kind: 'read', ...statement }),
    begin: (turn, othersWait, { alone }) => Promise.resolve(begin(turn, othersWait, alone)),
    async snapshot() {
      snapshots += 1;
      const number = snapshots;
      await worker.ask({ kind: 'openSnapshot', number });
      return createSnapshot(worker, number);
    },
    sizeBytes,
    [Symbol.asyncDispose]: close,
  };
}

function createSnapshot(worker: WorkerLink, number: number): DriverSnapshot {
  const run = (statement: Statement): Promise<Outcome> =>
    worker.ask({ kind: 'readSnapshot', number, ...statement });
  const select = async (sql: string, ...parameters: (string | number)[]): Promise<readonly Row[]> =>
    (await run({ sql, parameters, prepared: true })).rows;

  return {
    run,
    async tables() {
      const tables = await select(
        // An index over words is a virtual table with tables of its own; what it is made from is in the others.
        `select s.name from sqlite_schema s join pragma_table_list t on t.schema = 'main' and t.name = s.name
         where t.type = 'table' and s.name not like 'sqlite\\_%' escape '\\' order by s.rowid`,
      );
      const found: Table[] = [];
      for (const { name } of tables) {
        const columns = await select('select name from pragma_table_info(?) order by cid', String(name));
        found.push({ name: String(name), columns: columns.map((column) => String(column['name'])) });
      }
      return found;
    },
    async *pages({ name, columns }) {
      const list = columns.map(quoted).join(', ');
      let after = Number.MIN_SAFE_INTEGER;
      for (;;) {
        const rows = await select(
          `select rowid as "rowid ", ${list} from ${quoted(name)} where rowid > ? order by rowid limit ?`,
          after,
          PAGE_ROWS,
        );
        if (rows.length > 0) yield rows.map(({ 'rowid ': _rowid, ...row }) => row);
        if (rows.length < PAGE_ROWS) return;
        after = Number(rows.at(-1)?.['rowid ']);
      }
    },
    async [Symbol.asyncDispose]() {
      // Where the thread is gone the snapshot is gone too.
      await worker.ask({ kind: 'closeSnapshot', number }).catch(() => undefined);
    },
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
