// The catalog's memory as files: one JSON file per server, replaced as a whole (written aside, synced, renamed). Items
// are kept as the text that they came in. A file that can't be read, or holds anything else, is as good as none.

import { constants } from 'node:buffer';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogRecord, CatalogStore } from '../../reconcile/mcp-server/catalog-store.ts';
import { describeRecordError, formatRecord, parseRecord } from './catalog-record.ts';

/** A larger file is neither written nor read. */
export const MAX_CATALOG_FILE_BYTES = Math.min(64 * 1024 ** 2, constants.MAX_STRING_LENGTH);
/** Files that are read at once. */
const READERS = 16;
const SUFFIX = '.json';
/** What a write that was cut off leaves behind. */
const PARTIAL = '.tmp';

export interface CatalogFilesDeps {
  /** A folder of our own; made when it is missing. */
  readonly folder: string;
  readonly warn: (message: string) => void;
}

export function createCatalogFiles({ folder, warn }: CatalogFilesDeps): CatalogStore {
  const fileOf = (server: string): string => join(folder, `${server}${SUFFIX}`);

  async function readRecord(name: string): Promise<CatalogRecord | undefined> {
    const path = join(folder, name);
    try {
      const { size } = await stat(path);
      if (size > MAX_CATALOG_FILE_BYTES) throw new Error(`larger than ${MAX_CATALOG_FILE_BYTES} bytes`);
      const record = parseRecord(await readFile(path, 'utf8'));
      if (fileOf(record.server) !== path) throw new Error(`the file is about ${record.server}`);
      return record;
    } catch (error) {
      warn(`cannot use ${path}, the server will be discovered again: ${describeRecordError(error)}`);
      return undefined;
    }
  }

  return {
    async load() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const files = await readdir(folder);
      await Promise.all(
        files.filter((name) => name.endsWith(PARTIAL)).map((name) => rm(join(folder, name), { force: true })),
      );
      const names = files.filter((name) => name.endsWith(SUFFIX)).toSorted();
      const records: CatalogRecord[] = [];
      for (let start = 0; start < names.length; start += READERS) {
        const read = await Promise.all(names.slice(start, start + READERS).map(readRecord));
        records.push(...read.filter((record) => record !== undefined));
      }
      return records;
    },

    async save(record) {
      const text = formatRecord(record);
      if (Buffer.byteLength(text) > MAX_CATALOG_FILE_BYTES)
        throw new Error(`the catalog of ${record.server} is larger than ${MAX_CATALOG_FILE_BYTES} bytes`);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = fileOf(record.server);
      await writeSynced(`${path}${PARTIAL}`, text);
      await rename(`${path}${PARTIAL}`, path);
      await syncFolder(folder);
    },

    async remove(server) {
      await rm(fileOf(server), { force: true });
    },
  };
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(text);
  await file.sync();
}

/** So that the rename itself outlives a power cut. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
