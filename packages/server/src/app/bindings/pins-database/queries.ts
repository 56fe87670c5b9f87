// The SQL of approvals.

import type { Queries, ReadQueries } from '../../../store/database.ts';

export interface PinRow {
  server: string;
  /** A digest of the tool's name, which may be longer than what an index takes. */
  tool_key: string;
  /** The tool's name as a JSON string: servers may put anything into it. */
  tool: string;
  digest: string;
  definition: string;
  approved_at_ms: number;
  approved_by: string;
}

export interface PinTables {
  pins_tools: PinRow;
  /** The list of a server all of whose tools are approved. */
  pins_lists: { server: string; list: string };
  /** When the approvals of a server changed last, by the version of the guard of all approvals. */
  pins_changes: { server: string; version: number };
}

export async function readChange(queries: ReadQueries<PinTables>, server: string): Promise<number> {
  const found = await queries
    .selectFrom('pins_changes')
    .select('version')
    .where('server', '=', server)
    .executeTakeFirst();
  return found?.version ?? 0;
}

/** What changed after a version, with the list that is approved as a whole now; in order. */
export function readChangesAfter(
  queries: ReadQueries<PinTables>,
  after: number,
  limit: number,
): Promise<readonly { readonly server: string; readonly version: number; readonly list: string | null }[]> {
  return queries
    .selectFrom('pins_changes')
    .leftJoin('pins_lists', 'pins_lists.server', 'pins_changes.server')
    .select(['pins_changes.server as server', 'pins_changes.version as version', 'pins_lists.list as list'])
    .where('pins_changes.version', '>', after)
    .orderBy('pins_changes.version')
    .limit(limit)
    .execute();
}

export async function writeChange(
  queries: Queries<PinTables>,
  row: PinTables['pins_changes'],
): Promise<void> {
  await queries
    .insertInto('pins_changes')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('server').doUpdateSet((eb) => ({ version: eb.ref('excluded.version') })),
    )
    .execute();
}

/** The next ones by server after `after`. */
export function readLists(
  queries: ReadQueries<PinTables>,
  after: string,
  limit: number,
): Promise<readonly PinTables['pins_lists'][]> {
  return queries
    .selectFrom('pins_lists')
    .selectAll()
    .where('server', '>', after)
    .orderBy('server')
    .limit(limit)
    .execute();
}

/** The next ones by key after `after`. */
export function readDigests(
  queries: ReadQueries<PinTables>,
  server: string,
  after: string,
  limit: number,
): Promise<readonly Pick<PinRow, 'tool_key' | 'tool' | 'digest'>[]> {
  return queries
    .selectFrom('pins_tools')
    .select(['tool_key', 'tool', 'digest'])
    .where('server', '=', server)
    .where('tool_key', '>', after)
    .orderBy('tool_key')
    .limit(limit)
    .execute();
}

/** The next ones by key after `after`. */
export function readPins(
  queries: ReadQueries<PinTables>,
  server: string,
  after: string,
  limit: number,
): Promise<readonly PinRow[]> {
  return queries
    .selectFrom('pins_tools')
    .selectAll()
    .where('server', '=', server)
    .where('tool_key', '>', after)
    .orderBy('tool_key')
    .limit(limit)
    .execute();
}

export async function writePins(queries: Queries<PinTables>, rows: readonly PinRow[]): Promise<void> {
  await queries
    .insertInto('pins_tools')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['server', 'tool_key']).doUpdateSet((eb) => ({
        digest: eb.ref('excluded.digest'),
        definition: eb.ref('excluded.definition'),
        approved_at_ms: eb.ref('excluded.approved_at_ms'),
        approved_by: eb.ref('excluded.approved_by'),
      })),
    )
    .execute();
}

export async function writeList(queries: Queries<PinTables>, row: PinTables['pins_lists']): Promise<void> {
  await queries
    .insertInto('pins_lists')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('server').doUpdateSet((eb) => ({ list: eb.ref('excluded.list') })),
    )
    .execute();
}

export async function deleteList(queries: Queries<PinTables>, server: string): Promise<void> {
  await queries.deleteFrom('pins_lists').where('server', '=', server).execute();
}

export async function deletePins(queries: Queries<PinTables>, server: string): Promise<void> {
  await queries.deleteFrom('pins_tools').where('server', '=', server).execute();
}
