// One leader for work that one host should do for all: a lease on the database's clock, with an epoch that counts the
// terms. Whoever has it works until the term's signal is aborted, and fences what it writes.
//
// - `term` is the term under way here, or undefined. It is over LEASE_MS after it was last renewed, whatever happened
//   meanwhile: a host that was stopped knows at once when it goes on.
// - That alone excludes nobody, because a host may be stopped between a look and a write. `await term.fence(tx)` as the
//   first statement of a transaction does: it fails with `fenced` when another term has begun, and no other one begins
//   before the transaction ends.
// - A leader that is gone is followed within LEASE_MS; one that is closed, at once. A host that comes back with the same
//   holder takes its own term over at once: see to it that the earlier one is gone.
// - On SQLite nobody else can lead, and a term lasts until it is closed: the store is left to rest.

import { backoffDelayMs, type BackoffPolicy } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import { createSingleFlight } from '../kernel/single-flight.ts';
import type { AnyDatabase, Transaction } from './database.ts';
import { extendLease, holdTerm, insertLease, readLease, replaceLease } from './queries.ts';
import { StoreError } from './store-error.ts';
import type { LeaseTables } from './store-tables.ts';

/** How long a term lasts without being renewed. */
export const LEASE_MS = 10_000;
const RENEW_EVERY_MS = 3_000;
/** Of the time to the next look, so that hosts do not all look at once. */
const JITTER: BackoffPolicy = { initialMs: RENEW_EVERY_MS, factor: 1, maxMs: RENEW_EVERY_MS, jitter: 0.2 };

export interface Term {
  readonly epoch: number;
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
  /** Rejects with `fenced` when another term has begun; otherwise none begins before the transaction ends. */
  fence(tx: Pick<Transaction<object>, 'over'>): Promise<void>;
}

export interface LeaderLease extends AsyncDisposable {
  /** The term under way here; undefined while another host leads, or this one can't tell. */
  readonly term: Term | undefined;
}

export interface LeaderLeaseDeps {
  readonly database: AnyDatabase;
  /** Of the work, the same on all hosts. */
  readonly name: string;
  /** Of this host, over its restarts. */
  readonly holder: string;
  readonly clock: Pick<Clock, 'after'>;
  /** Milliseconds that only grow, from any start. */
  readonly elapsedMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whether other hosts may want to lead; by default where the database takes several. */
  readonly hasRivals?: boolean | undefined;
  /** A term has begun here. */
  readonly started?: ((term: Term) => void) | undefined;
}

interface Held {
  readonly term: Term;
  readonly controller: AbortController;
  untilMs: number;
}

export function createLeaderLease(deps: LeaderLeaseDeps): LeaderLease {
  const { database, name, holder, clock, elapsedMs, random, started } = deps;
  const { hasRivals = database.dialect === 'postgres' } = deps;
  const tables = database.over<LeaseTables>();
  const topic = `lease/${name}`;
  let held: Held | undefined;
  let timer: Disposable | undefined;
  let deadline: Disposable | undefined;
  let closed = false;

  /** Ends the term here when its time is up. */
  function current(): Held | undefined {
    if (held !== undefined && elapsedMs() >= held.untilMs) lose();
    return held;
  }

  /** Does not wait for a look at the store, which may take its time. */
  function watchEnd(): void {
    deadline?.[Symbol.dispose]();
    const known = current();
    if (known !== undefined) deadline = clock.after(Math.max(1, known.untilMs - elapsedMs()), watchEnd);
  }

  function lose(): void {
    held?.controller.abort(new StoreError('fenced', `this host does not lead ${name} any more`));
    held = undefined;
  }

  const look = createSingleFlight(async () => {
    timer?.[Symbol.dispose]();
    try {
      const known = current();
      if (known === undefined) await take();
      else await renew(known);
    } catch {
      // The store tells why by itself; the term goes on until its time is up.
    }
    if (closed || (!hasRivals && held !== undefined)) return;
    const delayMs = backoffDelayMs(JITTER, 1, random());
    timer = clock.after(delayMs, () => void look.run());
  });

  async function take(): Promise<void> {
    const askedMs = elapsedMs();
    const epoch = await tables.transaction(async (tx) => {
      const seen = await readLease(tx, name);
      const nowMs = await tx.nowMs();
      const expires_at_ms = nowMs + LEASE_MS;
      if (seen === undefined)
        return (await insertLease(tx, { name, epoch: 1, holder, expires_at_ms })) ? 1 : undefined;
      if (seen.expires_at_ms > nowMs && seen.holder !== holder) return undefined;
      const next = { epoch: seen.epoch + 1, holder, expires_at_ms };
      return (await replaceLease(tx, seen, next)) ? next.epoch : undefined;
    });
    if (epoch === undefined) return;
    const controller = new AbortController();
    const term: Term = {
      epoch,
      signal: controller.signal,
      async fence(tx) {
        if (!(await holdTerm(tx.over<LeaseTables>(), { name, epoch })))
          throw new StoreError('fenced', `another host leads ${name} by now; it goes on with the work`);
      },
    };
    held = { term, controller, untilMs: hasRivals ? askedMs + LEASE_MS : Number.POSITIVE_INFINITY };
    if (hasRivals) watchEnd();
    if (!closed && current() !== undefined) started?.(term);
  }

  async function renew(known: Held): Promise<void> {
    const askedMs = elapsedMs();
    const { epoch } = known.term;
    const isOurs = await tables.transaction(async (tx) =>
      extendLease(tx, { name, epoch, expires_at_ms: (await tx.nowMs()) + LEASE_MS }),
    );
    if (isOurs) known.untilMs = askedMs + LEASE_MS;
    else if (held === known) lose();
  }

  // Another host has let it go.
  const listening = database.feed.listen(topic, () => {
    if (current() === undefined) void look.run();
  });
  void look.run();

  return {
    get term() {
      return current()?.term;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      listening[Symbol.dispose]();
      await look.idle();
      timer?.[Symbol.dispose]();
      deadline?.[Symbol.dispose]();
      const known = current();
      lose();
      if (known === undefined) return;
      const { epoch } = known.term;
      const release = { name, epoch, expires_at_ms: 0 };
      await tables.transaction((tx) => extendLease(tx, release)).catch(() => undefined);
      database.feed.notify(topic);
    },
  };
}
