// When agents were last heard of. A beat is entered in memory; what came since the last time is written in one statement,
// so that ten thousand agents cost a few writes a second, and none waits for a row that tasks change.

import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../store/database.ts';
import { type CoordinationMeter, NO_METER } from '../meter.ts';
import type { AgentRow, AgentTables } from './agent-row.ts';
import { backAgain, writeBeats } from './queries.ts';

/** How long a beat may be in memory alone, at most. */
export const MAX_BEAT_DELAY_MS = 5_000;
const MIN_BEAT_DELAY_MS = 200;
/** So many times is a beat written within an interval, so that a late one is never taken for none. */
const WRITES_PER_INTERVAL = 4;

export interface Beats extends AsyncDisposable {
  /** It is alive now. `wasLost`: it was taken for dead, which is to end at once. */
  touch(agent: Pick<AgentRow, 'id' | 'heartbeat_ms'>, wasLost: boolean): void;
  /** By this host's clock; undefined: not since its start. */
  lastMs(id: string): number | undefined;
  forget(id: string): void;
  flush(): Promise<void>;
}

export interface BeatsDeps {
  readonly database: Database<object>;
  readonly clock: Clock;
  /** These are heard of again. */
  readonly revived: (rows: readonly AgentRow[]) => void;
  readonly warn: (message: string, cause?: unknown) => void;
  readonly meter?: Pick<CoordinationMeter, 'heartbeatsWritten'>;
}

export function createBeats({ database, clock, revived, warn, meter = NO_METER }: BeatsDeps): Beats {
  const tables = database.over<AgentTables>();
  const lastMs = new Map<string, number>();
  let unwritten = new Set<string>();
  let lost = new Set<string>();
  let timer: Disposable | undefined;
  let timerAtMs = Infinity;
  let writing: Promise<void> | undefined;

  function schedule(delayMs: number): void {
    const atMs = clock.nowMs() + delayMs;
    if (atMs >= timerAtMs) return;
    timer?.[Symbol.dispose]();
    timerAtMs = atMs;
    timer = clock.after(delayMs, () => void flush());
  }

  function flush(): Promise<void> {
    timer?.[Symbol.dispose]();
    timer = undefined;
    timerAtMs = Infinity;
    writing = (writing ?? Promise.resolve()).then(write);
    return writing;
  }

  async function write(): Promise<void> {
    if (unwritten.size === 0) return;
    const beats = unwritten;
    const backIds = [...lost];
    unwritten = new Set();
    lost = new Set();
    try {
      const back = await tables.transaction(async (tx) => {
        const nowMs = await tx.nowMs();
        // Ages by this host's clock, times by the database's.
        const hereMs = clock.nowMs();
        const rows = [...beats].map((agent_id) => ({
          agent_id,
          at_ms: nowMs - Math.max(0, hereMs - (lastMs.get(agent_id) ?? hereMs)),
        }));
        await writeBeats(tx, rows);
        return backIds.length === 0 ? [] : await backAgain(tx, backIds, nowMs);
      });
      meter.heartbeatsWritten(beats.size);
      if (back.length > 0) revived(back);
    } catch (error) {
      warn('cannot write heartbeats to the store; they are tried again', error);
      unwritten = unwritten.union(beats);
      for (const id of backIds) lost.add(id);
      schedule(MAX_BEAT_DELAY_MS);
    }
  }

  return {
    touch({ id, heartbeat_ms }, wasLost) {
      lastMs.set(id, clock.nowMs());
      unwritten.add(id);
      if (wasLost) lost.add(id);
      const delayMs = Math.max(MIN_BEAT_DELAY_MS, heartbeat_ms / WRITES_PER_INTERVAL);
      schedule(wasLost ? 0 : Math.min(MAX_BEAT_DELAY_MS, delayMs));
    },
    lastMs: (id) => lastMs.get(id),
    forget(id) {
      lastMs.delete(id);
      unwritten.delete(id);
      lost.delete(id);
    },
    flush,
    async [Symbol.asyncDispose]() {
      await flush();
      timer?.[Symbol.dispose]();
    },
  };
}
