// The servers of the snapshot in force, each with its instances. Hands exchanges to them and watches their deadlines.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import type { Exchange } from '../exchange.ts';
import type { Snapshots } from '../ports.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import { Deadlines } from './deadlines.ts';
import type { ResourceWatch } from './resource-watch.ts';
import { Slot, type SlotDeps } from './slot.ts';

export class Pool {
  readonly #slots = new Map<string, Slot>();
  readonly #slotDeps: SlotDeps;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines<Exchange>;
  readonly #subscription: Disposable;
  /** What is still held at servers that were removed, in case they come back. */
  readonly #left = new Map<string, ResourceWatch>();
  /** Servers that rest, and of which nothing is known. */
  #unknown: readonly Slot[] = [];

  constructor(snapshots: Snapshots, slotDeps: SlotDeps, longCallAfterMs: number) {
    this.#slotDeps = slotDeps;
    this.#clock = slotDeps.clock;
    this.#deadlines = new Deadlines(
      slotDeps.clock,
      (exchange) => this.#expire(exchange),
      (error) => slotDeps.internalError(error),
      (exchange, nowMs) => {
        if (nowMs - exchange.startedMs >= longCallAfterMs) exchange.takesLong();
      },
    );
    this.#subscription = snapshots.subscribe((next) => this.#follow(next));
    this.#follow(snapshots.current());
  }

  /** Exchanges that are not finished. */
  get open(): number {
    return this.#deadlines.size;
  }

  slot(server: string): Slot | undefined {
    return this.#slots.get(server);
  }

  slots(): IterableIterator<Slot> {
    return this.#slots.values();
  }

  /** Somebody lists: what is not known of resting servers is looked up. `server` is the only one that is shown. */
  wantLists(server: string | undefined): void {
    for (const slot of this.#unknown) if (server === undefined || slot.entry.name === server) slot.want();
  }

  submit(exchange: Exchange): void {
    const slot = this.#slots.get(exchange.server);
    if (slot === undefined) return this.#submitCarried(exchange);
    this.#deadlines.add(exchange);
    slot.submit(exchange);
  }

  /** What is about no single server, or about one that is gone. */
  #submitCarried(exchange: Exchange): void {
    const { carrier } = exchange;
    if (carrier === undefined)
      return exchange.fail(rpcErrorOf(new AppError('not_found', `There is no server ${exchange.server}.`)));
    this.#deadlines.add(exchange);
    carrier.submit(exchange);
  }

  /** Must be called when an exchange is over. */
  finished(exchange: Exchange): void {
    this.#deadlines.delete(exchange);
  }

  /** Closes what belonged to one session alone. */
  ownerGone(owner: string): void {
    for (const slot of this.#slots.values()) slot.owned.closeOwner(owner);
  }

  async close(reason: string, drainMs: number): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await Promise.all([...this.#slots.values()].map((slot) => slot.close(reason, drainMs)));
    this.#deadlines[Symbol.dispose]();
  }

  #follow(snapshot: Snapshot): void {
    for (const [name, entry] of snapshot.servers) {
      const slot = this.#slots.get(name);
      if (slot?.entry === entry) continue;
      if (slot !== undefined) {
        slot.follow(entry);
      } else {
        const created = new Slot(entry, this.#slotDeps);
        this.#slots.set(name, created);
        const left = this.#left.get(name);
        if (left !== undefined) created.watch.inherit(left);
        created.follow(entry);
      }
    }
    if (this.#slots.size > snapshot.servers.size) this.#closeRemoved(snapshot);
    for (const [name, watch] of this.#left) if (!watch.isUsed) this.#left.delete(name);
    this.#unknown = [...this.#slots.values()].filter((slot) => slot.isUnknown);
  }

  #closeRemoved(snapshot: Snapshot): void {
    for (const [name, slot] of this.#slots) {
      if (snapshot.servers.has(name)) continue;
      this.#slots.delete(name);
      this.#left.set(name, slot.watch);
      slot.close('removed from the configuration', 0).catch(() => undefined);
    }
  }

  #expire(exchange: Exchange): void {
    const waitedMs = Math.round(this.#clock.nowMs() - exchange.startedMs);
    const text = `${exchange.server} did not finish ${exchange.tool ?? exchange.method} in time: gave up after ${waitedMs} ms.`;
    exchange.expire(
      rpcErrorOf(new AppError('timeout', text, { details: { server: exchange.server, waitedMs } })),
    );
  }
}
