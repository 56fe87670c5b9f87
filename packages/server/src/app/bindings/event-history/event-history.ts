// Keeps events over a restart, those of all hosts in one history. They are written behind, several at a time: who adds one
// never waits, and those of the last moment before a kill are lost. A store that fails costs history, nothing else: what
// it can't take now is tried again, up to a bound; what was written without an answer is not there twice. The guard
// `events` gives out their numbers, so that they become visible in that order, and whoever has read up to one of them has
// missed nothing before it. The leader deletes what is beyond the bounds.

import { backoffDelayMs, type BackoffPolicy } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { createSingleFlight } from '../../../kernel/single-flight.ts';
import type { EventQuery } from '../../../api/event-query.ts';
import { MAX_EVENTS, type ResourceEvent } from '../../../resources/events/event-log.ts';
import { EVENT_REASONS, isEventReason, kindOfEvent, typeOfEvent } from '../../../resources/events/reasons.ts';
import type { AnyDatabase } from '../../../store/database.ts';
import type { Host } from '../../../store/database.ts';
import { readGuard, takeGuard } from '../../../store/guard.ts';
import type { LeaderLease } from '../../../store/leader-lease.ts';
import { deleteBeyond } from '../../../store/retention.ts';
import { storableText } from '../../../store/statement.ts';
import type { GuardTables } from '../../../store/store-tables.ts';
import {
  findEvents,
  insertEvents,
  readEventsAfter,
  readLastEvents,
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
/** Events of other hosts that are read at once. */
const PAGE = 500;
const GUARD = 'events';
/** Of the feed. */
const TOPIC = 'events';
const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.2 };

export interface EventHistory extends AsyncDisposable {
  /** The last ones that were written, oldest first; none when the store can't tell. */
  load(): Promise<readonly ResourceEvent[]>;
  add(event: ResourceEvent): void;
  /** The newest that fit, oldest first, with all that was added; undefined when the store can't tell. */
  find(query: EventQuery): Promise<readonly ResourceEvent[] | undefined>;
  /** Calls back with what happened at other hosts, after what `load` resolved with. Dispose to stop. */
  follow(learn: (events: readonly ResourceEvent[]) => void): AsyncDisposable;
  /** Resolves when all that was added is written (true), or could not be. */
  flush(): Promise<boolean>;
}

export interface EventHistoryDeps {
  readonly database: AnyDatabase;
  readonly host: Host;
  readonly leader: Pick<LeaderLease, 'term'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly warn: (message: string, cause?: unknown) => void;
}

/** An event that waits, with what tells it from all others. */
interface Added {
  readonly event: ResourceEvent;
  readonly origin: string;
}

export function createEventHistory(deps: EventHistoryDeps): EventHistory {
  const { database, host, leader, clock, random, warn } = deps;
  const tables = database.over<EventTables>();
  let unwritten: Added[] = [];
  let count = 0;
  /** Up to which events of others are known; undefined until that was read. */
  let known: number | undefined;
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

  async function writeBatch(batch: readonly Added[]): Promise<void> {
    await tables.transaction(async (tx) => {
      const last = await takeGuard(tx, GUARD, batch.length);
      await insertEvents(
        tx,
        batch.map((one, index) => toRow(one, last - batch.length + 1 + index, host.replica)),
      );
    });
    database.feed.notify(TOPIC);
    // Some of them may have been dropped meanwhile.
    const written = new Set(batch);
    unwritten = unwritten.filter((one) => !written.has(one));
    await trim(batch.length);
  }

  async function trim(more: number): Promise<void> {
    sinceTrim += more;
    const { term } = leader;
    if (sinceTrim < TRIM_EVERY || term === undefined) return;
    await deleteBeyond(
      database,
      {
        table: 'events_history',
        key: 'seq',
        keep: MAX_KEPT_EVENTS,
        age: { column: 'at_ms', maxMs: MAX_AGE_MS },
      },
      term,
    );
    sinceTrim = 0;
  }

  /** What others have written since the last look. */
  async function readOthers(learn: (events: readonly ResourceEvent[]) => void): Promise<void> {
    known ??= await readGuard(tables.over<GuardTables>().read, GUARD);
    for (;;) {
      const rows = await readEventsAfter(tables.read, known, PAGE);
      known = rows.at(-1)?.seq ?? known;
      const others = rows.filter(({ replica }) => replica !== host.replica);
      if (others.length > 0) learn(others.flatMap(toEvent));
      await trim(others.length);
      if (rows.length < PAGE) return;
    }
  }

  /** Reasons that another version knew are left out. */
  function toEvent({ at_ms: atMs, name, reason, message, replica }: EventRow): readonly ResourceEvent[] {
    if (!isEventReason(reason)) return [];
    const isOther = replica !== '' && replica !== host.replica;
    const [type, kind] = [typeOfEvent(reason), kindOfEvent(reason)];
    const event = { atMs, type, kind, name, reason, message };
    return [isOther ? { ...event, host: replica } : event];
  }

  return {
    async load() {
      try {
        const rows = await readLastEvents(tables.read, MAX_EVENTS);
        known = rows[0]?.seq ?? 0;
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
      count += 1;
      unwritten.push({ event, origin: `${host.replica} ${host.epoch} ${count}` });
      if (unwritten.length > MAX_UNWRITTEN) unwritten.shift();
      // After a failure the next try has its time already.
      if (failures === 0) schedule(FLUSH_MS);
    },
    follow(learn) {
      const look = createSingleFlight(() => readOthers(learn));
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
    flush,
    async [Symbol.asyncDispose]() {
      // What came while a batch was on its way is written too; after a failure nothing is tried again.
      await flush();
      if (failures === 0) await flush();
      timer?.[Symbol.dispose]();
    },
  };
}

/** The kind and the type of an event follow from its reason; undefined: any. */
function reasonsOf({ reasons, type, kind }: EventQuery): readonly string[] | undefined {
  if (type === undefined && kind === undefined) return reasons.length === 0 ? undefined : reasons;
  const asked = reasons.length === 0 ? EVENT_REASONS : reasons.filter(isEventReason);
  return asked.filter(
    (reason) =>
      (type === undefined || typeOfEvent(reason) === type) &&
      (kind === undefined || kindOfEvent(reason) === kind),
  );
}

function toRow({ event, origin }: Added, seq: number, replica: string): EventRow {
  const { atMs, name, reason, message } = event;
  return {
    seq,
    at_ms: atMs,
    name: storableText(name),
    reason,
    message: storableText(message),
    replica,
    origin,
  };
}
