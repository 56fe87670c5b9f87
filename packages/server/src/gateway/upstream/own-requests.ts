// Requests of the gateway itself to one server: its handshake, liveness, lists, subscriptions.

import type { Message } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { UpstreamCodec } from './codec.ts';
import type { Flights } from './flights.ts';
import type { Link } from './link.ts';

export interface OwnRequestsDeps {
  readonly clock: Clock;
  readonly server: string;
  readonly flights: Flights;
  readonly link: () => Link | undefined;
}

export class OwnRequests {
  readonly #deps: OwnRequestsDeps;

  constructor(deps: OwnRequestsDeps) {
    this.#deps = deps;
  }

  /** Rejects with an AppError. `params` is JSON text of an object without `_meta`. */
  ask(codec: UpstreamCodec, method: string, params: string, timeoutMs: number): Promise<Message> {
    const { clock, server, flights, link } = this.#deps;
    return new Promise((resolve, reject) => {
      const id = flights.nextId();
      const timer = clock.after(timeoutMs, () => {
        if (flights.take(id) === undefined) return;
        link()?.abort(id);
        reject(new AppError('timeout', `${server} did not answer ${method} within ${timeoutMs} ms`));
      });
      flights.addOwn(id, {
        method,
        answered(message) {
          timer[Symbol.dispose]();
          resolve(message);
        },
        failed(error) {
          timer[Symbol.dispose]();
          reject(error);
        },
      });
      link()?.request(codec.encodeOwn(id, method, params));
    });
  }

  /** Opens a request that is not answered for long; returns how to end it. */
  openStream(codec: UpstreamCodec, method: string, params: string, onEnd: () => void): () => void {
    const { flights, link } = this.#deps;
    const id = flights.nextId();
    flights.addOwn(id, { method, answered: onEnd, failed: onEnd });
    link()?.request(codec.encodeOwn(id, method, params));
    return () => {
      if (flights.take(id) !== undefined) codec.cancel(id, undefined);
    };
  }
}
