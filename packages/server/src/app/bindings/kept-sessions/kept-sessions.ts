// Keeps clients' sessions over a restart. They are written behind, several at a time: no call ever waits for it, and what
// began in the last moment before a kill is not known afterwards; its client initializes again. A store that fails costs
// that, and nothing else: what it can't take now is tried again.

import { z } from 'zod';
import type { SessionRecord, SessionStore } from '../../../gateway/ports.ts';
import { backoffDelayMs, type BackoffPolicy } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AnyDatabase } from '../../../store/database.ts';
import { storableText } from '../../../store/statement.ts';
import {
  deleteOver,
  deleteSessions,
  readSessions,
  type SessionRow,
  type SessionTables,
  writeSessions,
} from './queries.ts';

/** How long a change may be in memory alone. */
export const FLUSH_MS = 100;
/** Sessions that are written at once. */
const BATCH = 100;
/** A session that declares more than this is not kept. */
export const MAX_RECORD_BYTES = 64 << 10;
const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.2 };

export interface KeptSessionsStore extends SessionStore, AsyncDisposable {
  /** Resolves when all that was put is written, or could not be. */
  flush(): Promise<void>;
}

export interface KeptSessionsDeps {
  readonly database: AnyDatabase;
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
  const { database, clock, random, warn } = deps;
  const tables = database.over<SessionTables>();
  const earlier = await readEarlier(deps);
  /** By key; undefined: it goes. A session is in here once, so that sessions bound it. */
  let unwritten = new Map<string, SessionRow | undefined>();
  let timer: Disposable | undefined;
  let writing: Promise<void> | undefined;
  let failures = 0;

  function schedule(delayMs: number): void {
    timer ??= clock.after(delayMs, () => {
      timer = undefined;
      void flush();
    });
  }

  function change(key: string, row: SessionRow | undefined): void {
    unwritten.set(key, row);
    // After a failure the next try has its time already.
    if (failures === 0) schedule(FLUSH_MS);
  }

  function flush(): Promise<void> {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function writeAll(): Promise<void> {
    try {
      while (unwritten.size > 0) await writeBatch([...unwritten].slice(0, BATCH));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1) warn('cannot write sessions to the store; they are tried again', error);
      timer?.[Symbol.dispose]();
      timer = undefined;
      schedule(backoffDelayMs(RETRY, failures, random()));
    }
  }

  async function writeBatch(changes: readonly (readonly [string, SessionRow | undefined])[]): Promise<void> {
    const rows = changes.flatMap(([, row]) => row ?? []);
    const gone = changes.flatMap(([key, row]) => (row === undefined ? [key] : []));
    await tables.transaction(async (tx) => {
      await writeSessions(tx, rows);
      await deleteSessions(tx, gone);
    });
    // What changed meanwhile is written next time.
    const written = new Map(changes);
    unwritten = new Map([...unwritten].filter(([key, row]) => !written.has(key) || written.get(key) !== row));
  }

  return {
    earlier,
    put: (record) => change(record.key, toRow(record)),
    remove: (key) => change(key, undefined),
    flush,
    async [Symbol.asyncDispose]() {
      // What came while a batch was on its way is written too; after a failure nothing is tried again.
      await flush();
      if (failures === 0) await flush();
      timer?.[Symbol.dispose]();
    },
  };
}

async function readEarlier({ database, clock, limits, warn }: KeptSessionsDeps): Promise<SessionRecord[]> {
  const tables = database.over<SessionTables>();
  const nowMs = clock.nowMs();
  try {
    await tables.transaction((tx) =>
      deleteOver(tx, {
        createdBeforeMs: nowMs - limits.sessionAbsoluteMs,
        usedBeforeMs: nowMs - limits.sessionIdleMs,
      }),
    );
    return (await readSessions(tables.read, limits.maxSessions)).flatMap(toRecord);
  } catch (error) {
    warn('cannot read the sessions of earlier runs; their clients have to initialize again', error);
    return [];
  }
}

/** Undefined for one that is too large to be kept. */
function toRow({ key, createdMs, lastUsedMs, ...rest }: SessionRecord): SessionRow | undefined {
  const record = storableText(JSON.stringify(rest));
  if (Buffer.byteLength(record) > MAX_RECORD_BYTES) return undefined;
  return { key, created_ms: createdMs, last_used_ms: lastUsedMs, record };
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
