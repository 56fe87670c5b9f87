// Calls of modern clients that wait for an answer to a server's question. The client was told `input_required` and holds
// a sealed state that names the call here; its retry takes the call up again. Bounded, and given up after a while.

import { NOWHERE } from '../../kernel/bag.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Exchange } from '../exchange.ts';
import { Deadlines } from '../upstream/deadlines.ts';
import { requestDigest, type Sealer } from './seal.ts';

interface Parked<T> {
  readonly id: string;
  readonly nonce: string;
  readonly call: T;
  deadlineMs: number;
  place: number;
}

export interface ParkedDeps {
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly max: number;
  readonly timeoutMs: number;
  readonly internalError: (error: unknown) => void;
}

export class ParkedCalls<T extends object> implements Disposable {
  readonly #deps: ParkedDeps;
  readonly #byId = new Map<string, Parked<T>>();
  readonly #deadlines: Deadlines<Parked<T>>;
  #nextId = 1;

  constructor(deps: ParkedDeps) {
    this.#deps = deps;
    this.#deadlines = new Deadlines(deps.clock, (parked) => this.#byId.delete(parked.id), deps.internalError);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** The state that the client must bring back; undefined when too many calls are parked. */
  park(call: T, exchange: Exchange): string | undefined {
    const { clock, sealer, max, timeoutMs } = this.#deps;
    if (this.#byId.size >= max) return undefined;
    const id = String(this.#nextId++);
    const deadlineMs = clock.nowMs() + timeoutMs;
    const { text, nonce } = sealer.seal({
      kind: 'park',
      principal: exchange.caller.principal,
      server: exchange.server,
      digest: digestOf(exchange),
      expiresMs: deadlineMs,
      value: id,
    });
    const parked: Parked<T> = { id, nonce, call, deadlineMs, place: NOWHERE };
    this.#byId.set(id, parked);
    this.#deadlines.add(parked);
    return text;
  }

  /** Takes the call out: a state is good for one retry. */
  take(id: string, nonce: string): T | undefined {
    const parked = this.#byId.get(id);
    if (parked === undefined || parked.nonce !== nonce) return undefined;
    this.#byId.delete(id);
    this.#deadlines.delete(parked);
    return parked.call;
  }

  [Symbol.dispose](): void {
    this.#deadlines[Symbol.dispose]();
    this.#byId.clear();
  }
}

/** What must be the same in the retry of a request. */
export function digestOf(exchange: Pick<Exchange, 'request' | 'method'>): string {
  const { request, method } = exchange;
  const parts: Buffer[] = [Buffer.from(method)];
  for (const name of ['name', 'uri', 'arguments']) {
    const member = request.members.get(name);
    parts.push(member === undefined ? EMPTY : request.bytes.subarray(member.start, member.end));
  }
  return requestDigest(parts);
}

const EMPTY = Buffer.alloc(0);
