// How a module tells the tables that it needs. A migration is never changed once it was published; the next one has the
// next number.

import type { Expression, SchemaModule } from 'kysely';
import type { Queries } from './database.ts';
import type { DialectName } from './driver.ts';

export interface ModuleMigrations {
  /** Of the module; its tables begin with it. */
  readonly module: string;
  /** Numbered from 1, without a gap. */
  readonly migrations: readonly Migration[];
}

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly up: (tools: MigrationTools) => Promise<void>;
}

export interface MigrationTools {
  readonly dialect: DialectName;
  readonly schema: SchemaModule;
  /** Types of columns that are the same everywhere. */
  readonly types: ColumnTypes;
  /** For rows that are to be changed; the tables as they are at this number. */
  readonly queries: <Tables>() => Queries<Tables>;
}

export interface ColumnTypes {
  /** Sorted by its bytes. JSON and ids too. */
  readonly text: Expression<string>;
  /** Up to 2^53: counts, milliseconds since the epoch, truth as 0 and 1. */
  readonly integer: Expression<number>;
  readonly real: Expression<number>;
}
