// Statements that write many rows at once, handed over as JSON in one slot named `rows`.

import type { RawBuilder } from 'kysely';
import { fixed, type Fixed } from './fixed.ts';
import { type JsonColumns, jsonRows } from './json-rows.ts';
import { sql } from './kysely.ts';

/** `conflict`: what happens with a row whose key there is already. */
export function insertion(
  table: string,
  columns: JsonColumns,
  conflict: RawBuilder<unknown> = sql``,
): Fixed<'rows', never> {
  const list = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  // SQLite would take "on conflict" for a join without a "where".
  return fixed(
    (dialect, slot) => sql`insert into ${sql.table(table)} (${list})
      select ${list} from ${jsonRows(dialect, 'added', columns, slot('rows'))} where true ${conflict}`,
  );
}

/** Sets all of `columns` in the rows that have the same `key`. */
export function update(table: string, key: string, columns: JsonColumns): Fixed<'rows', never> {
  const names = Object.keys(columns).filter((name) => name !== key);
  const set = names.map((name) => sql`${sql.ref(name)} = ${sql.ref(`changed.${name}`)}`);
  return fixed(
    (dialect, slot) => sql`update ${sql.table(table)} set ${sql.join(set)}
      from ${jsonRows(dialect, 'changed', columns, slot('rows'))}
      where ${sql.ref(`${table}.${key}`)} = ${sql.ref(`changed.${key}`)}`,
  );
}
