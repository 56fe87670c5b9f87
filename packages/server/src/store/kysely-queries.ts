// Kysely over whatever runs a statement: it builds SQL and gives rows their types. Connections and transactions are the
// store's own.

import type { CompiledQuery, DatabaseConnection, KyselyConfig, QueryResult } from 'kysely';
import type { Flavour } from './driver.ts';
import { MAX_ROWS } from './limits.ts';
import { checkParameters, type Outcome, type Statement } from './statement.ts';
import { StoreError } from './store-error.ts';

export type RunStatement = (statement: Statement) => Promise<Outcome>;

/** How Kysely runs its statements by `run`. `prepared`: they are likely to come again. */
export function kyselyOver(flavour: Flavour, run: RunStatement, prepared: boolean): KyselyConfig {
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await run({ sql, parameters: checkParameters(parameters), prepared });
      if (rows.length > MAX_ROWS)
        throw new StoreError(
          'invalid_statement',
          `a statement returned more than ${MAX_ROWS} rows; read in pages`,
        );
      // The types of rows are what the tables are declared to be.
      return { rows: rows as R[], numAffectedRows: BigInt(changes) };
    },
    streamQuery() {
      throw new Error('read in pages instead');
    },
  };
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    dialect: {
      ...flavour.kysely,
      createDriver: () => ({
        init: nothing,
        acquireConnection: () => Promise.resolve(connection),
        beginTransaction: nothing,
        commitTransaction: nothing,
        rollbackTransaction: nothing,
        releaseConnection: nothing,
        destroy: nothing,
      }),
      createIntrospector: () => {
        throw new Error('tables are found by the driver');
      },
    },
  };
}
