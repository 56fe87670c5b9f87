// The conversation of one legacy client: what it agreed on, what it has open, and how messages reach it that belong to
// no request of its own.

import { errorResponse, type Message, notification, request, spanBytes } from '@tutti/wire';
import { Bag, type Placed } from '../../kernel/bag.ts';
import { MAX_OPEN_ASKS } from '../limits.ts';
import type { Ask, Exchange } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import type { ContextMode } from '../context/mode.ts';
import { type ReplySink, type Sink, toBuffer } from '../down/sink.ts';
import type { ResourceTarget, View } from '../routing/view.ts';
import type { Subscription } from '../upstream/resource-watch.ts';

export interface SessionOptions {
  readonly id: string;
  /** Under which it has instances of its own; undefined for a caller that is gone after one request. */
  readonly sessionKey: string | undefined;
  readonly principal: string;
  readonly roles: readonly string[];
  /** What let the principal in. */
  readonly credentials: readonly string[];
  readonly view: View;
  readonly protocolVersion: string;
  readonly asked?: ContextMode | undefined;
  readonly capabilities: string;
  readonly clientInfo: string | undefined;
  readonly nowMs: number;
  /** Of a session that came back; now when left out. */
  readonly createdMs?: number | undefined;
  /** Whether it outlives a restart. */
  readonly isKept: boolean;
  readonly maxPending: number;
}

/** A resource that the client is subscribed to, as the server knows it. */
interface HeldResource extends ResourceTarget {
  readonly held: Subscription;
}

/** A request of the client's that is under way. */
export interface SessionCall extends Placed {
  /** The JSON text of its id. */
  readonly id: string;
  readonly exchange: Exchange | undefined;
  /** Lets it go on although its client does not wait; false when it has to end. */
  leave(): boolean;
}

export class Session implements Caller {
  readonly id: string;
  readonly principal: string;
  roles: readonly string[];
  credentials: readonly string[];
  readonly era = 'legacy';
  readonly sessionKey: string | undefined;
  /** Another one once it may use something else. */
  view: View;
  readonly protocolVersion: string;
  readonly capabilities: string;
  readonly clientInfo: string | undefined;
  readonly paramHeaders = undefined;
  readonly asked?: ContextMode | undefined;
  readonly createdMs: number;
  readonly isKept: boolean;
  /** Of which catalog its client was told. */
  catalog = '';
  /** Until the client asks for a level, it gets what servers send by themselves. */
  logLevel: string | undefined = 'debug';
  lastUsedMs: number;
  readonly calls = new Bag<SessionCall>();
  /** What it is subscribed to, by the uri that it knows. */
  readonly subscriptions = new Map<string, HeldResource>();
  readonly #asks = new Map<number, Ask>();
  readonly #pending: Buffer[] = [];
  readonly #maxPending: number;
  #standing: (Sink & { close(): void }) | undefined;
  #nextAsk: number;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.principal = options.principal;
    this.roles = options.roles;
    this.credentials = options.credentials;
    this.sessionKey = options.sessionKey;
    this.view = options.view;
    this.protocolVersion = options.protocolVersion;
    this.asked = options.asked;
    this.capabilities = options.capabilities;
    this.clientInfo = options.clientInfo;
    this.createdMs = options.createdMs ?? options.nowMs;
    this.isKept = options.isKept;
    // What is answered late was asked before the session came back.
    this.#nextAsk = options.createdMs === undefined ? 1 : options.nowMs;
    this.lastUsedMs = options.nowMs;
    this.#maxPending = options.maxPending;
  }

  /** Nothing waits for its next stream. */
  get isToldAll(): boolean {
    return this.#pending.length === 0;
  }

  get hasStream(): boolean {
    return this.#standing !== undefined;
  }

  /** The stream for messages that belong to no request. A new one replaces the old. */
  attach(stream: Sink & { close(): void }): void {
    const old = this.#standing;
    this.#standing = stream;
    old?.close();
    for (const message of this.#pending.splice(0)) stream.send(message);
  }

  detach(stream: Sink): void {
    if (this.#standing === stream) this.#standing = undefined;
  }

  /** Sends a message now, or keeps it for the next stream; the same message is kept once. */
  push(message: Buffer): void {
    if (this.#standing !== undefined) return this.#standing.send(message);
    if (this.#maxPending === 0) return;
    if (this.#pending.some((kept) => kept.equals(message))) return;
    if (this.#pending.length === this.#maxPending) this.#pending.shift();
    this.#pending.push(Buffer.from(message));
  }

  /** Puts a server's question to the client, on the stream of the request that it came up in. */
  ask(ask: Ask, sink: Sink): void {
    if (this.#asks.size >= MAX_OPEN_ASKS) {
      const json = Buffer.from('{"code":-32000,"message":"The client has too many open questions."}');
      return ask.settle({ kind: 'error', json });
    }
    const id = this.#nextAsk++;
    this.#asks.set(id, ask);
    ask.onWithdrawn = () => {
      if (this.#asks.delete(id)) sink.send(notification('notifications/cancelled', `{"requestId":${id}}`));
    };
    sink.send(request(String(id), ask.method, ask.params?.toString()));
  }

  /** The client answered a question. */
  answered(message: Message): void {
    const id =
      message.id === undefined
        ? Number.NaN
        : Number(message.bytes.toString('latin1', message.id.start, message.id.end));
    const ask = this.#asks.get(id);
    if (ask === undefined || message.body === undefined) return;
    this.#asks.delete(id);
    ask.settle({
      kind: message.kind === 'error' ? 'error' : 'result',
      json: Buffer.from(spanBytes(message.bytes, message.body)),
    });
  }

  /** The client reports progress on a question. */
  progressed(message: Message): void {
    const place = message.members.get('progressToken');
    if (place === undefined) return;
    const token = message.bytes.toString('utf8', place.start, place.end);
    for (const ask of this.#asks.values()) if (ask.progressToken === token) ask.progress(message);
  }

  /** The client is lost, and may not come back: what may go on without it does. */
  lost(): void {
    for (const call of this.calls.all()) if (call.leave()) this.calls.delete(call);
  }

  /** Ends all that is open. Servers are told that nobody waits any more. */
  end(): void {
    for (const { exchange } of this.calls.takeAll()) exchange?.cancel('the session ended');
    const gone = Buffer.from('{"code":-32000,"message":"The client is gone."}');
    for (const ask of this.#asks.values()) ask.settle({ kind: 'error', json: gone });
    this.#asks.clear();
    this.#standing?.close();
    this.#standing = undefined;
  }
}

/** A reply sink for a request whose answer goes to the session's own stream (HTTP+SSE). */
export function sessionReply(session: Session): ReplySink {
  return {
    send: (message) => session.push(message),
    end: (response) => {
      if (response !== undefined) session.push(toBuffer(response));
    },
  };
}

export function unknownSession(): Buffer {
  return errorResponse(undefined, -32001, 'Session not found: it ended or never was; initialize again.');
}
