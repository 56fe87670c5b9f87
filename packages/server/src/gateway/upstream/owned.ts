// Instances that belong to one owner: a legacy session has one for itself, a call outside of any session borrows one
// that nobody else uses meanwhile; with `isolation: user` all that one principal does shares one. What such an instance asks can only be meant for its owner, so roots work here too.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ServerEntry, ServerLimits } from '../../snapshot/types.ts';
import type { Exchange } from '../exchange.ts';
import type { Asker } from '../../policy/asker.ts';
import type { Caller } from '../caller.ts';
import { GHOST_MS } from '../limits.ts';
import { SHARED_CAPABILITIES } from '../protocol/capabilities.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import type { Instance } from './instance.ts';
import type { InstanceScope } from './instance-deps.ts';
import { Liveness } from './liveness.ts';

/** How long no instance is started after one that did not come up; twice as long each time, up to the most. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** A borrowed instance that nobody used for this long is closed. */
const IDLE_MS = 60_000;
/** Likewise one of a user, who may be back soon. */
const USER_IDLE_MS = 30 * 60_000;

export interface OwnedDeps {
  readonly clock: Clock;
  readonly limits: () => ServerLimits;
  readonly isolation: () => ServerEntry['isolation'];
  create(scope: InstanceScope): Instance;
  /** Starts it when it is its turn. */
  start(instance: Instance): Promise<void>;
}

export class OwnedInstances {
  readonly #deps: OwnedDeps;
  readonly #instances = new Set<Instance>();
  readonly #liveness = new Map<Instance, Liveness>();
  #lastKey = 0;
  /** After instances that did not come up. */
  #pause: { readonly ms: number; readonly untilMs: number; readonly reason: string } | undefined;
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
    const found = this.#find(caller);
    const pause = this.#pause;
    if (found === undefined && pause !== undefined && this.#deps.clock.nowMs() < pause.untilMs) {
      const text = `${exchange.server} did not start: ${pause.reason}; next try at ${new Date(pause.untilMs).toISOString()}`;
      return exchange.fail(rpcErrorOf(new AppError('unavailable', text)));
    }
    const instance = found ?? this.#start(caller);
    if (instance === undefined && this.#isAnyHaunted(caller)) {
      this.#deps.clock.after(GHOST_MS, () => {
        if (!exchange.finished) this.submit(exchange);
      });
      return;
    }
    if (instance === undefined) {
      const text = `${exchange.server} has ${this.#instances.size} instances, which is its limit (limits.maxInstances); try again later.`;
      return exchange.fail(rpcErrorOf(new AppError('overloaded', text)));
    }
    instance.submit(exchange);
  }

  /** Whether the one who asks has a connection of its own that takes calls: what failed for all may be there for one. */
  isLive(asker: Asker): boolean {
    const owner = this.#ownerOf(asker);
    if (owner === undefined || this.#instances.size === 0) return false;
    for (const { scope, state, isClosing } of this.#instances)
      if (scope.key === owner && state === 'ready' && !isClosing) return true;
    return false;
  }

  /** Those of an owner, to pass on what it says to all of them. */
  of(owner: string): Instance[] {
    return [...this.#instances].filter((instance) => instance.scope.key === owner);
  }

  closeOwner(owner: string): void {
    for (const instance of this.of(owner)) instance.close('its session ended').catch(() => undefined);
  }

  /** Nobody else looks after them: the server's own state is that of its shared instance. */
  ready(instance: Instance): void {
    const { clock, limits } = this.#deps;
    const liveness = new Liveness(clock, () => limits().heartbeatIntervalMs, {
      healthy() {},
      unhealthy: (_, reason, failures) => {
        if (failures >= limits().maxFailures) instance.closed({ kind: 'unresponsive', reason });
      },
    });
    this.#liveness.set(instance, liveness);
    liveness.start(instance);
    this.#pause = undefined;
  }

  /** It is over; `failedStart` says why when it never came up. */
  forget(instance: Instance, failedStart: string | undefined): void {
    if (failedStart !== undefined) {
      const ms = Math.min(MAX_PAUSE_MS, this.#pause === undefined ? FIRST_PAUSE_MS : this.#pause.ms * 2);
      this.#pause = { ms, untilMs: this.#deps.clock.nowMs() + ms, reason: failedStart };
    }
    this.#liveness.get(instance)?.stop();
    this.#liveness.delete(instance);
    this.#instances.delete(instance);
  }

  async close(reason: string, drainMs: number): Promise<void> {
    this.#sweep?.[Symbol.dispose]();
    this.#sweep = undefined;
    await Promise.all([...this.#instances].map((instance) => instance.close(reason, drainMs)));
  }

  #find(caller: Caller): Instance | undefined {
    const nowMs = this.#deps.clock.nowMs();
    const owner = this.#ownerOf(caller);
    for (const instance of this.#instances) {
      if (instance.state === 'closed' || instance.isClosing) continue;
      if (owner !== undefined) {
        if (instance.scope.key === owner) return instance;
      } else if (mayBorrow(caller, instance) && !instance.flights.isHaunted(nowMs)) {
        return instance;
      }
    }
    return undefined;
  }

  /** What a call that was cancelled may still ask can't be told from what the next one asks: such an instance rests. */
  #isAnyHaunted(caller: Caller): boolean {
    return this.#ownerOf(caller) === undefined && [...this.#instances].some((one) => mayBorrow(caller, one));
  }

  #start(caller: Caller): Instance | undefined {
    if (this.#instances.size >= this.#deps.limits().maxInstances) return undefined;
    const isUsers = this.#deps.isolation() === 'user';
    const instance = this.#deps.create({
      key: this.#ownerOf(caller) ?? `${borrowedBy(caller)}${++this.#lastKey}`,
      capabilities: isUsers ? SHARED_CAPABILITIES : caller.capabilities,
      clientInfo: caller.clientInfo ?? '{"name":"unknown","version":"0"}',
    });
    this.#instances.add(instance);
    void this.#deps.start(instance);
    if (isUsers || caller.sessionKey === undefined)
      this.#sweep ??= this.#deps.clock.after(IDLE_MS, this.#closeIdle);
    return instance;
  }

  /** Whose instance it must be; undefined: any that is free. */
  #ownerOf({ principal, sessionKey }: Asker): string | undefined {
    return this.#deps.isolation() === 'user' ? `${USER}${principal}` : sessionKey;
  }

  readonly #closeIdle = (): void => {
    this.#sweep = undefined;
    const nowMs = this.#deps.clock.nowMs();
    let left = false;
    for (const instance of this.#instances) {
      const { scope, load, lastUsedMs, keepUntilMs } = instance;
      if (!scope.key.startsWith(BORROWED) && !scope.key.startsWith(USER)) continue;
      const idleMs = scope.key.startsWith(USER) ? USER_IDLE_MS : IDLE_MS;
      const isIdle = load === 0 && lastUsedMs <= nowMs - idleMs && keepUntilMs <= nowMs;
      if (isIdle) instance.close('idle').catch(() => undefined);
      else left = true;
    }
    if (left) this.#sweep ??= this.#deps.clock.after(IDLE_MS, this.#closeIdle);
  };
}

/** How the keys of such instances begin. */
const BORROWED = 'borrowed:';
const USER = 'user:';

function mayBorrow(caller: Caller, { load, scope }: Instance): boolean {
  return load === 0 && scope.key.startsWith(borrowedBy(caller)) && scope.capabilities === caller.capabilities;
}

function borrowedBy(caller: Caller): string {
  return `${BORROWED}${caller.principal}:`;
}
