// Has modern servers tell of their tasks: one `subscriptions/listen` for each server, opened anew when the set of tasks
// changes. Telling is optional for servers, so a stream that a server ends at once is not insisted on.

import type { Clock } from '../../kernel/clock.ts';
import type { Pool } from '../upstream/pool.ts';
import type { TaskRef } from './handles.ts';
import type { TaskHomes } from './homes.ts';

/** Tasks of one server that are watched at a time; what is beyond has to be polled. */
export const MAX_WATCHED_TASKS = 1_000;
/** Changes within this time are told to the server together. */
const COALESCE_MS = 50;
/** A stream that lived this long is opened again when it ends. */
const STEADY_MS = 10_000;

interface Watched {
  readonly counts: Map<string, number>;
  timer: Disposable | undefined;
  stop: (() => void) | undefined;
}

export class TaskWatch implements Disposable {
  readonly #clock: Clock;
  readonly #pool: Pool;
  readonly #homes: TaskHomes;
  readonly #servers = new Map<string, Watched>();

  constructor(clock: Clock, pool: Pool, homes: TaskHomes) {
    this.#clock = clock;
    this.#pool = pool;
    this.#homes = homes;
  }

  /** Every `add` that returned true needs a `remove`. */
  add(ref: TaskRef): boolean {
    const { server, id } = ref;
    const shared = this.#pool.slot(server)?.shared;
    const home = this.#homes.find(ref);
    // Only the instance that all share is listened to; what others know has to be polled.
    if (shared?.handshake?.era !== 'modern' || home.kind === 'gone' || home.instance !== shared) return false;
    const watched = this.#servers.get(server) ?? { counts: new Map(), timer: undefined, stop: undefined };
    const count = watched.counts.get(id) ?? 0;
    if (count === 0 && watched.counts.size >= MAX_WATCHED_TASKS) return false;
    this.#servers.set(server, watched);
    watched.counts.set(id, count + 1);
    if (count === 0) this.#soon(server, watched, COALESCE_MS);
    return true;
  }

  remove({ server, id }: TaskRef): void {
    const watched = this.#servers.get(server);
    const count = watched?.counts.get(id);
    if (watched === undefined || count === undefined) return;
    if (count > 1) watched.counts.set(id, count - 1);
    else if (watched.counts.delete(id)) this.#soon(server, watched, COALESCE_MS);
  }

  [Symbol.dispose](): void {
    for (const { timer, stop } of this.#servers.values()) {
      timer?.[Symbol.dispose]();
      stop?.();
    }
    this.#servers.clear();
  }

  #soon(server: string, watched: Watched, delayMs: number): void {
    watched.timer ??= this.#clock.after(delayMs, () => {
      watched.timer = undefined;
      this.#listen(server, watched);
    });
  }

  /** Opens the new stream before it ends the old one, so that nothing falls between them. */
  #listen(server: string, watched: Watched): void {
    const stopOld = watched.stop;
    watched.stop = undefined;
    if (watched.counts.size === 0) this.#servers.delete(server);
    else this.#open(server, watched);
    stopOld?.();
  }

  #open(server: string, watched: Watched): void {
    const instance = this.#pool.slot(server)?.shared;
    if (instance?.state !== 'ready' || instance.handshake?.era !== 'modern') return;
    const openedMs = this.#clock.nowMs();
    const params = `{"notifications":{"taskIds":[${[...watched.counts.keys()].join(',')}]}}`;
    const stop = instance.openStream('subscriptions/listen', params, () => {
      if (watched.stop !== stop) return;
      watched.stop = undefined;
      if (this.#clock.nowMs() - openedMs >= STEADY_MS) this.#soon(server, watched, STEADY_MS);
    });
    watched.stop = stop;
  }
}
