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
