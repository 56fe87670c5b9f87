// The calls in flight on one instance, by the id that the server knows them by. A call that was cancelled or timed out
// stays as a ghost for a while: the server may still be at it, and what it asks then belongs to nobody else.

import type { Message } from '@tutti/wire';
import type { AppError } from '../../kernel/errors.ts';
import { IdTable } from '../../kernel/id-table.ts';
import type { Exchange } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import { GHOST_MS } from '../limits.ts';
import { routeBy } from '../protocol/methods.ts';

/** A request of the gateway itself: liveness, lists, subscriptions. */
export interface OwnRequest {
  readonly method: string;
  answered(message: Message): void;
  failed(error: AppError): void;
}

export interface Flight {
  readonly id: number;
  /** Undefined in a ghost and in own requests. */
  exchange: Exchange | undefined;
  readonly own: OwnRequest | undefined;
  /** Whose call it is, for the attribution of asks and logs. */
  readonly attribution: unknown;
  /** The client's progress token, as JSON text; undefined: it wants no progress. */
  readonly token: string | undefined;
  /** Set when it becomes a ghost. */
  ghostUntilMs: number;
}

/** A bound on ghosts; beyond it the oldest is forgotten. */
const MAX_GHOSTS = 256;

export class Flights {
  readonly #byId = new IdTable<Flight>();
  #nextId = 1;
  #ghosts = 0;

  /** Calls of clients that are under way; ghosts and own requests do not count. */
  active = 0;

  nextId(): number {
    return this.#nextId++;
  }

  addExchange(id: number, exchange: Exchange, token: string | undefined): void {
    this.active++;
    this.#byId.set({
      id,
      exchange,
      own: undefined,
      attribution: exchange.caller.sessionKey ?? exchange,
      token,
      ghostUntilMs: 0,
    });
  }

  addOwn(id: number, own: OwnRequest): void {
    this.#byId.set({ id, exchange: undefined, own, attribution: '', token: undefined, ghostUntilMs: 0 });
  }

  get(id: number): Flight | undefined {
    return this.#byId.get(id);
  }

  /** Takes a flight out: it was answered. */
  take(id: number): Flight | undefined {
    const flight = this.#byId.take(id);
    if (flight === undefined) return undefined;
    if (flight.exchange !== undefined) this.active--;
    else if (flight.own === undefined) this.#ghosts--;
    return flight;
  }

  /** The exchange is over for its client, though perhaps not for the server. */
  toGhost(id: number, nowMs: number): void {
    const flight = this.#byId.get(id);
    if (flight?.exchange === undefined) return;
    flight.exchange = undefined;
    flight.ghostUntilMs = nowMs + GHOST_MS;
    this.active--;
    this.#ghosts++;
    if (this.#ghosts > MAX_GHOSTS) this.#dropGhosts((ghost) => ghost !== flight, 1);
  }

  /** The exchange that a stray ask or log belongs to: only when everything in flight is the same caller's. What is asked
   *  about tasks may be in flight for long and says itself what belongs to it, so it counts only when there is no call. */
  attributable(nowMs: number): Exchange | undefined {
    this.#dropExpiredGhosts(nowMs);
    return this.#ofOneCaller(this.#hasCalls());
  }

  hasCallOf(caller: Caller): boolean {
    for (const flight of this.#byId.all()) if (flight.exchange?.caller === caller) return true;
    return false;
  }

  /** Whether a call that is over for its client may still be running at the server. */
  isHaunted(nowMs: number): boolean {
    this.#dropExpiredGhosts(nowMs);
    return this.#ghosts > 0;
  }

  #hasCalls(): boolean {
    for (const flight of this.#byId.all()) if (flight.own === undefined && !isAboutTask(flight)) return true;
    return false;
  }

  #ofOneCaller(callsOnly: boolean): Exchange | undefined {
    let found: Exchange | undefined;
    let attribution: unknown;
    for (const flight of this.#byId.all()) {
      if (flight.own !== undefined || (callsOnly && isAboutTask(flight))) continue;
      if (attribution !== undefined && flight.attribution !== attribution) return undefined;
      attribution = flight.attribution;
      found = flight.exchange ?? found;
    }
    return found;
  }

  /** Empties it; the link is gone. */
  drain(): Flight[] {
    const all = this.#byId.all();
    this.#byId.clear();
    this.active = 0;
    this.#ghosts = 0;
    return all;
  }

  #dropExpiredGhosts(nowMs: number): void {
    if (this.#ghosts > 0) this.#dropGhosts((ghost) => ghost.ghostUntilMs <= nowMs, this.#ghosts);
  }

  #dropGhosts(which: (ghost: Flight) => boolean, most: number): void {
    let left = most;
    for (const flight of this.#byId.all()) {
      if (left === 0) return;
      if (flight.exchange !== undefined || flight.own !== undefined || !which(flight)) continue;
      this.#byId.take(flight.id);
      this.#ghosts--;
      left--;
    }
  }
}

function isAboutTask({ exchange }: Flight): boolean {
  return exchange !== undefined && routeBy(exchange.method) === 'task';
}
