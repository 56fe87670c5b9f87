// One running or dialled server and the MCP conversation with it: handshake, calls, liveness, its own notifications.
// An instance is used once: when its link is over, the pool makes a new one.

import { ENVELOPE, type Message, spanText } from '@tutti/wire';
import { AppError, toAppError } from '../../kernel/errors.ts';
import type { Handshake } from '../../snapshot/types.ts';
import type { Exchange } from '../exchange.ts';
import type { InstanceEnd } from '../ports.ts';
import { levelRank } from '../protocol/log-level.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import type { CodecHost, UpstreamCodec } from './codec.ts';
import { OwnRequests } from './own-requests.ts';
import { closeConnection } from './connection.ts';
import {
  authRequiredEnd,
  describeFailure,
  endError,
  failureError,
  handshakeEnd,
  isUnanswered,
  ownFailure,
} from './failures.ts';
import { type Flight, Flights } from './flights.ts';
import { shakeHands } from './handshake.ts';
import type { InstanceDeps, InstanceScope } from './instance-deps.ts';
import { createLegacyCodec } from './legacy.ts';
import type { Link, LinkHandlers, RequestFailure } from './link.ts';
import { numberAt, passLog, passProgress } from './notices.ts';
import { createModernCodec } from './modern.ts';

export class Instance implements LinkHandlers {
  readonly scope: InstanceScope;
  readonly server: string;
  readonly attempt: number;
  readonly configDigest: string;
  state: 'connecting' | 'ready' | 'closed' = 'connecting';
  handshake: Handshake | undefined;
  /** When a message last arrived. */
  lastHeardMs = 0;
  /** When a call last went out or was answered. */
  lastUsedMs: number;
  /** It takes no more calls: those under way may finish. */
  isClosing = false;
  /** Whether it ever had a call. */
  wasCalled = false;
  /** Until when it has a task that only it knows. */
  keepUntilMs = 0;
  readonly flights = new Flights();
  readonly callerOf = (requestId: number) => this.flights.get(requestId)?.exchange?.caller;
  readonly #deps: InstanceDeps;
  readonly #own: OwnRequests;
  readonly #abort = new AbortController();
  readonly #waiting: Exchange[] = [];
  readonly #orphans: Exchange[] = [];
  #link: Link | undefined;
  #codec: UpstreamCodec | undefined;
  #level = 'info';
  #lostRequests = 0;
  #transport: 'stdio' | 'http' = 'stdio';

