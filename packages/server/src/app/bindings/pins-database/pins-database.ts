// Approvals of tools in the store: a row for each tool that was ever approved, and the digest of each server's list that
// is approved as a whole. All of one approval is one transaction.

import { createHash } from 'node:crypto';
import type { Pin, PinStore } from '../../../reconcile/mcp-server/pins/pin-store.ts';
import type { AnyDatabase } from '../../../store/database.ts';
import { storableText } from '../../../store/statement.ts';
import {
  deleteList,
  deletePins,
  readDigests,
  readLists,
  readPins,
  writeList,
  writePins,
  type PinRow,
  type PinTables,
} from './queries.ts';

/** A longer definition is pinned by its digest alone. */
export const MAX_DEFINITION_CHARS = 1024 ** 2;
/** Rows that are read at once; those with definitions are large. */
const PAGE_ROWS = 1_000;
const PAGE_PINS = 100;
/** Rows of one statement. */
const WRITTEN_ROWS = 100;
/** A server may show thousands of tools at first sight. */
const APPROVAL_LIMIT_MS = 60_000;

export function createPinsDatabase(database: AnyDatabase): PinStore {
  const tables = database.over<PinTables>();

  return {
    async approvedLists() {
      const found = new Map<string, string>();
      const read = (after: string) => readLists(tables.read, after, PAGE_ROWS);
      for await (const { server, list } of pages(read, PAGE_ROWS, (row) => row.server))
        found.set(server, list);
      return found;
    },

    async digests(server) {
      const found = new Map<string, string>();
      const read = (after: string) => readDigests(tables.read, server, after, PAGE_ROWS);
      for await (const { tool, digest } of pages(read, PAGE_ROWS, (row) => row.tool_key))
        found.set(toolName(tool), digest);
      return found;
    },

    async pins(server) {
      const found: Pin[] = [];
      const read = (after: string) => readPins(tables.read, server, after, PAGE_PINS);
      for await (const row of pages(read, PAGE_PINS, ({ tool_key: key }) => key)) found.push(toPin(row));
      return found.toSorted((a, b) => (a.tool < b.tool ? -1 : 1));
    },

    async approve(server, pins, list) {
      const rows = pins.map((pin) => toRow(server, pin));
      await tables.transaction(
        async (tx) => {
          for (let start = 0; start < rows.length; start += WRITTEN_ROWS)
            await writePins(tx, rows.slice(start, start + WRITTEN_ROWS));
          if (list === undefined) await deleteList(tx, server);
          else await writeList(tx, { server, list });
        },
        { limitMs: APPROVAL_LIMIT_MS },
      );
    },

    async setApprovedList(server, list) {
      await tables.transaction((tx) => writeList(tx, { server, list }));
    },

    async remove(server) {
      await tables.transaction(async (tx) => {
        await deletePins(tx, server);
        await deleteList(tx, server);
      });
    },
  };
}

async function* pages<Row>(
  read: (after: string) => Promise<readonly Row[]>,
  size: number,
  keyOf: (row: Row) => string,
): AsyncGenerator<Row, void> {
  let after = '';
  for (;;) {
    const rows = await read(after);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < size) return;
    after = keyOf(last);
  }
}

function toRow(server: string, { tool, digest, definition, approvedAtMs, approvedBy }: Pin): PinRow {
  return {
    server,
    tool_key: createHash('sha256').update(JSON.stringify(tool)).digest('base64url'),
    tool: JSON.stringify(tool),
    digest,
    definition: definition.length > MAX_DEFINITION_CHARS ? '' : definition,
    approved_at_ms: approvedAtMs,
    approved_by: storableText(approvedBy),
  };
}

function toPin({
  tool,
  digest,
  definition,
  approved_at_ms: approvedAtMs,
  approved_by: approvedBy,
}: PinRow): Pin {
  return { tool: toolName(tool), digest, definition, approvedAtMs, approvedBy };
}

function toolName(text: string): string {
  const name: unknown = JSON.parse(text);
  if (typeof name !== 'string') throw new Error(`the name of a pinned tool is no string: ${text}`);
  return name;
}
