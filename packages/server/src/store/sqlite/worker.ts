// The thread of the embedded store: it alone has the file open, so that neither a long scan nor the disk's sync stops
// anybody else. It stays small: nothing but node:sqlite is loaded here.
//
// Transactions come one after another, each in a savepoint. Several may share one commit, and so one sync of the disk:
// the group. A transaction is reported as done only after the commit of its group. An error that makes SQLite give up
// the whole group (disk full, for one) fails all of the group: none of them was reported as done.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import type { Answer, OpenOptions, Request, SqliteFailure } from './protocol.ts';

/** Statements that are kept prepared for each connection; the one unused for longest goes. */
const MAX_PREPARED = 256;
/** The log is cut back to this after it was moved into the database. */
const MAX_LOG_BYTES = 16 * 1024 ** 2;

interface Connection extends Disposable {
  readonly isInTransaction: boolean;
  run(sql: string, parameters?: readonly (string | number | null)[], prepared?: boolean): Answer;
}

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

const DONE: Answer = { ok: true, rows: [], changes: 0 };

const port = parentPort;
port?.once('message', (request: Request) => {
  if (request.kind !== 'open') throw new Error('the first request opens the store');
  const opened = attempt(() => {
    const store = createStore(request);
    port.on('message', (next: Request) => {
      const answer = store(next);
      if (answer !== undefined) port.postMessage(answer);
      if (next.kind === 'close') port.close();
    });
    return DONE;
  });
  port.postMessage(opened);
  if (!opened.ok) port.close();
});

/** Does what requests ask for; undefined where nothing is answered. */
function createStore(options: OpenOptions): (request: Request) => Answer | undefined {
  const writer = openWriter(options);
  let reader: Connection | undefined;
  const snapshots = new Map<number, Connection>();
  let lost: SqliteFailure | undefined;
  /** A statement of the transaction that is open now was refused: all of it is undone. */
  let refused = false;

  /** Runs a statement of ours for the group; a failure is the end of the group. */
  function control(sql: string): void {
    if (lost !== undefined) return;
    const answer = attempt(() => writer.run(sql, [], true));
    if (!answer.ok) lost = answer.failure;
  }

  function runInGroup({ sql, parameters, prepared }: Request & { kind: 'run' }): Answer {
    if (lost !== undefined) return { ok: false, failure: lost };
    const answer = attempt(() => writer.run(sql, parameters, prepared));
    if (!answer.ok) refused = true;
    if (!answer.ok && !writer.isInTransaction) lost = answer.failure;
    return answer;
  }

  function commit(): Answer {
    control('commit');
    if (writer.isInTransaction) attempt(() => writer.run('rollback'));
    const failure = lost;
    lost = undefined;
    return failure === undefined ? DONE : { ok: false, failure };
  }

  return (request) => {
    switch (request.kind) {
      case 'open':
        return { ok: false, failure: { message: 'the store is open already', code: undefined } };
      case 'read':
        return attempt(() =>
          (reader ??= openReader(options)).run(request.sql, request.parameters, request.prepared),
        );
      case 'begin':
        if (request.first) control('begin immediate');
        control('savepoint one');
        refused = false;
        return undefined;
      case 'run':
        return runInGroup(request);
      case 'end':
        if (request.undo || refused) control('rollback to one');
        control('release one');
        return undefined;
      case 'commit':
        return commit();
      case 'openSnapshot':
        return attempt(() => {
          const snapshot = openReader(options);
          snapshots.set(request.number, snapshot);
          snapshot.run('begin');
          // The moment of the snapshot is that of its first read.
          return snapshot.run('select count(*) from sqlite_schema');
        });
      case 'readSnapshot':
        return attempt(() => {
          const snapshot = snapshots.get(request.number);
          if (snapshot === undefined) throw new Error('the snapshot is closed');
          return snapshot.run(request.sql, request.parameters, request.prepared);
        });
      case 'closeSnapshot':
        snapshots.get(request.number)?.[Symbol.dispose]();
        snapshots.delete(request.number);
        return DONE;
      case 'close':
        for (const snapshot of snapshots.values()) snapshot[Symbol.dispose]();
        reader?.[Symbol.dispose]();
        writer[Symbol.dispose]();
        return DONE;
    }
  };
}

function attempt(run: () => Answer): Answer {
  try {
    return run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
    return { ok: false, failure: { message, code: typeof code === 'number' ? code : undefined } };
  }
}

function openWriter(options: OpenOptions): Connection {
  const database = open(options, false);
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  database.exec(`pragma journal_size_limit = ${MAX_LOG_BYTES}`);
  return createConnection(database);
}

function openReader(options: OpenOptions): Connection {
  return createConnection(open(options, true));
}

function open(options: OpenOptions, readOnly: boolean): DatabaseSync {
  return new DatabaseSync(options.path, {
    readOnly,
    timeout: options.busyTimeoutMs,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
  });
}

function createConnection(database: DatabaseSync): Connection {
  const kept = new Map<string, Prepared>();

  function prepare(sql: string): Prepared {
    const statement = database.prepare(sql);
    return { statement, returnsRows: statement.columns().length > 0 };
  }

  function keep(sql: string): Prepared {
    const prepared = kept.get(sql) ?? prepare(sql);
    // The last one used is the last one in the map.
    kept.delete(sql);
    kept.set(sql, prepared);
    const [oldest] = kept.keys();
    if (kept.size > MAX_PREPARED && oldest !== undefined) kept.delete(oldest);
    return prepared;
  }

  return {
    get isInTransaction() {
      return database.isTransaction;
    },
    run(sql, parameters = [], prepared = false) {
      const { statement, returnsRows } = prepared ? keep(sql) : prepare(sql);
      if (returnsRows) return { ok: true, rows: statement.all(...parameters), changes: 0 };
      return { ok: true, rows: [], changes: Number(statement.run(...parameters).changes) };
    },
    [Symbol.dispose]: () => database.close(),
  };
}
