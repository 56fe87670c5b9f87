// The sessions of legacy clients: created by `initialize`, ended by DELETE, idleness or age, with all that they own.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Access } from '../../policy/access.ts';
import type { GatewayLimits } from '../limits.ts';
import type { SessionRecord } from '../ports.ts';
import type { View } from '../routing/view.ts';
import type { KeptSessions } from './kept.ts';
import { Session, type SessionOptions } from './session.ts';

type NewSession = Omit<SessionOptions, 'id' | 'sessionKey' | 'nowMs' | 'maxPending'>;

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
  /** What of them outlives a restart. */
  readonly kept: KeptSessions;
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
    if (deps.kept.dormant > 0) this.#timer = deps.clock.after(this.#sweepMs, this.#sweep);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Throws `overloaded` at the limit. */
  create(options: NewSession): Session {
    return this.#add(this.#mint(), options);
  }

  /** A session of an earlier run, under the id that its client has. */
  bringBack(id: string, record: SessionRecord, options: NewSession): Session {
    const session = this.#add(id, options);
    this.#deps.kept.woke(record);
    return session;
  }

  /** What is known of a session of an earlier run that is this principal's, if there is room for it. */
  earlier(id: string, view: View, access: Access): SessionRecord | undefined {
    const { kept, clock, limits } = this.#deps;
    if (kept.dormant === 0 || this.#sessions.size >= limits.maxSessions || !this.#isOurs(id))
      return undefined;
    return kept.find(id, view, access, clock.nowMs());
  }

  /** It is not what it was: the next run is to know. */
  changed(session: Session): void {
    this.#deps.kept.put(session);
  }

  #add(id: string, options: NewSession): Session {
    const { limits, clock } = this.#deps;
    if (this.#sessions.size >= limits.maxSessions) {
      throw new AppError(
        'overloaded',
        `There are ${limits.maxSessions} sessions, which is the limit; end one or try again later.`,
      );
    }
    const session = new Session({
      ...options,
      id,
      sessionKey: `session:${id}`,
      nowMs: clock.nowMs(),
      maxPending: limits.maxPendingMessages,
    });
    this.#sessions.set(session.id, session);
    this.#deps.kept.put(session);
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

  /** The session, which does not count as used by this. */
  peek(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  end(session: Session): void {
    if (!this.#sessions.has(session.id)) return;
    this.#deps.kept.remove(session);
    this.#end(session);
  }

  #end(session: Session): void {
    this.#sessions.delete(session.id);
    session.end();
    this.#deps.ended(session);
    this.#deps.changed(this.#sessions.size);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    for (const session of this.#sessions.values()) {
      // The next run may go on with it.
      this.#deps.kept.put(session);
      this.#end(session);
    }
  }

  /** `<owner>.<random>.<mac>`: visible ASCII, not to be guessed, and its owner can be told. */
  #mint(): string {
    const body = `${this.#deps.owner}.${randomBytes(16).toString('base64url')}`;
    return `${body}.${this.#mac(body)}`;
  }

  #mac(body: string): string {
    return createHmac('sha256', this.#deps.key).update(body).digest('base64url').slice(0, 16);
  }

  #isOurs(id: string): boolean {
    const end = id.lastIndexOf('.');
    const expected = Buffer.from(this.#mac(id.slice(0, end)));
    const given = Buffer.from(id.slice(end + 1));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  readonly #sweep = (): void => {
    const { clock, limits, kept } = this.#deps;
    const now = clock.nowMs();
    for (const session of this.#sessions.values()) {
      if (session.hasStream || session.calls.size > 0) session.lastUsedMs = now;
      const idle = now - session.lastUsedMs >= limits.sessionIdleMs;
      if (idle || now - session.createdMs >= limits.sessionAbsoluteMs) this.end(session);
      else kept.refresh(session);
    }
    kept.sweep(now);
    this.#timer =
      this.#sessions.size + kept.dormant > 0 ? clock.after(this.#sweepMs, this.#sweep) : undefined;
  };
}
