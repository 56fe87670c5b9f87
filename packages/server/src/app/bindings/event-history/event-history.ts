// Keeps events over a restart. They are written behind, several at a time: who adds one never waits, and those of the
// last moment before a kill are lost (and those whose commit had no answer may be there twice). A store that fails costs
// history, nothing else: what it can't take now is tried again, up to a bound.

import { backoffDelayMs, type BackoffPolicy } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { EventQuery } from '../../../api/event-query.ts';
import {
  EVENT_REASONS,
  isEventReason,
  MAX_EVENTS,
  typeOfEvent,
  type ServerEvent,
} from '../../../reconcile/events.ts';
import type { AnyDatabase } from '../../../store/database.ts';
import { deleteBeyond } from '../../../store/retention.ts';
import { storableText } from '../../../store/statement.ts';
import {
  findEvents,
  insertEvents,
  readLastEvents,
  readLastSeq,
  type EventRow,
  type EventTables,
} from './queries.ts';

/** How long an event may be in memory alone. */
export const FLUSH_MS = 250;
/** Events that are written at once. */
const BATCH = 100;
/** Events that wait to be written; the oldest goes first. */
export const MAX_UNWRITTEN = 1_000;
/** Events that are kept; the oldest go first. */
export const MAX_KEPT_EVENTS = 10_000;
/** Older ones are not kept. */
const MAX_AGE_MS = 30 * 24 * 60 * 60_000;
/** Events that are written between two looks at what is beyond. */
const TRIM_EVERY = 500;
const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.2 };

export interface EventHistory extends AsyncDisposable {
  /** The last ones that were written, oldest first; none when the store can't tell. */
  load(): Promise<readonly ServerEvent[]>;
  add(event: ServerEvent): void;
  /** The newest that fit, oldest first, with all that was added; undefined when the store can't tell. */
  find(query: EventQuery): Promise<readonly ServerEvent[] | undefined>;
  /** Resolves when all that was added is written (true), or could not be. */
  flush(): Promise<boolean>;
}

export interface EventHistoryDeps {
  readonly database: AnyDatabase;
  readonly clock: Clock;
  readonly random: () => number;
  readonly warn: (message: string, cause?: unknown) => void;
}

export function createEventHistory({ database, clock, random, warn }: EventHistoryDeps): EventHistory {
  const tables = database.over<EventTables>();
  let unwritten: ServerEvent[] = [];
  let timer: Disposable | undefined;
  let writing: Promise<boolean> | undefined;
  let failures = 0;
  let sinceTrim = TRIM_EVERY;

  function schedule(delayMs: number): void {
    timer ??= clock.after(delayMs, () => {
      timer = undefined;
      void flush();
    });
  }

  function flush(): Promise<boolean> {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function writeAll(): Promise<boolean> {
    try {
      while (unwritten.length > 0) await writeBatch(unwritten.slice(0, BATCH));
      failures = 0;
      return true;
    } catch (error) {
      failures += 1;
      if (failures === 1) warn('cannot write events to the store; they are tried again', error);
      timer?.[Symbol.dispose]();
      timer = undefined;
      schedule(backoffDelayMs(RETRY, failures, random()));
      return false;
    }
  }

  async function writeBatch(events: readonly ServerEvent[]): Promise<void> {
    await tables.transaction(async (tx) => {
      const last = await readLastSeq(tx);
      await insertEvents(
        tx,
        events.map((event, index) => toRow(event, last + 1 + index)),
      );
    });
    // Some of them may have been dropped meanwhile.
    const written = new Set(events);
    unwritten = unwritten.filter((event) => !written.has(event));
    sinceTrim += events.length;
    if (sinceTrim < TRIM_EVERY) return;
    await deleteBeyond(database, {
      table: 'events_history',
      key: 'seq',
      keep: MAX_KEPT_EVENTS,
      age: { column: 'at_ms', maxMs: MAX_AGE_MS },
    });
    sinceTrim = 0;
  }

  return {
    async load() {
      try {
        const rows = await readLastEvents(tables.read, MAX_EVENTS);
        return rows.toReversed().flatMap(toEvent);
      } catch (error) {
        warn('cannot read the events of earlier runs', error);
        return [];
      }
    },
    async find(query) {
      await flush();
      if (failures > 0) return undefined;
      try {
        const rows = await findEvents(tables.read, { ...query, reasons: reasonsOf(query) });
        return rows.toReversed().flatMap(toEvent);
      } catch (error) {
        warn('cannot read older events', error);
        return undefined;
      }
    },
    add(event) {
      unwritten.push(event);
      if (unwritten.length > MAX_UNWRITTEN) unwritten.shift();
      // After a failure the next try has its time already.
      if (failures === 0) schedule(FLUSH_MS);
    },
    flush,
    async [Symbol.asyncDispose]() {
      // What came while a batch was on its way is written too; after a failure nothing is tried again.
      await flush();
      if (failures === 0) await flush();
      timer?.[Symbol.dispose]();
    },
  };
}

/** The type of an event follows from its reason; undefined: any. */
function reasonsOf({ reasons, type }: EventQuery): readonly string[] | undefined {
  if (type === undefined) return reasons.length === 0 ? undefined : reasons;
  const asked = reasons.length === 0 ? EVENT_REASONS : reasons.filter(isEventReason);
  return asked.filter((reason) => typeOfEvent(reason) === type);
}

function toRow({ atMs, server, reason, message }: ServerEvent, seq: number): EventRow {
  return { seq, at_ms: atMs, server: storableText(server), reason, message: storableText(message) };
}

/** Reasons that another version knew are left out. */
function toEvent({ at_ms: atMs, server, reason, message }: EventRow): readonly ServerEvent[] {
  return isEventReason(reason) ? [{ atMs, type: typeOfEvent(reason), server, reason, message }] : [];
}
