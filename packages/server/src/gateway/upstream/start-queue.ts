// Calls to a server that does not run yet: they wait until it has an instance, and go to it in their order.

import { AppError } from '../../kernel/errors.ts';
import type { Exchange } from '../exchange.ts';
import { rpcErrorOf, type RpcError } from '../protocol/rpc.ts';

export class StartQueue {
  readonly #max: () => number;
  #waiting: Exchange[] = [];

  constructor(max: () => number) {
    this.#max = max;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(exchange: Exchange): void {
    const max = this.#max();
    if (this.#waiting.length >= max) {
      const text = `${exchange.server} is being started and has ${max} calls waiting, which is its limit (limits.maxQueued); try again later.`;
      return exchange.fail(rpcErrorOf(new AppError('overloaded', text)));
    }
    exchange.holder = this;
    this.#waiting.push(exchange);
  }

  /** The exchange is over: its deadline passed, or its client is gone. */
  cancel(exchange: Exchange): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== exchange);
  }

  /** Empties it into an instance. */
  flush(submit: (exchange: Exchange) => void): void {
    for (const exchange of this.#waiting.splice(0)) if (!exchange.finished) submit(exchange);
  }

  fail(error: RpcError): void {
    for (const exchange of this.#waiting.splice(0)) exchange.fail(error);
  }
}
