// Approvals of tools in the store: a row for each tool that was ever approved, and the digest of each server's list that
// is approved as a whole. All of one approval is one transaction, under the guard `pins`: what was decided on approvals
// that are not the last word is refused, and each host hears what the others approved.

import { createHash } from 'node:crypto';
import { createSingleFlight } from '../../../kernel/single-flight.ts';
import type { Pin, PinsChanged, PinStore } from '../../../reconcile/mcp-server/pins/pin-store.ts';
import type { AnyDatabase, Transaction } from '../../../store/database.ts';
import { holdGuard, readGuard, takeGuard } from '../../../store/guard.ts';
import { storableText } from '../../../store/statement.ts';
import type { GuardTables } from '../../../store/store-tables.ts';
import {
  deleteList,
  deletePins,
  readChange,
  readChangesAfter,
  readDigests,
  readLists,
  readPins,
  writeChange,
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
const GUARD = 'pins';
/** Of the feed. */
const TOPIC = 'pins';
/** Changes of our own that are told apart from those of others; one more is looked at as theirs. */
const MAX_OWN = 10_000;
/** A server may show thousands of tools at first sight. */
const APPROVAL_LIMIT_MS = 60_000;

export function createPinsDatabase(database: AnyDatabase): PinStore {
  const tables = database.over<PinTables>();
  /** Our own changes after `known`. */
  const own = new Set<number>();
  /** Up to which change all is known; undefined until the approved lists were read. */
  let known: number | undefined;

  async function change(
    server: string,
    seen: number | undefined,
    write: (tx: Transaction<PinTables>) => Promise<void>,
  ): Promise<boolean> {
    const version = await tables.transaction(
      async (tx) => {
        const next = await takeGuard(tx, GUARD);
        if (seen !== undefined && seen !== (await readChange(tx, server))) return undefined;
        await write(tx);
        await writeChange(tx, { server, version: next });
        return next;
      },
      { limitMs: APPROVAL_LIMIT_MS },
    );
    if (version === undefined) return false;
    // Without a reader nothing has to be told apart.
    if (known !== undefined && own.size < MAX_OWN) own.add(version);
    database.feed.notify(TOPIC);
    return true;
  }

  async function readNews(changed: PinsChanged): Promise<void> {
    known ??= await readGuard(database.over<GuardTables>().read, GUARD);
    for (;;) {
      const rows = await readChangesAfter(tables.read, known, PAGE_ROWS);
      for (const { server, version, list } of rows) {
        known = version;
        if (!own.has(version)) changed(server, list ?? undefined);
      }
      for (const version of own) if (version <= known) own.delete(version);
      if (rows.length < PAGE_ROWS) return;
    }
  }

  return {
    async approvedLists() {
      known = await readGuard(database.over<GuardTables>().read, GUARD);
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

    version: (server) => readChange(tables.read, server),

    async approve(server, pins, list, seen) {
      const rows = pins.map((pin) => toRow(server, pin));
      return await change(server, seen, async (tx) => {
        for (let start = 0; start < rows.length; start += WRITTEN_ROWS)
          await writePins(tx, rows.slice(start, start + WRITTEN_ROWS));
        if (list === undefined) await deleteList(tx, server);
        else await writeList(tx, { server, list });
      });
    },

    async setApprovedList(server, list, seen) {
      return await tables.transaction(async (tx) => {
        await holdGuard(tx, GUARD);
        if (seen !== (await readChange(tx, server))) return false;
        await writeList(tx, { server, list });
        return true;
      });
    },

    async remove(server) {
      await change(server, undefined, async (tx) => {
        await deletePins(tx, server);
        await deleteList(tx, server);
      });
    },

    watch(changed) {
      const look = createSingleFlight(() => readNews(changed));
      // What can't be read now is read at the next hint or poll.
      const run = (): void => void look.run().catch(() => undefined);
      const listening = database.feed.listen(TOPIC, run, { othersOnly: true });
      return {
        async [Symbol.asyncDispose]() {
          listening[Symbol.dispose]();
          await look.idle();
        },
      };
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