  constructor(deps: InstanceDeps) {
    const entry = deps.entry();
    this.#deps = deps;
    this.scope = deps.scope;
    this.server = entry.name;
    this.#own = new OwnRequests({
      clock: deps.clock,
      server: entry.name,
      flights: this.flights,
      link: () => this.#link,
    });
    this.configDigest = entry.configDigest;
    this.attempt = entry.admission.kind === 'dial' ? entry.admission.attempt : 0;
    this.lastUsedMs = deps.clock.nowMs();
  }

  get load(): number {
    return this.flights.active + this.#waiting.length;
  }

  /** Connects and shakes hands; ends the instance when that fails. Never rejects. */
  async start(): Promise<void> {
    const { startupTimeoutMs } = this.#deps.entry().limits;
    using _timer = this.#deps.clock.after(startupTimeoutMs, () =>
      this.#end({ kind: 'handshake', reason: `no MCP handshake within ${startupTimeoutMs} ms` }),
    );
    try {
      const connection = await this.#deps.open(this.#abort.signal);
      if (this.state === 'closed') return await closeConnection(connection);
      this.#link = await this.#deps.openLink(connection, this);
      if (this.#abort.signal.aborted) return await this.#link.close();
      const transport = connection.kind === 'pipe' ? 'stdio' : 'http';
      this.#transport = transport;
      const codecs = {
        legacy: () => createLegacyCodec(this.#host()),
        modern: () =>
          createModernCodec(this.#host(), { transport, clientInfo: this.#deps.self, seal: this.#deps.seal }),
      };
      const { handshake, codec } = await shakeHands({
        link: this.#link,
        codecs,
        scope: this.scope,
        knownEra:
          connection.kind === 'http' && connection.target.transport === 'sse'
            ? 'legacy'
            : this.#deps.entry().knownEra,
        startupTimeoutMs,
        ask: (probe, method, params, timeoutMs) => this.#own.ask(probe, method, params, timeoutMs),
      });
      if (this.#abort.signal.aborted) return;
      this.handshake = handshake;
      this.#codec = codec;
      this.state = 'ready';
      this.#deps.events.ready(this);
      this.#pump();
    } catch (error) {
      this.#end(handshakeEnd(error));
    }
  }

  /** Takes an exchange: sends it, lets it wait for its turn, or refuses it. */
  submit(exchange: Exchange): void {
    if (this.state === 'closed')
      return exchange.fail(
        rpcErrorOf(new AppError('unavailable', `${this.server}: the connection is over.`)),
      );
    const { maxInFlight, maxQueued } = this.#deps.entry().limits;
    if (this.state === 'ready' && this.flights.active < maxInFlight && this.#waiting.length === 0)
      return this.#send(exchange);
    if (this.#waiting.length >= maxQueued) {
      this.#deps.events.limitReached('max_in_flight');
      const limit = `${maxInFlight} calls in flight and ${maxQueued} waiting`;
      return exchange.fail(
        rpcErrorOf(
          new AppError('overloaded', `${this.server} is at its limit of ${limit}; try again later.`),
        ),
      );
    }
    exchange.holder = this;
    this.#waiting.push(exchange);
  }

  /** The exchange is over before an answer came. */
  cancel(exchange: Exchange, reason: string | undefined): void {
    const place = this.#waiting.indexOf(exchange);
    if (place !== -1) {
      this.#waiting.splice(place, 1);
      return;
    }
    if (exchange.flightId === 0) return;
    if (exchange.expired) this.#deps.events.unanswered(reason ?? 'no answer');
    this.flights.toGhost(exchange.flightId, this.#deps.clock.nowMs());
    this.#codec?.cancel(exchange.flightId, reason);
    this.#landed(exchange);
    this.#pump();
  }

  /** A request of the gateway itself; rejects with an AppError. `params` is JSON text of an object. */
  async request(method: string, params: string, timeoutMs: number): Promise<Message> {
    if (this.#codec === undefined) throw new AppError('unavailable', `${this.server} is not ready.`);
    return await this.#own.ask(this.#codec, method, params, timeoutMs);
  }

  /** Opens a long-lived request whose notifications go to `events.notified`; returns how to end it. */
  openStream(method: string, params: string, onEnd: () => void): () => void {
    const codec = this.#codec;
    if (codec === undefined) throw new AppError('unavailable', `${this.server} is not ready.`);
    return this.#own.openStream(codec, method, params, onEnd);
  }

  /** Calls back while the instance lives. */
  later(delayMs: number, act: () => void): void {
    this.#deps.clock.after(delayMs, () => {
      if (this.state === 'ready') act();
    });
  }

  notify(bytes: Buffer): void {
    this.#link?.send(bytes);
  }

  /** Asks a legacy server to log at least as much as `level`; it is never asked for less. */
  ensureLogLevel(level: string): void {
    if (this.handshake?.era !== 'legacy' || levelRank(level) >= levelRank(this.#level)) return;
    this.#level = level;
    this.request(
      'logging/setLevel',
      JSON.stringify({ level }),
      this.#deps.entry().limits.callTimeoutMs,
    ).catch((error: unknown) => {
      this.#deps.events.serverLog(
        this,
        'log',
        `logging/setLevel failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  }

  /** Lets calls in flight finish until `drainMs` have passed, then closes. */
  async close(reason: string, drainMs = 0): Promise<void> {
    this.isClosing = true;
    if (drainMs > 0 && this.flights.active > 0) await this.#drained(drainMs);
    const link = this.#link;
    this.#end({ kind: 'closed', reason });
    await link?.close();
  }

  // Link handlers

  message(message: Message, origin: number | undefined): void {
    this.lastHeardMs = this.#deps.clock.nowMs();
    try {
      this.#take(message, origin);
    } catch (error) {
      this.#deps.events.failed(error);
    }
  }

  failed(requestId: number, failure: RequestFailure): void {
    const flight = this.flights.take(requestId);
    if (flight === undefined) return;
    this.#settleFailed(flight, failure);
    // It wants credentials that it does not have, or has no more: whatever comes next is refused too.
    const end = authRequiredEnd(failure);
    if (this.state === 'ready' && end !== undefined) this.#end(end);
  }

  #settleFailed(flight: Flight, failure: RequestFailure): void {
    if (flight.own !== undefined) return flight.own.failed(ownFailure(failure));
    const { exchange } = flight;
    if (exchange === undefined) return;
    this.#landed(exchange);
    if (failure.kind === 'session_lost' && !exchange.resent) {
      // The link closes soon, and the orphans go to the instance that follows.
      exchange.resent = true;
      this.#orphans.push(exchange);
      return;
    }
    exchange.fail(rpcErrorOf(failureError(this.server, failure)));
    if (isUnanswered(failure)) this.#deps.events.unanswered(describeFailure(failure));
    this.#countFailure(failure);
    this.#pump();
  }

  stray(text: string): void {
    this.#deps.events.serverLog(this, 'stdout', text);
  }

  closed(end: InstanceEnd): void {
    this.#end(end);
  }

  #take(message: Message, origin: number | undefined): void {
    switch (message.kind) {
      case 'result':
      case 'error':
        return this.#answered(message);
      case 'notification':
        return this.#notified(message, origin);
      case 'request':
        return this.#codec?.asked(message, this.#attributed(origin));
    }
  }

  #answered(message: Message): void {
    const flight =
      message.id === undefined ? undefined : this.flights.take(numberAt(message.bytes, message.id));
    if (flight === undefined) return;
    if (flight.own !== undefined) return flight.own.answered(message);
    const { exchange } = flight;
    if (exchange === undefined) return;
    this.#landed(exchange);
    this.#lostRequests = 0;
    this.#deps.events.answered();
    try {
      this.#codec?.answered(exchange, message);
    } catch (error) {
      this.#deps.events.failed(error);
      exchange.fail(rpcErrorOf(toAppError(error)));
    }
    if (this.#waiting.length > 0 || this.#onDrained !== undefined) this.#pump();
  }

  /** It has no flight any more. */
  #landed(exchange: Exchange): void {
    exchange.flightId = 0;
    this.lastUsedMs = this.#deps.clock.nowMs();
    if (this.#codec?.isAsking === true && !this.flights.hasCallOf(exchange.caller))
      this.#codec.takeBack(exchange.caller);
  }

  #notified(message: Message, origin: number | undefined): void {
    if (message.metaMembers.has(ENVELOPE.relatedTask))
      return this.#deps.events.notified(this, message, undefined);
    switch (message.method) {
      case 'notifications/progress':
        return passProgress(this.flights, message, this.#deps.entry().limits, this.lastHeardMs);
      case 'notifications/message':
        return passLog(this.#attributed(origin), message, (line) =>
          this.#deps.events.serverLog(this, 'log', line),
        );
      case 'notifications/cancelled':
        return this.#codec?.withdrawn(message);
      default:
        return this.#deps.events.notified(this, message, this.#attributed(origin));
    }
  }

  /** The exchange that something from the server belongs to: the one on whose stream it came, or the only one there is. */
  #attributed(origin: number | undefined): Exchange | undefined {
    if (origin !== undefined) return this.flights.get(origin)?.exchange;
    return this.flights.attributable(this.#deps.clock.nowMs());
  }

  #send(exchange: Exchange): void {
    const { caller } = exchange;
    const codec = this.#codec;
    const link = this.#link;
    if (codec === undefined || link === undefined || exchange.finished) return;
    const now = this.#deps.clock.nowMs();
    this.lastUsedMs = now;
    this.wasCalled = true;
    if (caller.logLevel !== undefined) this.ensureLogLevel(caller.logLevel);
    const id = this.flights.nextId();
    exchange.flightId = id;
    exchange.holder = this;
    exchange.instance = this;
    const token = exchange.request.metaMembers.get('progressToken');
    const tokenText = token === undefined ? undefined : spanText(exchange.request.bytes, token);
    this.flights.addExchange(id, exchange, tokenText);
    link.request(codec.encode(exchange, id));
  }

  #pump(): void {
    const { maxInFlight } = this.#deps.entry().limits;
    while (this.state === 'ready' && this.#waiting.length > 0 && this.flights.active < maxInFlight) {
      const next = this.#waiting.shift();
      if (next !== undefined && !next.finished) this.#send(next);
    }
    if (this.flights.active === 0) this.#onDrained?.();
  }

  #onDrained: (() => void) | undefined;

  #drained(drainMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.after(drainMs, resolve);
      this.#onDrained = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
  }

  #host(): CodecHost {
    const { clock, askTimeoutMs, entry } = this.#deps;
    return {
      server: this.server,
      send: (bytes) => this.#link?.send(bytes),
      abort: (id) => this.#link?.abort(id),
      resend: (exchange) =>
        this.state === 'closed' ? this.#deps.events.resend(exchange) : this.submit(exchange),
      taskOf: (question) => this.#deps.events.taskOf(this, question),
      interactive: () => this.#deps.events.interactive(this),
      nowMs: () => clock.nowMs(),
      askTimeoutMs,
      callTimeoutMs: entry().limits.callTimeoutMs,
    };
  }

  #countFailure(failure: RequestFailure): void {
    // A pipe says itself when it breaks; a full one is the caller's trouble only.
    if (failure.kind !== 'network' || this.#transport === 'stdio') return;
    this.#lostRequests++;
    if (!failure.sent || this.#lostRequests >= 3) this.#end({ kind: 'lost', reason: failure.reason });
    else this.#deps.events.unhealthy(this, failure.reason, this.#lostRequests);
  }

  #end(end: InstanceEnd): void {
    if (this.state === 'closed') return;
    const wasReady = this.state === 'ready';
    this.state = 'closed';
    this.#abort.abort();
    const error = rpcErrorOf(endError(this.server, end));
    for (const flight of this.flights.drain()) {
      flight.own?.failed(new AppError('unavailable', end.reason));
      flight.exchange?.fail(error);
    }
    this.#codec?.takeBack(undefined);
    const orphans = [...this.#orphans.splice(0), ...this.#waiting.splice(0)];
    this.#onDrained?.();
    this.#deps.events.ended(
      this,
      wasReady || end.kind !== 'lost' ? end : { ...end, kind: 'handshake' },
      orphans,
    );
    if (end.kind !== 'closed') this.#link?.close().catch(() => undefined);
  }
}
