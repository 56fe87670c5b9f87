// An open transaction as modules see it: Kysely, with what databases do differently.

import type { KyselyConfig, SelectQueryBuilder } from 'kysely';
import type { Ran, Transaction } from './database.ts';
import type { DialectName, Flavour } from './driver.ts';
import { Kysely } from './kysely.ts';
import { kyselyOver } from './kysely-queries.ts';
import type { Statement } from './statement.ts';
import type { Session } from './transactions.ts';

class StoreTransaction<Tables> extends Kysely<Tables> implements Transaction<Tables> {
  readonly dialect: DialectName;
  readonly #session: Session;
  readonly #config: KyselyConfig;

  constructor(dialect: DialectName, session: Session, config: KyselyConfig) {
    super(config);
    this.dialect = dialect;
    this.#session = session;
    this.#config = config;
  }

  nowMs(): Promise<number> {
    return this.#session.nowMs();
  }

  async run<Row>(statement: Statement): Promise<Ran<Row>> {
    const { rows, changes } = await this.#session.run(statement);
    // The types of rows are what the statement selects.
    return { rows: rows as Row[], changes };
  }

  last(statements: readonly Promise<unknown>[]): void {
    this.#session.last(statements);
  }

  candidates<DB, TB extends keyof DB, O>(
    query: SelectQueryBuilder<DB, TB, O>,
  ): SelectQueryBuilder<DB, TB, O> {
    // On SQLite a transaction has the whole database to itself.
    return this.dialect === 'postgres' ? query.forUpdate().skipLocked() : query;
  }

  steady<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O> {
    return this.dialect === 'postgres' ? query.forShare() : query;
  }

  over<Others>(): Transaction<Others> {
    return new StoreTransaction<Others>(this.dialect, this.#session, this.#config);
  }
}

export function createTransaction<Tables>(flavour: Flavour, session: Session): Transaction<Tables> {
  const config = kyselyOver(flavour, (statement) => session.run(statement), true);
  return new StoreTransaction<Tables>(flavour.name, session, config);
}
