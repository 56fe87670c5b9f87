// Everything that one server has in the gateway: the shared instance, instances of single owners, discovery, liveness.
// Follows the server's entry in the snapshot; a failure here is this server's alone.

import type { Message } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Handshake, ServerEntry } from '../../snapshot/types.ts';
import type { Asked, Exchange } from '../exchange.ts';
import type { Connection, InstanceEnd, Observations, OpenCircuit } from '../ports.ts';
import { canBeAsked, SHARED_CAPABILITIES } from '../protocol/capabilities.ts';
import type { ListKind } from '../protocol/methods.ts';
import { type RpcError, rpcErrorOf } from '../protocol/rpc.ts';
import { Breaker } from './breaker.ts';
import { Discovery } from './discovery.ts';
import { endError } from './failures.ts';
import { IdleWatch } from './idle-watch.ts';
import { Instance } from './instance.ts';
import type { InstanceEvents, InstanceScope } from './instance-deps.ts';
import type { Link, LinkHandlers } from './link.ts';
import { Liveness } from './liveness.ts';
import { createLogLimit, type WriteLine } from './log-limit.ts';
import { OwnedInstances } from './owned.ts';
import { heldError, type Hold, openError, wantsLogin } from './refusals.ts';
import { ResourceWatch } from './resource-watch.ts';
import { StartQueue } from './start-queue.ts';
import type { StartGate } from './start-gate.ts';

/** Calls in flight may finish for this long when an instance is replaced. */
const DRAIN_MS = 5_000;
/** A lost session is renewed at once, but only if the last one held for this long. */
const MIN_SESSION_MS = 1_000;

export interface SlotDeps {
  readonly clock: Clock;
  readonly observations: Observations;
  readonly open: (server: string, instance: string, signal: AbortSignal) => Promise<Connection>;
  readonly openLink: (connection: Connection, handlers: LinkHandlers, entry: ServerEntry) => Promise<Link>;
  readonly seal: (exchange: Exchange, state: string) => string;
  readonly startGate: StartGate;
  readonly askTimeoutMs: number;
  readonly self: string;
  resourceUpdated(server: string, notification: Message): void;
  /** The task that a question is about. */
  taskOf(instance: Instance, question: Message): Asked | undefined;
  /** A notification about something that the gateway keeps no account of. */
  otherNotification(instance: Instance, notification: Message, exchange: Exchange | undefined): void;
  serverLog(server: string, stream: 'stdout' | 'log', line: string): void;
  internalError(error: unknown): void;
  limitReached(limit: string, server: string): void;
}

const ALL_LISTS: readonly ListKind[] = ['tools', 'prompts', 'resources', 'resourceTemplates'];

const LIST_CHANGES: ReadonlyMap<string, readonly ListKind[]> = new Map<string, readonly ListKind[]>([
  ['notifications/tools/list_changed', ['tools']],
  ['notifications/prompts/list_changed', ['prompts']],
  ['notifications/resources/list_changed', ['resources', 'resourceTemplates']],
]);

export class Slot implements InstanceEvents {
  readonly watch: ResourceWatch;
  entry: ServerEntry;
  shared: Instance | undefined;
  readonly owned: OwnedInstances;
  readonly #deps: SlotDeps;
  readonly #liveness: Liveness;
  readonly #log: WriteLine;
  readonly #startQueue = new StartQueue(() => this.entry.limits.maxQueued);
  readonly #idleWatch: IdleWatch;
  readonly #breaker = new Breaker((open) => this.#circuit(open));
  #discovery: Discovery | undefined;
  #attempt = 0;
  #interactive = false;
  /** The last discovery failed. */
  #undiscovered = false;
  #lastEnd: InstanceEnd | undefined;
  #readySinceMs = 0;
  /** What must be gone before the next instance may start: two of them might want the same port or file. */
  #closing: Promise<void> = Promise.resolve();

