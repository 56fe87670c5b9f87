// The leases of one space as this host works on them. What is asked for while a transaction runs shares the next one, and
// whoever waits here is served by the very transaction that makes it possible. Others' changes are hints; what is true is
// read under the guard.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { MakeId } from '../../kernel/ids.ts';
import type { Database } from '../../store/database.ts';
import { readGuard } from '../../store/guard.ts';
import type { GuardTables } from '../../store/store-tables.ts';
import type { Book, Draft, Lease, OpenBook, Ticket, Wanted } from './book.ts';
import type { AllTables } from './queries.ts';
import { ask, type Asked, type Moment, verdictOn } from './requests.ts';
import { type Command, type Done, guardOf, runBatch } from './transaction.ts';

/** Changes that one transaction takes. */
const MAX_BATCH = 100;
/** Changes of one space that wait for their transaction. */
export const MAX_QUEUED = 10_000;
/** While somebody waits: who went without a word is found within this time. */
const LOOK_MS = 5_000;
const MIN_LOOK_MS = 20;
const RETRY_MS = 1_000;

/** What a request came to, and when the leases that it met end. */
export interface Outcome {
  readonly asked: Asked;
  readonly expires: ReadonlyMap<string, number>;
}

export interface Desk extends AsyncDisposable {
  /** Rejects with the signal's reason, and where it is refused. */
  acquire(wanted: Wanted, waitMs: number, signal: AbortSignal): Promise<Outcome>;
  /** `suspects`: leases that may have ended are looked at before. */
  change<T>(apply: (draft: Draft, moment: Moment) => T, suspects?: readonly string[]): Promise<T>;
  /** Others may have changed something. */
  lookAgain(): void;
}

export interface DeskDeps {
  readonly space: string;
  readonly database: Database<AllTables>;
  readonly clock: Clock;
  readonly makeId: MakeId;
  /** After each commit that changed something. */
  readonly committed: (done: Done) => void;
  /** What the holder of a place in line waited for is free, and it does not wait here any more. */
  readonly free: (ticket: Ticket) => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

interface Queued extends Command {
  resolve(done: Done, value: unknown): void;
  reject(error: unknown): void;
}

/** Undefined: its place in line is gone. */
type Waiter = (lease: Lease | undefined) => void;

export function createDesk({ space, database, clock, makeId, committed, free, warn }: DeskDeps): Desk {
  const queue: Queued[] = [];
  const waiters = new Map<string, Set<Waiter>>();
  /** Places of those whose call has ended here. */
  const parked = new Map<string, Ticket>();
  let known: OpenBook | undefined;
  let isLook = false;
  let running: Promise<void> | undefined;
  let timer: Disposable | undefined;
  let timerAtMs = Infinity;
  const closing = new AbortController();

  function submit(command: Queued): void {
    if (closing.signal.aborted) return command.reject(closed());
    if (queue.length >= MAX_QUEUED)
      return command.reject(
        new AppError('overloaded', `${MAX_QUEUED} changes of leases wait already; try again in a moment.`),
      );
    queue.push(command);
    running ??= run();
  }

  async function run(): Promise<void> {
    // What comes within one turn goes together.
    await Promise.resolve();
    while (queue.length > 0) {
      const commands = queue.splice(0, MAX_BATCH);
      const waiting = new Set(waiters.keys());
      try {
        const batch = { space, commands, known, waiting, isLook, makeId };
        isLook = false;
        finish(commands, await runBatch(database, batch));
      } catch (error) {
        for (const command of commands) command.reject(error);
        if (waiters.size > 0) lookIn(RETRY_MS);
      }
    }
    // In the turn in which nothing was left: what comes next begins a new run.
    running = undefined;
  }

  function finish(commands: readonly Queued[], done: Done): void {
    known = done.book;
    commands.forEach((command, index) => {
      const result = done.results[index];
      if (result?.ok === true) command.resolve(done, result.value);
      else command.reject(result?.error);
    });
    const { granted, narrowed, ended, queued, left } = done.changes;
    if ([granted, narrowed, ended, queued, left].some((list) => list.length > 0)) committed(done);
    for (const [ticketId, lease] of done.served) {
      const all = waiters.get(ticketId);
      waiters.delete(ticketId);
      for (const waiter of all ?? []) waiter(lease);
      // Nobody is there any more to take it.
      if (all === undefined) giveBack(lease);
    }
    wakeOthers(done.book);
    tellParked(done.book);
    if (waiters.size > 0 || parked.size > 0) lookIn(untilNext(done));
  }

  /** Who waits with a place that is gone asks anew: another call of its agent got the files, or gave the place up. */
  function wakeOthers(book: Book): void {
    if (waiters.size === 0) return;
    const kept = new Set(book.tickets.map(({ id }) => id));
    for (const [id, all] of waiters)
      if (!kept.has(id)) {
        waiters.delete(id);
        for (const waiter of all) waiter(undefined);
      }
  }

  function tellParked(book: Book): void {
    for (const [id, ticket] of parked) {
      const kept = book.tickets.find((one) => one.id === id);
      if (kept === undefined) parked.delete(id);
      else if (isFree(book, kept)) {
        parked.delete(id);
        free(ticket);
      }
    }
  }

  /** Something in the way ends by itself then. */
  function untilNext({ nowMs, expires, book }: Done): number {
    const ends = [...expires.values()];
    for (const { id, keepMs } of book.tickets) if (!waiters.has(id)) ends.push(keepMs + 1);
    return Math.max(MIN_LOOK_MS, Math.min(LOOK_MS, ...ends.map((endMs) => endMs - nowMs)));
  }

  /** Not later than a look that is to come already. */
  function lookIn(delayMs: number): void {
    const atMs = clock.nowMs() + delayMs;
    if (closing.signal.aborted || atMs >= timerAtMs) return;
    timer?.[Symbol.dispose]();
    timerAtMs = atMs;
    timer = clock.after(delayMs, () => {
      timerAtMs = Infinity;
      look();
    });
  }

  function look(): void {
    isLook = true;
    change(() => undefined).catch((error: unknown) => {
      if (!closing.signal.aborted) warn(`cannot look after the leases of ${space}; it is tried again`, error);
    });
  }

  function change<T>(
    apply: (draft: Draft, moment: Moment) => T,
    suspects: readonly string[] = [],
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let result: { readonly value: T } | undefined;
    submit({
      wanted: undefined,
      suspects,
      apply(draft, moment) {
        result = { value: apply(draft, moment) };
      },
      waitsWith: () => undefined,
      resolve() {
        if (result !== undefined) resolve(result.value);
      },
      reject,
    });
    return promise;
  }

  function giveBack(lease: Lease): void {
    change((draft) => {
      if (draft.leases.get(lease.id) !== undefined)
        draft.end({ lease, end: 'released', why: 'nobody took it' });
    }).catch(() => undefined);
  }

  /** Asks once; `wait` is called where it has to wait, before anybody is served. */
  function request(wanted: Wanted, waitMs: number, wait: (ticket: Ticket) => void): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    let asked: Asked | undefined;
    submit({
      wanted,
      suspects: [],
      apply(draft, moment) {
        asked = ask(draft, moment, wanted, waitMs);
      },
      waitsWith: () => (asked?.kind === 'blocked' && asked.waits ? asked.ticket?.id : undefined),
      resolve({ expires }) {
        if (asked === undefined) return;
        if (asked.kind === 'blocked' && asked.waits && asked.ticket !== undefined) wait(asked.ticket);
        resolve({ asked, expires });
      },
      reject,
    });
    return promise;
  }

