// Hints over PostgreSQL's LISTEN and NOTIFY: one connection that only listens, had anew when it breaks, and statements of
// the pool to tell others. A notice takes a lock of the whole database when it commits, so that it never rides on a
// transaction of somebody's own.
//
// That notices arrive is not taken for granted (a pooler in transaction mode swallows them without an error): we send one
// to ourselves from time to time, and say when it does not come.

import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { backoffDelayMs, type BackoffPolicy } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { HintWire } from '../driver.ts';
import { openClient, quoted, type PostgresPlace } from './postgres-pool.ts';

/** How long a notice to ourselves may take. */
const HEARD_LIMIT_MS = 5_000;
const TEST_EVERY_MS = 30_000;
const RETRY: BackoffPolicy = { initialMs: 200, factor: 2, maxMs: 10_000, jitter: 0.2 };
/** Begins what we send to ourselves; no topic begins with it. */
const TEST = '?';

export interface PostgresHintsDeps {
  readonly place: PostgresPlace;
  readonly clock: Pick<Clock, 'after'>;
  readonly random: () => number;
  /** Runs a statement on another connection than the one that listens. */
  readonly run: (sql: string, parameters: readonly string[]) => Promise<unknown>;
  readonly warn: (message: string, cause?: unknown) => void;
  /** Whether notices arrive. */
  readonly hears: (arrive: boolean) => void;
}

export function createPostgresHints({ place, clock, random, run, warn, hears }: PostgresHintsDeps): HintWire {
  const channel = channelOf(place.schema);
  const own = randomBytes(8).toString('hex');
  let heard: ((topics: readonly string[] | undefined) => void) | undefined;
  let client: Client | undefined;
  let connecting: Promise<void> | undefined;
  let failures = 0;
  let isDeaf = false;
  let closed = false;
  let retry: Disposable | undefined;
  let test: Disposable | undefined;
  let awaited: string | undefined;

  async function connect(): Promise<void> {
    let fresh: Client;
    try {
      fresh = await openClient(place, 'tutti listens');
    } catch {
      return again();
    }
    fresh.on('notification', ({ payload = '' }) => read(payload));
    fresh.once('end', () => lose(fresh));
    client = fresh;
    if (closed) return await fresh.end();
    try {
      await fresh.query(`listen ${quoted(channel)}`);
    } catch {
      return lose(fresh);
    }
    failures = 0;
    heard?.(undefined);
    testNow(fresh);
  }

  /** Once for each connection: when it broke, or is of no use. */
  function lose(gone: Client): void {
    if (client !== gone) return;
    client = undefined;
    test?.[Symbol.dispose]();
    gone.end().catch(() => undefined);
    again();
  }

  function again(): void {
    if (closed) return;
    failures += 1;
    retry = clock.after(backoffDelayMs(RETRY, failures, random()), () => {
      connecting = connect();
    });
  }

  function read(payload: string): void {
    const [from, ...topics] = payload.split(' ');
    if (from !== own) return heard?.(topics);
    if (awaited !== undefined && topics[0] === awaited) awaited = undefined;
  }

  function testNow(tested: Client): void {
    const nonce = `${TEST}${randomBytes(6).toString('hex')}`;
    awaited = nonce;
    void notify([nonce]).catch(() => undefined);
    test = clock.after(HEARD_LIMIT_MS, () => {
      const arrived = awaited === undefined;
      tell(arrived);
      // A connection may be dead without a word; a new one is no worse.
      if (!arrived) return lose(tested);
      test = clock.after(TEST_EVERY_MS, () => testNow(tested));
    });
  }

  function tell(arrive: boolean): void {
    hears(arrive);
    if (!arrive && !isDeaf)
      warn(
        'notices of PostgreSQL do not arrive here, so that changes made by other hosts are seen some seconds later; connect without a pooler, or with one in session mode',
      );
    isDeaf = !arrive;
  }

  async function notify(topics: readonly string[]): Promise<void> {
    await run('select pg_notify($1, $2)', [channel, [own, ...topics].join(' ')]);
  }

  return {
    send: notify,
    receive(listener) {
      heard = listener;
      connecting ??= connect();
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      retry?.[Symbol.dispose]();
      test?.[Symbol.dispose]();
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}

/** Notices are of a whole database, and names of channels are short. */
function channelOf(schema: string): string {
  return `tutti_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`;
}
