// Keeps clients' sessions over a restart. They are written behind, several at a time: no call ever waits for it, and what
// began in the last moment before a kill is not known afterwards; its client initializes again. A store that fails costs
// that, and nothing else: what it can't take now is tried again. A session belongs to one host: where several share the
// store, each has its own here.

import { z } from 'zod';
import type { SessionRecord, SessionStore } from '../../../gateway/ports.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AnyDatabase } from '../../../store/database.ts';
import { storableText } from '../../../store/statement.ts';
import type { ForgetReplica } from '../../../store/replicas.ts';
import { createWriteBehind } from '../write-behind.ts';
import {
  adoptSessions,
  deleteOver,
  deleteSessions,
  deleteSessionsOf,
  readSessions,
  type SessionRow,
  type SessionTables,
  writeSessions,
} from './queries.ts';

/** A session that declares more than this is not kept. */
export const MAX_RECORD_BYTES = 64 << 10;

export interface KeptSessionsStore extends SessionStore, AsyncDisposable {
  /** Resolves when all that was put is written, or could not be. */
  flush(): Promise<void>;
}

export interface KeptSessionsDeps {
  readonly database: AnyDatabase;
  readonly replica: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: {
    readonly maxSessions: number;
    readonly sessionIdleMs: number;
    readonly sessionAbsoluteMs: number;
  };
  readonly warn: (message: string, cause?: unknown) => void;
}

const recordSchema = z.object({
  principal: z.string(),
  /** Earlier versions wrote none: then it is nobody's with a key. */
  credentials: z.array(z.string()).optional(),
  place: z.string(),
  protocolVersion: z.string(),
  capabilities: z.string(),
  clientInfo: z.string().optional(),
  asked: z.enum(['direct', 'search']).optional(),
  logLevel: z.string().optional(),
  subscriptions: z.array(z.string()),
  catalog: z.string(),
});

export async function openKeptSessions(deps: KeptSessionsDeps): Promise<KeptSessionsStore> {
  const { database, replica, clock, random, warn } = deps;
  const tables = database.over<SessionTables>();
  const earlier = await readEarlier(deps);
  const behind = createWriteBehind<SessionRow>({
    what: 'sessions',
    clock,
    random,
    warn,
    async write(rows, gone) {
      await tables.transaction(async (tx) => {
        await writeSessions(tx, rows);
        await deleteSessions(tx, gone);
      });
    },
  });
  return {
    earlier,
    put: (record) => behind.put(record.key, toRow(record, replica)),
    remove: (key) => behind.put(key, undefined),
    flush: () => behind.flush(),
    [Symbol.asyncDispose]: () => behind[Symbol.asyncDispose](),
  };
}

/** A host that is gone for good has no sessions. */
export const forgetSessions: ForgetReplica = (tx, replica) =>
  deleteSessionsOf(tx.over<SessionTables>(), replica);

async function readEarlier({
  database,
  replica,
  clock,
  limits,
  warn,
}: KeptSessionsDeps): Promise<SessionRecord[]> {
  const tables = database.over<SessionTables>();
  const nowMs = clock.nowMs();
  try {
    await tables.transaction(async (tx) => {
      await adoptSessions(tx, replica);
      await deleteOver(tx, {
        replica,
        createdBeforeMs: nowMs - limits.sessionAbsoluteMs,
        usedBeforeMs: nowMs - limits.sessionIdleMs,
      });
    });
    return (await readSessions(tables.read, replica, limits.maxSessions)).flatMap(toRecord);
  } catch (error) {
    warn('cannot read the sessions of earlier runs; their clients have to initialize again', error);
    return [];
  }
}

/** Undefined for one that is too large to be kept. */
function toRow(
  { key, createdMs, lastUsedMs, ...rest }: SessionRecord,
  replica: string,
): SessionRow | undefined {
  const record = storableText(JSON.stringify(rest));
  if (Buffer.byteLength(record) > MAX_RECORD_BYTES) return undefined;
  return { key, created_ms: createdMs, last_used_ms: lastUsedMs, record, replica };
}

/** What another version wrote is left out. */
function toRecord({
  key,
  created_ms: createdMs,
  last_used_ms: lastUsedMs,
  record,
}: SessionRow): SessionRecord[] {
  const parsed = recordSchema.safeParse(parseJson(record));
  if (!parsed.success) return [];
  const { clientInfo, asked, logLevel, credentials = [parsed.data.principal], ...rest } = parsed.data;
  return [{ key, createdMs, lastUsedMs, clientInfo, asked, logLevel, credentials, ...rest }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
