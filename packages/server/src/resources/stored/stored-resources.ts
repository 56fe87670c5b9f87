// What is declared without a file and what was commanded beside declarations, in the store. Rows are texts: whether a
// document is valid for this version is for its reader to say.

import type { AnyDatabase } from '../../store/database.ts';
import type { Suspension } from '../suspension.ts';
import {
  deleteDeclared,
  deleteSuspension,
  readDeclared,
  readSuspensions,
  writeDeclared,
  writeSuspension,
  type ResourceTables,
  type SuspensionRow,
} from './queries.ts';

/** Rows that are read at once. */
const PAGE_ROWS = 200;

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

export interface StoredResources {
  load(): Promise<{
    readonly documents: readonly StoredDocument[];
    readonly suspensions: ReadonlyMap<string, Suspension>;
  }>;
  /** On disk when it resolves, with the time that it happened at by the clock of the store. */
  write(change: StoredChange): Promise<number>;
}

export function createStoredResources(database: AnyDatabase): StoredResources {
  const tables = database.over<ResourceTables>();
  return {
    async load() {
      const declared = await readAll(
        (after) => readDeclared(tables.read, after, PAGE_ROWS),
        ({ id }) => id,
      );
      const suspended = await readAll(
        (after) => readSuspensions(tables.read, after, PAGE_ROWS),
        ({ server }) => server,
      );
      return {
        documents: declared.map(({ id, document: text, caller: by, changed_at_ms: changedAtMs }) => ({
          id,
          text,
          by,
          changedAtMs,
        })),
        suspensions: new Map(suspended.map((row) => [row.server, fromRow(row)])),
      };
    },
    async write({ documents = new Map(), suspensions = new Map() }: StoredChange) {
      return await tables.transaction(async (tx) => {
        const nowMs = await tx.nowMs();
        for (const [id, put] of documents) {
          if (put === null) await deleteDeclared(tx, id);
          else await writeDeclared(tx, { id, document: put.text, caller: put.by, changed_at_ms: nowMs });
        }
        for (const [server, put] of suspensions) {
          if (put === null) await deleteSuspension(tx, server);
          else await writeSuspension(tx, toRow(server, { sinceMs: nowMs, ...put }));
        }
        return nowMs;
      });
    },
  };
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
