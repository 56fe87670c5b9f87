// One neutral exchange: a client's request on its way to one server and all that belongs to it: notifications and asks
// coming back, cancellation, its deadline, and exactly one finish. The codecs of both sides meet here and nowhere else.

import type { Edit, Message } from '@tutti/wire';
import { NOWHERE, type Placed } from '../kernel/bag.ts';
import type { Caller } from './caller.ts';
import type { RpcError } from './protocol/rpc.ts';
import type { Instance } from './upstream/instance.ts';

/** What ends an exchange. */
export type Reply =
  /** A server's response and what must change in it, all but the id. */
  | { readonly kind: 'message'; readonly message: Message; readonly edits: readonly Edit[] }
  /** A result made here: JSON text. */
  | { readonly kind: 'result'; readonly json: string | Buffer }
  | { readonly kind: 'error'; readonly error: RpcError };

export type Answer =
  | { readonly kind: 'result'; readonly json: Buffer }
  /** The JSON of a JSON-RPC error object. */
  | { readonly kind: 'error'; readonly json: Buffer };

/** A server's question to the client of an exchange. */
export interface Ask {
  readonly method: string;
  /** JSON text of the params; undefined when there are none. */
  readonly params: Buffer | undefined;
  /** The token in the params by which the client may report progress on the answer. */
  readonly progressToken: string | undefined;
  /** Answers the server; calls after the first do nothing. */
  settle(answer: Answer): void;
  /** Passes on a progress notification of the client. */
  progress(notification: Message): void;
  /** Set by the channel: takes the question back from the client. */
  onWithdrawn: (() => void) | undefined;
}

/** The way to a legacy client outside of its calls. */
export interface Standing {
  notify(message: Buffer): void;
  ask(ask: Ask): void;
}

/** Whom a question is put to: an exchange, or a task. */
export interface Asked {
  readonly caller: Caller;
  readonly channel: Pick<Channel, 'ask'>;
  deadlineMs: number;
}

/** The way back to the client. */
export interface Channel {
  readonly standing?: Standing;
  /** A complete notification, in bytes that the client understands. */
  notify(message: Buffer): void;
  ask(ask: Ask): void;
  finish(reply: Reply): void;
}

export interface Outcome {
  readonly outcome: 'ok' | 'tool_error' | 'error' | 'timeout' | 'cancelled';
}

/** Whose exchange it is. */
export interface ExchangeOwner {
  /** Called once, when the exchange is over and before its channel hears of it. */
  finished(exchange: Exchange, outcome: Outcome['outcome']): void;
  /** Called once, when it takes long: its client may not wait for its end. */
  tookLong?(exchange: Exchange): void;
}

export class Exchange implements Asked, Placed {
  readonly request: Message;
  readonly method: string;
  readonly caller: Caller;
  readonly server: string;
  /** The real name of the tool, for metrics; undefined for other methods. */
  readonly tool: string | undefined;
  /** What routing changes in the request: exposed names become the server's own. */
  readonly renames: readonly Edit[];
  /** Mcp-Param-* headers for a modern server over HTTP. */
  readonly paramHeaders: Readonly<Record<string, string>> | undefined;
  readonly startedMs: number;
  channel: Channel;
  /** When the gateway gives up, and why it will say so. Progress moves it, parked asks move it. */
  deadlineMs: number;
  /** Whoever holds the exchange takes the cancellation: a queue, a flight, a parked ask. */
  holder: { cancel(exchange: Exchange, reason: string | undefined): void } | undefined;
  /** Takes it instead of the instance that its caller would get: what is about a task goes where the task is. */
  carrier: { submit(exchange: Exchange): void } | undefined;
  /** The instance that it was sent to. */
  instance: Instance | undefined;
  /** The id of its flight; 0 while it has none. */
  flightId = 0;
  /** Sent again after a server lost its session: at most once. */
  resent = false;
  /** What a legacy client answered to the last input_required, as members of the retry's params. */
  inputs: string | undefined;
  /** How often the server asked for input. */
  rounds = 0;
  finished = false;
  /** Its deadline passed. */
  expired = false;
  /** It takes longer than clients may have patience for. */
  isLong = false;
  /** The server decides by itself whether it becomes a task. */
  isServersTask = false;
  /** The exchanges that it is made of, one for each member of a family; they are accounted for themselves. */
  members: readonly Exchange[] | undefined;
  /** Among those whose deadlines are watched. */
  place = NOWHERE;
  readonly #owner: ExchangeOwner;

  constructor(options: {
    request: Message;
    method: string;
    caller: Caller;
    server: string;
    tool: string | undefined;
    renames: readonly Edit[];
    paramHeaders: Readonly<Record<string, string>> | undefined;
    startedMs: number;
    deadlineMs: number;
    channel: Channel;
    owner: ExchangeOwner;
  }) {
    this.request = options.request;
    this.method = options.method;
    this.caller = options.caller;
    this.server = options.server;
    this.tool = options.tool;
    this.renames = options.renames;
    this.paramHeaders = options.paramHeaders;
    this.startedMs = options.startedMs;
    this.deadlineMs = options.deadlineMs;
    this.channel = options.channel;
    this.#owner = options.owner;
  }

  finish(reply: Reply): void {
    if (!this.#end(outcomeOf(reply))) return;
    this.channel.finish(reply);
  }

  fail(error: RpcError, outcome: 'error' | 'timeout' = 'error'): void {
    if (!this.#end(outcome)) return;
    this.channel.finish({ kind: 'error', error });
  }

  /** The client no longer wants an answer: the server is told, nobody is answered. */
  cancel(reason: string | undefined): void {
    if (!this.#end('cancelled')) return;
    this.holder?.cancel(this, reason);
  }

  /** Its client is gone, and what it waited for goes on without it. */
  abandon(): void {
    this.#end('cancelled');
  }

  /** The deadline passed: the server is told to stop, the client what it waited for. */
  expire(error: RpcError): void {
    if (!this.#end('timeout')) return;
    this.expired = true;
    this.holder?.cancel(this, 'timed out');
    this.channel.finish({ kind: 'error', error });
  }

  /** Called for each look at it after that time. */
  takesLong(): void {
    if (this.isLong || this.finished) return;
    this.isLong = true;
    this.#owner.tookLong?.(this);
  }

  #end(outcome: Outcome['outcome']): boolean {
    if (this.finished) return false;
    this.finished = true;
    this.#owner.finished(this, outcome);
    return true;
  }
}

function outcomeOf(reply: Reply): Outcome['outcome'] {
  if (reply.kind === 'error') return 'error';
  if (reply.kind === 'result') return 'ok';
  if (reply.message.kind === 'error') return 'error';
  const isError = reply.message.members.get('isError');
  return isError !== undefined && reply.message.bytes[isError.start] === 0x74 ? 'tool_error' : 'ok';
}
