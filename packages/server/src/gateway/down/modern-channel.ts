// The way back to a modern client. It has no requests of its own to the client: a server's question ends the client's
// request with `input_required` and parks the call; the client's retry brings the answers and takes the call up again.

import { resultResponse } from '@tutti/wire';
import { account, type Core } from '../core.ts';
import type { Ask, Channel, Exchange, ExchangeOwner, Outcome, Reply } from '../exchange.ts';
import { MAX_OPEN_ASKS } from '../limits.ts';
import type { View } from '../routing/view.ts';
import type { HeldCall } from '../tasks/held-call.ts';
import type { Promised } from '../tasks/long-calls.ts';
import { challengeOf, encodeReply } from './encode-reply.ts';
import type { StatusSink } from './sink.ts';

export class ModernChannel implements Channel, ExchangeOwner {
  readonly #core: Core;
  /** Questions that the client has not answered; nearly always none. */
  #asks: Map<string, Ask> | undefined;
  #sink: StatusSink | undefined;
  #id: string;
  #exchange: Exchange | undefined;
  /** The outcome of a call that ended while its client was away with a question. */
  #held: Reply | undefined;
  #flushing = false;
  #lastKey = 0;
  /** Set when the client does not wait any more: what the call comes to is kept there. */
  #left: HeldCall | undefined;
  #promised: Promised | undefined;
  readonly #view: View;

  constructor(core: Core, id: string, sink: StatusSink, view: View) {
    this.#core = core;
    this.#view = view;
    this.#id = id;
    this.#sink = sink;
  }

  /** The exchange that it belongs to; set once, before anything happens on it. */
  bind(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  notify(message: Buffer): void {
    if (this.#left !== undefined) this.#left.notify(message);
    else this.#sink?.send(message);
  }

  ask(ask: Ask): void {
    if (this.#left !== undefined) return this.#left.ask(ask);
    const asks = (this.#asks ??= new Map());
    if (asks.size >= MAX_OPEN_ASKS) {
      const json = Buffer.from('{"code":-32000,"message":"The call has too many open questions."}');
      return ask.settle({ kind: 'error', json });
    }
    const key = `ask-${++this.#lastKey}`;
    asks.set(key, ask);
    ask.onWithdrawn = () => asks.delete(key);
    this.#flushSoon();
  }

  finished(exchange: Exchange, outcome: Outcome['outcome']): void {
    account(this.#core, exchange, outcome);
    if (outcome === 'cancelled' && exchange.carrier !== this.#left) this.#left?.end({ kind: 'cancelled' });
  }

  /** Its client gets a task, or hears that the call goes on without it. */
  tookLong(exchange: Exchange): void {
    const sink = this.#sink;
    const { long } = this.#core.tasks;
    if (sink === undefined || this.#hasAsks) return;
    const made = long.handOut(exchange, this.#view, this.#id);
    if (made === undefined) {
      this.#promised = long.promise(exchange);
      if (this.#promised !== undefined) sink.send(this.#promised.note);
      return;
    }
    this.#left = made.held;
    this.#sink = undefined;
    sink.end(made.response.toString('latin1'), undefined);
  }

  finish(reply: Reply): void {
    if (this.#left !== undefined) return this.#left.finish(reply);
    const sink = this.#sink;
    if (sink === undefined) {
      this.#held = kept(reply);
      return;
    }
    this.#sink = undefined;
    sink.end(encodeReply(reply, this.#id), errorCode(reply), challengeOf(reply));
  }

  /** The client came back. `answers` are the JSON texts of results by the keys that it was given. */
  resume(id: string, sink: StatusSink, answers: ReadonlyMap<string, Buffer>): void {
    this.#id = id;
    this.#sink = sink;
    if (this.#held !== undefined) return this.finish(this.#held);
    for (const [key, json] of answers) {
      const ask = this.#asks?.get(key);
      if (ask === undefined) continue;
      this.#asks?.delete(key);
      ask.settle({ kind: 'result', json });
    }
    if (this.#hasAsks) this.#flushSoon();
  }

  /** The client closed this stream, which may be one that it needs no more. */
  clientGone(sink: StatusSink): void {
    if (this.#sink !== sink) return;
    this.#sink = undefined;
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.finished) return;
    // Sooner than that it is a wish; later it may just as well be the end of patience.
    if (exchange.isLong && !this.#hasAsks) this.#left = this.#core.tasks.long.leave(exchange, this.#promised);
    if (this.#left === undefined) exchange.cancel('the client closed its stream');
    else if (exchange.carrier === this.#left) exchange.abandon();
  }

  get #hasAsks(): boolean {
    return this.#asks !== undefined && this.#asks.size > 0;
  }

  /** Questions that come together are put together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const sink = this.#sink;
    const exchange = this.#exchange;
    const asks = this.#asks;
    if (sink === undefined || exchange === undefined || exchange.finished) return;
    if (asks === undefined || asks.size === 0) return;
    const state = this.#core.parked.park(this, exchange);
    if (state === undefined) {
      const json = Buffer.from('{"code":-32003,"message":"Too many questions are open; try again later."}');
      for (const ask of asks.values()) ask.settle({ kind: 'error', json });
      asks.clear();
      return;
    }
    const requests = [...asks].map(([key, ask]) => {
      const params = ask.params === undefined ? '' : `,"params":${ask.params.toString()}`;
      return `"${key}":{"method":${JSON.stringify(ask.method)}${params}}`;
    });
    this.#sink = undefined;
    const result = `{"resultType":"input_required","inputRequests":{${requests.join(',')}},"requestState":${JSON.stringify(state)}}`;
    sink.end(resultResponse(this.#id, result).toString('latin1'), undefined);
  }
}

export function errorCode(reply: Reply): number | undefined {
  if (reply.kind === 'error') return reply.error.code;
  if (reply.kind !== 'message' || reply.message.kind !== 'error') return undefined;
  const code = reply.message.members.get('code');
  return code === undefined
    ? undefined
    : Number(reply.message.bytes.toString('latin1', code.start, code.end));
}

/** The reply with bytes of its own: a server's message is only good for the moment. */
function kept(reply: Reply): Reply {
  if (reply.kind !== 'message') return reply;
  return { ...reply, message: { ...reply.message, bytes: Buffer.from(reply.message.bytes) } };
}
