// What a kind of database brings. The port above it (create-database.ts) does the rest: turns, time limits, the state
// of a transaction. Errors are StoreErrors.

import type { Dialect } from 'kysely';
import type { Outcome, Row, Statement } from './statement.ts';
import type { Turn } from './turns.ts';

export type DialectName = 'sqlite' | 'postgres';

/** Types and syntax of one kind of database, for Kysely and for migrations. */
export interface Flavour {
  readonly name: DialectName;
  /** How Kysely writes SQL for it. */
  readonly kysely: Pick<Dialect, 'createAdapter' | 'createQueryCompiler'>;
}

export interface BeginOptions {
  readonly limitMs: number;
  /** Its commit is never shared with others, so that nobody waits for it to end. */
  readonly alone: boolean;
  /** Its statements find their rows by keys. */
  readonly byKeys: boolean;
}

export interface Driver extends AsyncDisposable {
  readonly flavour: Flavour;
  /** Transactions that may be open at once. */
  readonly transactionsAtOnce: number;
  /** One statement by itself, that only reads. */
  read(statement: Statement): Promise<Outcome>;
  /** `turn` is disposed of as soon as the next transaction may begin; `othersWait` tells whether one would. */
  begin(turn: Turn, othersWait: () => boolean, options: BeginOptions): Promise<DriverTransaction>;
  /** What it takes on disk; undefined when that can't be told. Never rejects. */
  sizeBytes(): Promise<number | undefined>;
  /** What the first transaction of a migration begins with, so that of two processes one waits for the other. */
  readonly migrationLock: readonly Statement[];
  /** To the other processes that use the database; undefined where there are none. */
  readonly hints: HintWire | undefined;
  /** The number of this start of the host that has the database: a later start takes it away. */
  started(epoch: number): void;
  /** A look at all tables at one moment; nobody waits for it. */
  snapshot(limitMs: number): Promise<DriverSnapshot>;
}

/** Carries hints between processes. They may get lost, and come for nothing. */
export interface HintWire extends AsyncDisposable {
  send(topics: readonly string[]): Promise<void>;
  /** From now on `heard` is called with what others send; without topics when anything may have been missed. */
  receive(heard: (topics: readonly string[] | undefined) => void): void;
}

export interface DriverTransaction {
  run(statement: Statement): Promise<Outcome>;
  /** The database's time, in milliseconds; never earlier than what a committed transaction was told. */
  nowMs(): Promise<number>;
  /** Resolves when all of it is safe on disk. Ends the turn. */
  commit(): Promise<void>;
  /** Undoes all of it; never rejects. Ends the turn. `underWay`: a statement has not been answered yet. */
  rollback(underWay: boolean): Promise<void>;
}

export interface DriverSnapshot extends AsyncDisposable {
  run(statement: Statement): Promise<Outcome>;
  /** All tables of ours, those that others refer to first, with their columns. */
  tables(): Promise<readonly Table[]>;
  /** All rows of a table, in pages. */
  pages(table: Table): AsyncIterable<readonly Row[]>;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}
