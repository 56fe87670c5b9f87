// The SQL of what is declared without a file, and of what was commanded beside declarations.

import type { Queries, ReadQueries } from '../../store/database.ts';

export interface DeclaredRow {
  /** `MCPServer/github` */
  id: string;
  /** A native document as JSON. */
  document: string;
  caller: string;
  changed_at_ms: number;
  /** Of the guard of all that is stored here, when it was changed. */
  version: number;
}

export interface SuspensionRow {
  server: string;
  suspended: number;
  declared: number;
  origin: string;
  place: string;
  caller: string;
  since_ms: number;
}

export interface ResourceTables {
  resources_declared: DeclaredRow;
  resources_suspensions: SuspensionRow;
}

/** The next ones by id after `after` that were changed after a version. */
export function readDeclaredSince(
  queries: ReadQueries<ResourceTables>,
  { version, after, limit }: { readonly version: number; readonly after: string; readonly limit: number },
): Promise<readonly DeclaredRow[]> {
  return queries
    .selectFrom('resources_declared')
    .selectAll()
    .where('version', '>', version)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The next ids after `after`. */
export function readDeclaredIds(
  queries: ReadQueries<ResourceTables>,
  after: string,
  limit: number,
): Promise<readonly Pick<DeclaredRow, 'id'>[]> {
  return queries
    .selectFrom('resources_declared')
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function writeDeclared(queries: Queries<ResourceTables>, row: DeclaredRow): Promise<void> {
  await queries
    .insertInto('resources_declared')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        document: eb.ref('excluded.document'),
        caller: eb.ref('excluded.caller'),
        changed_at_ms: eb.ref('excluded.changed_at_ms'),
        version: eb.ref('excluded.version'),
      })),
    )
    .execute();
}

export async function deleteDeclared(queries: Queries<ResourceTables>, id: string): Promise<void> {
  await queries.deleteFrom('resources_declared').where('id', '=', id).execute();
}

/** The next ones by server after `after`. */
export function readSuspensions(
  queries: ReadQueries<ResourceTables>,
  after: string,
  limit: number,
): Promise<readonly SuspensionRow[]> {
  return queries
    .selectFrom('resources_suspensions')
    .selectAll()
    .where('server', '>', after)
    .orderBy('server')
    .limit(limit)
    .execute();
}

export async function writeSuspension(queries: Queries<ResourceTables>, row: SuspensionRow): Promise<void> {
  await queries
    .insertInto('resources_suspensions')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('server').doUpdateSet((eb) => ({
        suspended: eb.ref('excluded.suspended'),
        declared: eb.ref('excluded.declared'),
        origin: eb.ref('excluded.origin'),
        place: eb.ref('excluded.place'),
        caller: eb.ref('excluded.caller'),
        since_ms: eb.ref('excluded.since_ms'),
      })),
    )
    .execute();
}

export async function deleteSuspension(queries: Queries<ResourceTables>, server: string): Promise<void> {
  await queries.deleteFrom('resources_suspensions').where('server', '=', server).execute();
}