  constructor(entry: ServerEntry, deps: SlotDeps) {
    this.entry = entry;
    this.#deps = deps;
    this.watch = new ResourceWatch(() => this.entry.limits.callTimeoutMs);
    this.#liveness = new Liveness(deps.clock, () => this.entry.limits.heartbeatIntervalMs, this);
    this.#idleWatch = new IdleWatch({
      clock: deps.clock,
      limits: () => this.entry.idle,
      isListenedTo: () => this.watch.isUsed,
      idle: (instance, forMs) => this.#stopIdle(instance, forMs),
    });
    this.#log = createLogLimit(deps.clock, (stream, line) => deps.serverLog(this.entry.name, stream, line));
    this.owned = new OwnedInstances({
      clock: deps.clock,
      limits: () => this.entry.limits,
      isolation: () => this.entry.isolation,
      create: (scope) => this.#create(scope),
      start: (instance) => this.#startWhenItsTurn(instance),
    });
  }

  /** Follows the entry. Called for each change of it. */
  follow(entry: ServerEntry): void {
    if (entry.configDigest !== this.entry.configDigest) this.#interactive = false;
    this.entry = entry;
    if (entry.admission.kind === 'rest') {
      this.#replaceShared(undefined, entry.admission.reason, DRAIN_MS);
      if (this.#startQueue.size > 0) this.want();
      return;
    }
    if (entry.admission.kind === 'hold') {
      const { state, reason } = entry.admission;
      this.#startQueue.fail(this.#heldError(entry.admission));
      // What failed will not finish its calls; their callers are told at once.
      const failed = state === 'Failed' || state === 'Disconnected';
      this.#replaceShared(undefined, reason, failed ? 0 : DRAIN_MS);
      if (!failed) this.#closeOwned(reason);
      return;
    }
    if (entry.admission.attempt === this.#attempt) {
      if (this.shared !== undefined) this.#idleWatch.start(this.shared);
      return;
    }
    const commanded = this.shared?.state === 'ready';
    this.#attempt = entry.admission.attempt;
    if (commanded) this.#closeOwned('restarted');
    this.#startShared(commanded ? 'restarted' : 'replaced');
    this.#startQueue.flush((exchange) => this.shared?.submit(exchange));
  }

  /** Whether nothing is known of it and nothing will be until somebody wants it. */
  get isUnknown(): boolean {
    return this.entry.admission.kind === 'rest' && this.entry.segment === undefined;
  }

  /** Something needs it: it is started if it rests. */
  want(): void {
    this.#deps.observations.report({ kind: 'wanted', server: this.entry.name });
  }

  /** What the server said of itself: now, or when it was last discovered. */
  get handshake(): Handshake | undefined {
    return this.shared?.handshake ?? this.entry.segment?.handshake;
  }

  /** What every caller is told as long as the server wants credentials. */
  get locked(): RpcError | undefined {
    const { admission } = this.entry;
    return admission.kind === 'hold' && wantsLogin(admission) ? this.#heldError(admission) : undefined;
  }

  /** Calls under way and waiting, on all instances. */
  get load(): number {
    return (this.shared?.load ?? 0) + this.owned.load + this.#startQueue.size;
  }

  submit(exchange: Exchange): void {
    const { admission, isolation } = this.entry;
    // What is about a task may be answered although the server is away.
    if (exchange.carrier !== undefined) return exchange.carrier.submit(exchange);
    const own = isolation !== 'shared' || (this.#interactive && canBeAsked(exchange.caller));
    if (admission.kind === 'hold' && !(own && this.owned.isLive(exchange.caller)))
      return exchange.fail(this.#heldError(admission));
    const open = this.#breaker.isOpen ? this.#breaker.refuses(this.#deps.clock.nowMs()) : undefined;
    if (open !== undefined) {
      this.#deps.limitReached('circuit_open', this.entry.name);
      return exchange.fail(rpcErrorOf(openError(this.entry.name, open)));
    }
    if (own) return this.owned.submit(exchange);
    if (this.shared !== undefined && this.shared.state !== 'closed') return this.shared.submit(exchange);
    // Between its end for want of calls and the word of it, too.
    if (this.entry.idle === undefined)
      return exchange.fail(rpcErrorOf(endError(this.entry.name, this.#lastEnd)));
    this.#startQueue.add(exchange);
    this.want();
  }

  async close(reason: string, drainMs: number): Promise<void> {
    this.#liveness.stop();
    this.#idleWatch.stop();
    this.#startQueue.fail(rpcErrorOf(new AppError('unavailable', `${this.entry.name}: ${reason}`)));
    await Promise.all([
      this.shared?.close(reason, drainMs),
      this.owned.close(reason, drainMs),
      this.#closing,
    ]);
  }

  // Instance events

  ready(instance: Instance): void {
    if (instance !== this.shared) return this.owned.ready(instance);
    if (instance.handshake === undefined) return;
    this.#readySinceMs = this.#deps.clock.nowMs();
    this.#lastEnd = undefined;
    const { handshake, attempt } = instance;
    this.#deps.observations.report({ kind: 'ready', server: this.entry.name, attempt, handshake });
    this.#discovery = new Discovery(instance, {
      cut: (list, kept) => {
        this.#deps.limitReached('max_list_items', this.entry.name);
        this.#deps.serverLog(this.entry.name, 'log', `${list}: only the first ${kept} are taken`);
      },
      timeoutMs: () => this.entry.limits.callTimeoutMs,
      discovered: (found) =>
        this.#deps.observations.report({
          kind: 'discovered',
          server: this.entry.name,
          configDigest: instance.configDigest,
          found,
        }),
      failed: (reason) => {
        this.#undiscovered = true;
        this.#deps.serverLog(
          this.entry.name,
          'log',
          `its lists can't be read, next try with the next liveness check: ${reason}`,
        );
      },
    });
    this.#discovery.refresh();
    this.watch.attach(instance);
    this.#liveness.start(instance);
    this.#idleWatch.start(instance);
  }

  ended(instance: Instance, end: InstanceEnd, orphans: readonly Exchange[]): void {
    if (instance !== this.shared) {
      this.owned.forget(instance, end.kind === 'handshake' ? end.reason : undefined);
      if (end.kind !== 'closed')
        this.#deps.serverLog(this.entry.name, 'log', `instance ${instance.scope.key} ended: ${end.reason}`);
      for (const exchange of orphans) {
        if (end.kind === 'lost') this.owned.submit(exchange);
        else exchange.fail(rpcErrorOf(endError(this.entry.name, end)));
      }
      return;
    }
    this.#liveness.stop();
    this.watch.detach();
    this.#discovery = undefined;
    this.#lastEnd = end;
    if (end.kind === 'lost' && this.#mayRenew(instance)) {
      this.#startShared(end.reason);
      for (const exchange of orphans) this.shared.submit(exchange);
      return;
    }
    if (end.kind !== 'closed') {
      this.#deps.observations.report({
        kind: 'ended',
        server: this.entry.name,
        attempt: instance.attempt,
        end,
      });
    }
    for (const exchange of orphans) exchange.fail(rpcErrorOf(endError(this.entry.name, end)));
  }

  interactive(): void {
    if (this.#interactive) return;
    this.#interactive = true;
    this.#deps.observations.report({ kind: 'interactive', server: this.entry.name });
  }

  answered(): void {
    this.#breaker.answered();
  }

  unanswered(reason: string): void {
    this.#breaker.unanswered(reason, this.#deps.clock.nowMs());
  }

  resend(exchange: Exchange): void {
    this.submit(exchange);
  }

  #circuit(open: OpenCircuit | undefined): void {
    this.#deps.observations.report({ kind: 'circuit', server: this.entry.name, open });
  }

  taskOf(instance: Instance, question: Message): Asked | undefined {
    return this.#deps.taskOf(instance, question);
  }

  notified(instance: Instance, message: Message, exchange: Exchange | undefined): void {
    const kinds = LIST_CHANGES.get(message.method ?? '');
    if (kinds !== undefined) {
      if (instance === this.shared) this.#discovery?.refresh(kinds);
    } else if (message.method === 'notifications/resources/updated') {
      this.#deps.resourceUpdated(this.entry.name, message);
    } else {
      this.#deps.otherNotification(instance, message, exchange);
    }
  }

  serverLog(_instance: Instance, stream: 'stdout' | 'log', line: string): void {
    this.#log(stream, line);
  }

  failed(error: unknown): void {
    this.#deps.internalError(error);
  }

  limitReached(limit: string): void {
    this.#deps.limitReached(limit, this.entry.name);
  }

  healthy(instance: Instance): void {
    if (instance !== this.shared) return;
    this.#deps.observations.report({ kind: 'healthy', server: this.entry.name });
    if (this.#undiscovered) this.#discovery?.refresh(ALL_LISTS);
    this.#undiscovered = false;
  }

  unhealthy(instance: Instance, reason: string, failures: number): void {
    if (instance === this.shared)
      this.#deps.observations.report({ kind: 'unhealthy', server: this.entry.name, reason, failures });
  }

  #mayRenew(instance: Instance): instance is Instance & { handshake: object } {
    const { admission } = this.entry;
    const held = this.#deps.clock.nowMs() - this.#readySinceMs;
    return (
      admission.kind === 'dial' &&
      admission.attempt === instance.attempt &&
      this.#readySinceMs > 0 &&
      held >= MIN_SESSION_MS
    );
  }

  #startShared(reason: string): asserts this is { shared: Instance } {
    const next = this.#create({
      key: 'shared',
      capabilities: SHARED_CAPABILITIES,
      clientInfo: this.#deps.self,
    });
    this.#replaceShared(next, reason, DRAIN_MS);
    this.#breaker.reset();
    this.#readySinceMs = 0;
    this.#deps.observations.report({ kind: 'connecting', server: this.entry.name, attempt: next.attempt });
    void this.#startAfter(this.#closing, next);
  }

  async #startAfter(closed: Promise<void>, next: Instance): Promise<void> {
    await closed;
    await this.#startWhenItsTurn(next);
  }

  #startWhenItsTurn(instance: Instance): Promise<void> {
    const start = (): Promise<void> => instance.start();
    return this.entry.transport === 'stdio' ? this.#deps.startGate.pass(start) : start();
  }

  #replaceShared(next: Instance | undefined, reason: string, drainMs: number): void {
    const old = this.shared;
    this.shared = next;
    if (next === undefined) this.#attempt = 0;
    if (old === undefined) return;
    if (old.state !== 'closed') {
      this.#liveness.stop();
      this.#idleWatch.stop();
      this.watch.detach();
      this.#discovery = undefined;
    }
    // One that ended by itself may still be on its way out.
    this.#closing = Promise.all([this.#closing, old.close(reason, drainMs)]).then(() => undefined);
  }

  #stopIdle(instance: Instance, forMs: number): void {
    if (instance !== this.shared) return;
    const { attempt } = instance;
    const reason = `no call came for ${Math.round(forMs / 1_000)} s`;
    this.#replaceShared(undefined, reason, 0);
    // This attempt is over, and its number must not start another instance.
    this.#attempt = attempt;
    const end = { kind: 'idle', reason } as const;
    this.#deps.observations.report({ kind: 'ended', server: this.entry.name, attempt, end });
  }

  #closeOwned(reason: string): void {
    this.#closing = Promise.all([this.#closing, this.owned.close(reason, DRAIN_MS)]).then(() => undefined);
  }

  #create(scope: InstanceScope): Instance {
    const { clock, open, openLink, seal, askTimeoutMs, self } = this.#deps;
    return new Instance({
      clock,
      scope,
      entry: () => this.entry,
      open: (signal) => open(this.entry.name, scope.key, signal),
      openLink: (connection, handlers) => openLink(connection, handlers, this.entry),
      seal,
      askTimeoutMs,
      self,
      events: this,
    });
  }

  #heldError(hold: Hold): RpcError {
    return rpcErrorOf(heldError(this.entry.name, hold, this.#lastEnd?.wwwAuthenticate));
  }
}
