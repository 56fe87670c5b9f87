// Hints that something was committed, told to whoever listens: in this process, and in every other one that uses the same
// database. A hint says where to look and nothing else, and it may come for nothing or not at all; what is true is read
// from the tables, so that a listener looks and finds that there is nothing new, or does its work.
//
// - `notify(topic)` after the transaction resolved, never inside: it costs a set, does not wait and does not fail.
//   Whoever is told next is told once for all that came within COALESCE_MS, and the database hears of it by a statement of
//   its own, off everybody's write path.
// - `listen(topic, listener)`: the listener is called after hints of this topic, those of this process too; after the
//   connection that carries them was lost and had again; and every POLL_MS where others may write, because hints get lost
//   (a pooler in between, a connection that died without a word). So a change is seen within POLL_MS in the worst case. It
//   is not called at first: look once yourself after listening.
// - On SQLite nobody else writes: hints stay in the process, and there is no poll.

import type { Clock } from '../kernel/clock.ts';
import type { HintWire } from './driver.ts';

/** Hints within this time are told as one. */
export const COALESCE_MS = 10;
/** How often listeners look without a hint where other processes may write. */
export const POLL_MS = 3_000;
/** Topics that wait to be told; with more of them everybody is told. */
export const MAX_PENDING_TOPICS = 100;
/** Characters of a topic. */
export const MAX_TOPIC_CHARS = 60;
const TOPIC = /^[A-Za-z0-9][A-Za-z0-9_.:/-]*$/;
/** Every topic. */
const ALL = '*';

export interface ChangeFeed {
  /** A short word: letters, digits, `_.:/-`, at most MAX_TOPIC_CHARS. After the commit. */
  notify(topic: string): void;
  /** Dispose to stop. */
  listen(topic: string, listener: () => void, options?: ListenOptions): Disposable;
}

export interface ListenOptions {
  /** Not after hints of this process: for who knows what it wrote itself. */
  readonly othersOnly?: boolean;
}

interface Listener {
  readonly call: () => void;
  readonly othersOnly: boolean;
}

export interface ChangeFeedDeps {
  /** To the other processes; undefined where there are none. */
  readonly wire: HintWire | undefined;
  readonly clock: Pick<Clock, 'after'>;
  readonly warn: (message: string, cause?: unknown) => void;
}

export function createChangeFeed({ wire, clock, warn }: ChangeFeedDeps): ChangeFeed & Disposable {
  const listeners = new Map<string, Set<Listener>>();
  /** To be told here: of this process, and of others. */
  const told = new Set<string>();
  const heard = new Set<string>();
  /** To be told to the others. */
  const sent = new Set<string>();
  let telling: Disposable | undefined;
  let sending = false;
  let poll: Disposable | undefined;
  let closed = false;

  function put(topics: Set<string>, topic: string): void {
    if (topics.has(ALL)) return;
    topics.add(topic);
    if (topic !== ALL && topics.size <= MAX_PENDING_TOPICS) return;
    topics.clear();
    topics.add(ALL);
  }

  function tellSoon(): void {
    if (closed) return;
    telling ??= clock.after(COALESCE_MS, () => {
      telling = undefined;
      const own = [...told];
      const others = [...heard];
      told.clear();
      heard.clear();
      if (!sending && sent.size > 0) void send();
      for (const topic of others) tell(topic, true);
      for (const topic of own) if (!others.includes(topic)) tell(topic, false);
    });
  }

  function tell(topic: string, ofOthers: boolean): void {
    const asked = topic === ALL ? [...listeners.values()].flatMap((of) => [...of]) : listeners.get(topic);
    for (const { call, othersOnly } of asked ?? [])
      try {
        if (ofOthers || !othersOnly) call();
      } catch (error) {
        warn(`what listens to ${topic} failed`, error);
      }
  }

  /** One statement at a time: what comes meanwhile goes with the next one. */
  async function send(): Promise<void> {
    sending = true;
    const topics = [...sent];
    sent.clear();
    // What is lost is found by polling.
    await wire?.send(topics).catch(() => undefined);
    sending = false;
    if (sent.size > 0) tellSoon();
  }

  function pollLater(): void {
    poll = clock.after(POLL_MS, () => {
      pollLater();
      tell(ALL, true);
    });
  }

  function hear(topics: readonly string[] | undefined): void {
    for (const topic of topics ?? [ALL]) if (topic === ALL || listeners.has(topic)) put(heard, topic);
    if (heard.size > 0) tellSoon();
  }

  return {
    notify(topic) {
      if (!TOPIC.test(topic) || topic.length > MAX_TOPIC_CHARS)
        throw new Error(`${topic} is no topic: use at most ${MAX_TOPIC_CHARS} letters, digits and _.:/-`);
      if (closed) return;
      put(told, topic);
      if (wire !== undefined) put(sent, topic);
      tellSoon();
    },
    listen(topic, listener, { othersOnly = false } = {}) {
      // A function of its own, so that one that listens twice is told twice and stops once.
      const own = { call: listener, othersOnly };
      const of = listeners.get(topic) ?? new Set();
      listeners.set(topic, of.add(own));
      if (wire !== undefined && poll === undefined && !closed) {
        wire.receive(hear);
        pollLater();
      }
      return {
        [Symbol.dispose]() {
          of.delete(own);
          if (of.size === 0 && listeners.get(topic) === of) listeners.delete(topic);
        },
      };
    },
    [Symbol.dispose]() {
      closed = true;
      telling?.[Symbol.dispose]();
      poll?.[Symbol.dispose]();
    },
  };
}
