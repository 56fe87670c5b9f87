// Statements whose text never changes: built once for each kind of database, so that a run costs no building. What differs
// from run to run stands in slots: values, or many rows as JSON in one of them (json-rows.ts).

import type { RawBuilder } from 'kysely';
import type { Ran, Transaction } from './database.ts';
import type { DialectName } from './driver.ts';
import { checkParameters, type Value } from './statement.ts';

/** The place of a value that is given when the statement is run. */
export class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Rows are handed over as JSON. */
export type SlotValue = Value | readonly unknown[];

/** It is handed to the database before this returns, so that statements come in the order in which they are run. */
export type Fixed<Name extends string, Row> = (
  tx: Runs,
  values: Readonly<Record<Name, SlotValue>>,
) => Promise<Ran<Row>>;

type Runs = Pick<Transaction<object>, 'dialect' | 'run' | 'getExecutor'>;

interface Compiled {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export function fixed<Name extends string, Row>(
  build: (dialect: DialectName, slot: (name: Name) => Slot) => RawBuilder<Row>,
): Fixed<Name, Row> {
  const compiled = new Map<DialectName, Compiled>();

  function compile(tx: Runs): Compiled {
    const { sql, parameters } = build(tx.dialect, (name) => new Slot(name)).compile(tx);
    const statement = { sql, parameters };
    compiled.set(tx.dialect, statement);
    return statement;
  }

  return async (tx, values) => {
    const { sql, parameters } = compiled.get(tx.dialect) ?? compile(tx);
    const filled = parameters.map((value) => (value instanceof Slot ? valueOf(values, value) : value));
    return await tx.run<Row>({ sql, parameters: checkParameters(filled), prepared: true });
  };
}

function valueOf(values: Readonly<Record<string, SlotValue>>, { name }: Slot): unknown {
  const value = values[name];
  return Array.isArray(value) ? JSON.stringify(value) : value;
}
