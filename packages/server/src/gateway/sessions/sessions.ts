// The sessions of legacy clients: created by `initialize`, ended by DELETE, idleness or age, with all that they own.

import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { GatewayLimits } from '../limits.ts';
import { Session, type SessionOptions } from './session.ts';

const MAX_SWEEP_MS = 30_000;
/** A session outlives its idle time by this share of it at the most. */
const SWEEP_SHARE = 1 / 4;

export interface SessionsDeps {
  readonly clock: Clock;
  readonly limits: Pick<
    GatewayLimits,
    'maxSessions' | 'sessionIdleMs' | 'sessionAbsoluteMs' | 'maxPendingMessages'
  >;
  /** The host's id; a session id tells whose it is. */
  readonly owner: string;
  readonly key: Buffer;
  changed(open: number): void;
  /** Releases what the session owned elsewhere. */
  ended(session: Session): void;
}

export class Sessions implements Disposable {
  readonly #deps: SessionsDeps;
  readonly #sweepMs: number;
  readonly #sessions = new Map<string, Session>();
  #timer: Disposable | undefined;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
    this.#sweepMs = Math.min(MAX_SWEEP_MS, deps.limits.sessionIdleMs * SWEEP_SHARE);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Throws `overloaded` at the limit. */
  create(options: Omit<SessionOptions, 'id' | 'sessionKey' | 'nowMs' | 'maxPending'>): Session {
    const { limits, clock } = this.#deps;
    if (this.#sessions.size >= limits.maxSessions) {
      throw new AppError(
        'overloaded',
        `There are ${limits.maxSessions} sessions, which is the limit; end one or try again later.`,
      );
    }
    const id = this.#mint();
    const session = new Session({
      ...options,
      id,
      sessionKey: `session:${id}`,
      nowMs: clock.nowMs(),
      maxPending: limits.maxPendingMessages,
    });
    this.#sessions.set(session.id, session);
    this.#timer ??= clock.after(this.#sweepMs, this.#sweep);
    this.#deps.changed(this.#sessions.size);
    return session;
  }

  /** The session, which counts as used by this. */
  use(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.lastUsedMs = this.#deps.clock.nowMs();
    return session;
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  end(session: Session): void {
    if (!this.#sessions.delete(session.id)) return;
    session.end();
    this.#deps.ended(session);
    this.#deps.changed(this.#sessions.size);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    for (const session of this.#sessions.values()) this.end(session);
  }

  /** `<owner>.<random>.<mac>`: visible ASCII, not to be guessed, and its owner can be told. */
  #mint(): string {
    const body = `${this.#deps.owner}.${randomBytes(16).toString('base64url')}`;
    return `${body}.${createHmac('sha256', this.#deps.key).update(body).digest('base64url').slice(0, 16)}`;
  }

  readonly #sweep = (): void => {
    const { clock, limits } = this.#deps;
    const now = clock.nowMs();
    for (const session of this.#sessions.values()) {
      if (session.hasStream || session.calls.size > 0) session.lastUsedMs = now;
      const idle = now - session.lastUsedMs >= limits.sessionIdleMs;
      if (idle || now - session.createdMs >= limits.sessionAbsoluteMs) this.end(session);
    }
    this.#timer = this.#sessions.size > 0 ? clock.after(this.#sweepMs, this.#sweep) : undefined;
  };
}
