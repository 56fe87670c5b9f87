// Instances that belong to one owner: a legacy session has one for itself, a modern call borrows one that nobody else
// uses meanwhile. What such an instance asks can only be meant for its owner, so roots work here too.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Caller, Exchange } from '../exchange.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import type { Instance } from './instance.ts';
import type { InstanceScope } from './instance-deps.ts';

/** A borrowed instance that nobody used for this long is closed. */
const IDLE_MS = 60_000;

export interface OwnedDeps {
  readonly clock: Clock;
  readonly maxInstances: () => number;
  create(scope: InstanceScope): Instance;
}

export class OwnedInstances {
  readonly #deps: OwnedDeps;
  readonly #instances = new Set<Instance>();
  #lastKey = 0;
  #sweep: Disposable | undefined;

  constructor(deps: OwnedDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#instances.size;
  }

  get load(): number {
    let load = 0;
    for (const instance of this.#instances) load += instance.load;
    return load;
  }

  submit(exchange: Exchange): void {
    const { caller } = exchange;
    // Questions of a call that was cancelled can't be told from those of the next one: better a fresh instance.
    const instance = this.#find(caller, false) ?? this.#start(caller) ?? this.#find(caller, true);
    if (instance === undefined) {
      const text = `${exchange.server} has ${this.#instances.size} instances, which is its limit (limits.maxInstances); try again later.`;
      return exchange.fail(rpcErrorOf(new AppError('overloaded', text)));
    }
    instance.submit(exchange);
  }

  /** Those of an owner, to pass on what it says to all of them. */
  of(owner: string): Instance[] {
    return [...this.#instances].filter((instance) => instance.scope.key === owner);
  }

  closeOwner(owner: string): void {
    for (const instance of this.of(owner)) instance.close('its session ended').catch(() => undefined);
  }

  forget(instance: Instance): void {
    this.#instances.delete(instance);
  }

  async close(reason: string, drainMs: number): Promise<void> {
    this.#sweep?.[Symbol.dispose]();
    this.#sweep = undefined;
    await Promise.all([...this.#instances].map((instance) => instance.close(reason, drainMs)));
  }

  #find(caller: Caller, haunted: boolean): Instance | undefined {
    const nowMs = this.#deps.clock.nowMs();
    for (const instance of this.#instances) {
      if (instance.state === 'closed') continue;
      if (caller.sessionKey !== undefined) {
        if (instance.scope.key === caller.sessionKey) return instance;
      } else if (
        instance.load === 0 &&
        instance.scope.key.startsWith(borrowedBy(caller)) &&
        instance.scope.capabilities === caller.capabilities &&
        (haunted || !instance.flights.isHaunted(nowMs))
      ) {
        return instance;
      }
    }
    return undefined;
  }

  #start(caller: Caller): Instance | undefined {
    if (this.#instances.size >= this.#deps.maxInstances()) return undefined;
    const instance = this.#deps.create({
      key: caller.sessionKey ?? `${borrowedBy(caller)}${++this.#lastKey}`,
      capabilities: caller.capabilities,
      clientInfo: caller.clientInfo ?? '{"name":"unknown","version":"0"}',
    });
    this.#instances.add(instance);
    void instance.start();
    if (caller.era === 'modern') this.#sweep ??= this.#deps.clock.after(IDLE_MS, this.#closeIdle);
    return instance;
  }

  readonly #closeIdle = (): void => {
    this.#sweep = undefined;
    const nowMs = this.#deps.clock.nowMs();
    const before = nowMs - IDLE_MS;
    let left = false;
    for (const instance of this.#instances) {
      if (!instance.scope.key.startsWith('borrowed:')) continue;
      const isIdle = instance.load === 0 && instance.lastUsedMs <= before && instance.keepUntilMs <= nowMs;
      if (isIdle) instance.close('idle').catch(() => undefined);
      else left = true;
    }
    if (left) this.#sweep ??= this.#deps.clock.after(IDLE_MS, this.#closeIdle);
  };
}

function borrowedBy(caller: Caller): string {
  return `borrowed:${caller.principal}:`;
}
