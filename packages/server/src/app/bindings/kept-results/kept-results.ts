// Keeps calls that are held for clients which did not wait for them over a restart, for as long as their results are good.
// They are written behind: no call ever waits for it. Bounds on their bytes and their number are the gateway's.

import { z } from 'zod';
import { MAX_HELD_CALLS } from '../../../gateway/limits.ts';
import type { ResultRecord, ResultStore } from '../../../gateway/ports.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AnyDatabase } from '../../../store/database.ts';
import { storableText } from '../../../store/statement.ts';
import type { ForgetReplica } from '../../../store/replicas.ts';
import { createWriteBehind } from '../write-behind.ts';
import {
  deleteEnded,
  deleteResults,
  deleteResultsOf,
  readResults,
  type ResultRow,
  type ResultTables,
  writeResults,
} from './queries.ts';

export interface KeptResultsStore extends ResultStore, AsyncDisposable {
  /** Resolves when all that was put is written, or could not be. */
  flush(): Promise<void>;
}

export interface KeptResultsDeps {
  readonly database: AnyDatabase;
  /** This host: others keep theirs in the same store. */
  readonly replica: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long a result is kept after its end. */
  readonly ttlMs: number;
  readonly warn: (message: string, cause?: unknown) => void;
}

const recordSchema = z.object({
  principal: z.string(),
  server: z.string(),
  tool: z.string().optional(),
  identity: z.string().optional(),
  isTask: z.boolean(),
  isSeen: z.boolean(),
  kind: z.enum(['result', 'error', 'cancelled', 'unkept']).optional(),
  json: z.string().optional(),
});

export async function openKeptResults(deps: KeptResultsDeps): Promise<KeptResultsStore> {
  const { database, replica, clock, random, warn } = deps;
  const tables = database.over<ResultTables>();
  const earlier = await readEarlier(deps);
  const behind = createWriteBehind<ResultRow>({
    what: 'results of calls',
    clock,
    random,
    warn,
    async write(rows, gone) {
      await tables.transaction(async (tx) => {
        await writeResults(tx, rows);
        await deleteResults(tx, gone);
      });
    },
  });
  return {
    earlier,
    put: (record) => behind.put(record.id, toRow(record, replica)),
    remove: (id) => behind.put(id, undefined),
    flush: () => behind.flush(),
    [Symbol.asyncDispose]: () => behind[Symbol.asyncDispose](),
  };
}

/** Deletes what a host that is gone had. */
export const forgetResults: ForgetReplica = (tx, replica) =>
  deleteResultsOf(tx.over<ResultTables>(), replica);

async function readEarlier({
  database,
  replica,
  clock,
  ttlMs,
  warn,
}: KeptResultsDeps): Promise<ResultRecord[]> {
  const tables = database.over<ResultTables>();
  try {
    await tables.transaction((tx) => deleteEnded(tx, replica, clock.nowMs() - ttlMs));
    return (await readResults(tables.read, replica, MAX_HELD_CALLS)).flatMap(toRecord);
  } catch (error) {
    warn('cannot read the results of calls of earlier runs; they are not known any more', error);
    return [];
  }
}

function toRow({ id, startedMs, end, ...rest }: ResultRecord, replica: string): ResultRow {
  const { endedMs, ...outcome } = end ?? { endedMs: null, isSeen: false };
  const record = storableText(JSON.stringify({ ...rest, ...outcome }));
  return {
    id,
    started_ms: Math.round(startedMs),
    ended_ms: endedMs === null ? null : Math.round(endedMs),
    record,
    replica,
  };
}

/** What another version wrote is left out. */
function toRecord({ id, started_ms: startedMs, ended_ms: endedMs, record }: ResultRow): ResultRecord[] {
  const parsed = recordSchema.safeParse(parseJson(record));
  if (!parsed.success) return [];
  const { principal, server, tool, identity, isTask, isSeen, kind, json } = parsed.data;
  const end = endedMs === null || kind === undefined ? undefined : { endedMs, isSeen, kind, json };
  return [{ id, principal, server, tool, identity, isTask, startedMs, end }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