  return {
    change,
    async acquire(wanted, waitMs, signal) {
      signal.throwIfAborted();
      const got = Promise.withResolvers<Lease | undefined>();
      const waiter: Waiter = (lease) => got.resolve(lease);
      const first = await request(wanted, waitMs, ({ id }) => {
        parked.delete(id);
        waiters.set(id, (waiters.get(id) ?? new Set()).add(waiter));
      });
      const kept = first.asked.kind === 'blocked' && first.asked.waits ? first.asked.ticket : undefined;
      if (kept === undefined) return first;
      const leave = (): void => {
        const all = waiters.get(kept.id);
        all?.delete(waiter);
        if (all?.size === 0) waiters.delete(kept.id);
      };
      const stop = (): void => got.resolve(undefined);
      signal.addEventListener('abort', stop, { once: true });
      closing.signal.addEventListener('abort', stop, { once: true });
      using _late = clock.after(waitMs, stop);
      try {
        if (signal.aborted || closing.signal.aborted) stop();
        const lease = await got.promise;
        if (lease !== undefined && !signal.aborted)
          return { asked: { kind: 'granted', lease, isNew: true }, expires: new Map() };
        if (closing.signal.aborted) throw closed();
        if (!signal.aborted) {
          parked.set(kept.id, kept);
          return await request(wanted, 0, () => undefined);
        }
        if (lease !== undefined) giveBack(lease);
        else if (waiters.get(kept.id)?.size === 1)
          change((draft) => {
            const own = draft.tickets.find(({ id }) => id === kept.id);
            if (own !== undefined) draft.leave(own);
          }).catch(() => undefined);
        throw signal.reason;
      } finally {
        leave();
        signal.removeEventListener('abort', stop);
        closing.signal.removeEventListener('abort', stop);
      }
    },
    lookAgain() {
      if (waiters.size === 0 && parked.size === 0) return;
      readGuard(database.over<GuardTables>().read, guardOf(space)).then(
        (version) => {
          if (version !== known?.version) look();
        },
        () => lookIn(RETRY_MS),
      );
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      timer?.[Symbol.dispose]();
      for (const command of queue.splice(0)) command.reject(closed());
      await running;
    },
  };
}

function isFree(book: Book, ticket: Ticket): boolean {
  const verdict = verdictOn(book, ticket);
  return verdict !== undefined && verdict.kind !== 'blocked';
}

function closed(): AppError {
  return new AppError('unavailable', 'Tutti is stopping; ask again later.');
}
