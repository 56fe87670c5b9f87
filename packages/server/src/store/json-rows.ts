// Many rows in one parameter, so that a statement has one text however many there are. The rows are a table to select
// from, insert from, or join with.

import type { RawBuilder } from 'kysely';
import type { DialectName } from './driver.ts';
import { sql } from './kysely.ts';

export type JsonColumns = Readonly<Record<string, 'text' | 'integer' | 'real'>>;

const POSTGRES_TYPES = { text: 'text', integer: 'bigint', real: 'double precision' } as const;

/** `rows` by the name of `alias`. Members that are no columns are left out; what is missing is null. */
export function jsonRows(
  dialect: DialectName,
  alias: string,
  columns: JsonColumns,
  rows: readonly object[],
): RawBuilder<object> {
  const text = JSON.stringify(rows);
  const names = Object.entries(columns);
  if (dialect === 'postgres') {
    const typed = names.map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(POSTGRES_TYPES[type])}`);
    return sql`jsonb_to_recordset(cast(${text} as jsonb)) as ${sql.id(alias)}(${sql.join(typed)})`;
  }
  const members = names.map(([name]) => sql`value ->> ${sql.lit(`$.${name}`)} as ${sql.ref(name)}`);
  return sql`(select ${sql.join(members)} from json_each(${text})) as ${sql.id(alias)}`;
}
