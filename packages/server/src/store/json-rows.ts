// Many rows in one parameter, so that a statement has one text however many there are. The rows are a table to select
// from, insert from, or join with.

import type { RawBuilder } from 'kysely';
import type { DialectName } from './driver.ts';
import { Slot } from './fixed.ts';
import { sql } from './kysely.ts';

export type JsonColumns = Readonly<Record<string, 'text' | 'integer' | 'real'>>;

const POSTGRES_TYPES = { text: 'text', integer: 'bigint', real: 'double precision' } as const;

/** `rows` by the name of `alias`. Members that are no columns are left out; what is missing is null. */
export function jsonRows(
  dialect: DialectName,
  alias: string,
  columns: JsonColumns,
  rows: readonly object[] | Slot,
): RawBuilder<object> {
  const text = rows instanceof Slot ? rows : JSON.stringify(rows);
  const names = Object.entries(columns);
  if (dialect === 'postgres') {
    const typed = names.map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(POSTGRES_TYPES[type])}`);
    return sql`jsonb_to_recordset(cast(${text} as jsonb)) as ${sql.id(alias)}(${sql.join(typed)})`;
  }
  const members = names.map(([name]) => sql`value ->> ${sql.lit(`$.${name}`)} as ${sql.ref(name)}`);
  return sql`(select ${sql.join(members)} from json_each(${text})) as ${sql.id(alias)}`;
}

/** Whether a column is one of many values, in one parameter. Looked up by the column's index, however few rows the table
 *  had when the statement was planned. */
export function isOneOf(
  dialect: DialectName,
  column: string,
  values: readonly string[] | Slot,
): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} ${among(dialect, jsonValues(dialect, values))}`;
}

/** The same for integers. */
export function isOneOfIntegers(
  dialect: DialectName,
  column: string,
  values: readonly number[],
): RawBuilder<boolean> {
  return dialect === 'postgres'
    ? sql<boolean>`${sql.ref(column)} = any(cast(${`{${values.join()}}`} as bigint[]))`
    : sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`;
}

/** Texts in one parameter, as a query that selects them. */
export function jsonValues(dialect: DialectName, values: readonly string[] | Slot): RawBuilder<unknown> {
  const text = values instanceof Slot ? values : JSON.stringify(values);
  return dialect === 'postgres'
    ? sql`select jsonb_array_elements_text(cast(${text} as jsonb))`
    : sql`select value from json_each(${text})`;
}

/** `column ${among(…)}`: one of those that a query selects, which is run once. */
export function among(dialect: DialectName, query: RawBuilder<unknown>): RawBuilder<unknown> {
  return dialect === 'postgres' ? sql`= any(array(${query}))` : sql`in (${query})`;
}
