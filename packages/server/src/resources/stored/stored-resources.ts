// What is declared without a file and what was commanded beside declarations, in the store. Rows are texts: whether a
// document is valid for this version is for its reader to say. Several hosts may change them: the guard `resources` counts
// the changes, and a change is refused where what it was decided on is not the last word any more.

import { AppError } from '../../kernel/errors.ts';
import type { AnyDatabase, ReadQueries } from '../../store/database.ts';
import { holdGuard, readGuard, takeGuard } from '../../store/guard.ts';
import type { GuardTables } from '../../store/store-tables.ts';
import type { Suspension } from '../suspension.ts';
import {
  deleteDeclared,
  deleteSuspension,
  readDeclaredIds,
  readDeclaredSince,
  readSuspensions,
  writeDeclared,
  writeSuspension,
  type DeclaredRow,
  type ResourceTables,
  type SuspensionRow,
} from './queries.ts';

/** Rows that are read at once. */
const PAGE_ROWS = 200;
const GUARD = 'resources';
/** Of the feed. */
const TOPIC = 'resources';

export interface StoredDocument {
  /** `MCPServer/github` */
  readonly id: string;
  /** A native document as JSON. */
  readonly text: string;
  readonly by: string;
  readonly changedAtMs: number;
}

/** Changes that happen together, or not at all. */
export interface StoredChange {
  readonly documents?: ReadonlyMap<string, Pick<StoredDocument, 'text' | 'by'> | null>;
  /** By server; null: there is none any more. Without a time: it is from now on. */
  readonly suspensions?: ReadonlyMap<string, (Omit<Suspension, 'sinceMs'> & { sinceMs?: number }) | null>;
}

export interface Stored {
  readonly documents: readonly StoredDocument[];
  readonly suspensions: ReadonlyMap<string, Suspension>;
}

/** What other hosts changed. */
export interface StoredNews {
  /** By id; null: it is gone. */
  readonly documents: ReadonlyMap<string, StoredDocument | null>;
  /** All that there are. */
  readonly suspensions: ReadonlyMap<string, Suspension>;
}

/** Another host changed what a change was decided on: look at its news and decide again. Nothing was written. */
export class StaleError extends AppError {
  constructor() {
    super('conflict', 'another host changed what is declared at the same moment; try again');
    this.name = 'StaleError';
  }
}

export interface StoredResources {
  load(): Promise<Stored>;
  /** What other hosts changed since the last look or change; undefined: nothing. `ids` are those of all documents that
   *  are known. */
  news(ids: () => Iterable<string>): Promise<StoredNews | undefined>;
  /** On disk when it resolves, with the time that it happened at by the clock of the store. Rejects with a StaleError
   *  when there is news. One at a time. */
  write(change: StoredChange): Promise<number>;
  /** Calls back when there may be news. */
  watch(listener: () => void): Disposable;
}

export function createStoredResources(database: AnyDatabase): StoredResources {
  const tables = database.over<ResourceTables>();
  const guards = database.over<GuardTables>();
  /** The version of the guard up to which all is known here. */
  let known = 0;

  const suspensionsOf = async (tx: ReadQueries<ResourceTables>): Promise<ReadonlyMap<string, Suspension>> => {
    const rows = await readAll(
      (after) => readSuspensions(tx, after, PAGE_ROWS),
      ({ server }) => server,
    );
    return new Map(rows.map((row) => [row.server, fromRow(row)]));
  };

  const documentsSince = async (
    tx: ReadQueries<ResourceTables>,
    version: number,
  ): Promise<readonly StoredDocument[]> => {
    const rows = await readAll(
      (after) => readDeclaredSince(tx, { version, after, limit: PAGE_ROWS }),
      ({ id }) => id,
    );
    return rows.map(toDocument);
  };

  return {
    async load() {
      const { version, ...stored } = await tables.transaction(async (tx) => ({
        version: await holdGuard(tx, GUARD),
        documents: await documentsSince(tx, -1),
        suspensions: await suspensionsOf(tx),
      }));
      known = version;
      return stored;
    },

    async news(ids) {
      if ((await readGuard(guards.read, GUARD)) === known) return undefined;
      const found = await tables.transaction(async (tx) => ({
        version: await holdGuard(tx, GUARD),
        changed: await documentsSince(tx, known),
        kept: await readAll(
          (after) => readDeclaredIds(tx, after, PAGE_ROWS),
          ({ id }) => id,
        ),
        suspensions: await suspensionsOf(tx),
      }));
      const kept = new Set(found.kept.map(({ id }) => id));
      const documents = new Map<string, StoredDocument | null>();
      for (const id of ids()) if (!kept.has(id)) documents.set(id, null);
      for (const document of found.changed) documents.set(document.id, document);
      known = found.version;
      return { documents, suspensions: found.suspensions };
    },

    async write({ documents = new Map(), suspensions = new Map() }: StoredChange) {
      const { nowMs, version } = await tables.transaction(async (tx) => {
        const next = await takeGuard(tx, GUARD);
        if (next !== known + 1) throw new StaleError();
        const atMs = await tx.nowMs();
        for (const [id, put] of documents) {
          if (put === null) await deleteDeclared(tx, id);
          else
            await writeDeclared(tx, {
              id,
              document: put.text,
              caller: put.by,
              changed_at_ms: atMs,
              version: next,
            });
        }
        for (const [server, put] of suspensions) {
          if (put === null) await deleteSuspension(tx, server);
          else await writeSuspension(tx, toRow(server, { sinceMs: atMs, ...put }));
        }
        return { nowMs: atMs, version: next };
      });
      known = version;
      database.feed.notify(TOPIC);
      return nowMs;
    },

    watch: (listener) => database.feed.listen(TOPIC, listener, { othersOnly: true }),
  };
}

function toDocument(row: DeclaredRow): StoredDocument {
  const { id, document: text, caller: by, changed_at_ms: changedAtMs } = row;
  return { id, text, by, changedAtMs };
}

async function readAll<Row>(
  readPage: (after: string) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (let after = ''; ;) {
    const page = await readPage(after);
    all.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return all;
    after = keyOf(last);
  }
}

function toRow(server: string, suspension: Suspension): SuspensionRow {
  const { suspended, declared, origin, place, by, sinceMs } = suspension;
  return {
    server,
    suspended: Number(suspended),
    declared: Number(declared),
    origin,
    place,
    caller: by,
    since_ms: sinceMs,
  };
}

function fromRow({
  suspended,
  declared,
  origin,
  place,
  caller,
  since_ms: sinceMs,
}: SuspensionRow): Suspension {
  return {
    suspended: suspended !== 0,
    declared: declared !== 0,
    origin,
    // A change that was on its way to the declaration when Tutti was ended counts beside it.
    place: place === 'declaration' ? 'declaration' : 'override',
    by: caller,
    sinceMs,
  };
}
