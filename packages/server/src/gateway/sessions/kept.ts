// What outlives a restart of a legacy client's session: what was agreed on, what it subscribed to, whose it is. Its id is
// kept as a digest, so that nobody who reads the store can take it over. Calls under way, open questions and the old
// stream are gone with the process that had them.

import { hash } from 'node:crypto';
import { type Access, isSameHolder } from '../../policy/access.ts';
import type { SessionRecord, SessionStore } from '../ports.ts';
import type { View } from '../routing/view.ts';
import type { Session } from './session.ts';

/** A session is written again when its last use has moved on by this share of the time that it may be idle. */
const USE_SHARE = 1 / 8;

export interface KeptSessionsDeps {
  readonly store: SessionStore;
  readonly limits: {
    readonly maxSessions: number;
    readonly sessionIdleMs: number;
    readonly sessionAbsoluteMs: number;
  };
  /** The endpoint of a view, as text; undefined for one that is gone. */
  placeOf(view: View): string | undefined;
}

export class KeptSessions {
  readonly #deps: KeptSessionsDeps;
  /** Of earlier runs, not come back yet, by the digest of their ids. */
  readonly #dormant = new Map<string, SessionRecord>();
  /** When the last use was that is written. */
  readonly #written = new WeakMap<Session, number>();

  constructor(deps: KeptSessionsDeps) {
    this.#deps = deps;
    for (const record of deps.store.earlier.slice(0, deps.limits.maxSessions))
      this.#dormant.set(record.key, record);
  }

  get dormant(): number {
    return this.#dormant.size;
  }

  /** The session of an earlier run, if it is this principal's, of this endpoint, and not over by its age. */
  find(id: string, view: View, { principal, credentials }: Access, nowMs: number): SessionRecord | undefined {
    if (this.#dormant.size === 0) return undefined;
    const record = this.#dormant.get(digestOfId(id));
    if (record === undefined || this.#isOver(record, nowMs)) return undefined;
    const isTheirs =
      record.principal === principal.id &&
      isSameHolder(record.credentials, credentials) &&
      record.place === this.#deps.placeOf(view);
    return isTheirs ? record : undefined;
  }

  /** It is back. */
  woke(record: SessionRecord): void {
    this.#dormant.delete(record.key);
  }

  /** Writes down how the session is now, soon. */
  put(session: Session): void {
    const place = session.isKept ? this.#deps.placeOf(session.view) : undefined;
    if (place === undefined) return;
    if (session.isToldAll) session.catalog = catalogOf(session.view);
    this.#written.set(session, session.lastUsedMs);
    this.#deps.store.put({
      key: digestOfId(session.id),
      principal: session.principal,
      credentials: session.credentials,
      place,
      protocolVersion: session.protocolVersion,
      capabilities: session.capabilities,
      clientInfo: session.clientInfo,
      asked: session.asked,
      logLevel: session.logLevel,
      subscriptions: [...session.subscriptions.keys()],
      catalog: session.catalog,
      createdMs: session.createdMs,
      lastUsedMs: session.lastUsedMs,
    });
  }

  /** The same where its last use has moved on. */
  refresh(session: Session): void {
    const writtenMs = this.#written.get(session);
    const moved = writtenMs === undefined ? 0 : session.lastUsedMs - writtenMs;
    if (moved >= this.#deps.limits.sessionIdleMs * USE_SHARE) this.put(session);
  }

  remove(session: Session): void {
    if (session.isKept) this.#deps.store.remove(digestOfId(session.id));
  }

  /** Forgets those that nobody came back for in time. */
  sweep(nowMs: number): void {
    for (const record of this.#dormant.values()) {
      if (!this.#isOver(record, nowMs)) continue;
      this.#dormant.delete(record.key);
      this.#deps.store.remove(record.key);
    }
  }

  #isOver({ createdMs, lastUsedMs }: SessionRecord, nowMs: number): boolean {
    const { sessionIdleMs, sessionAbsoluteMs } = this.#deps.limits;
    return nowMs - lastUsedMs >= sessionIdleMs || nowMs - createdMs >= sessionAbsoluteMs;
  }
}

/** A text that is another one when what the view shows is not the same. */
export function catalogOf(view: View): string {
  const parts: string[] = [String(view.toolBytes)];
  for (const { name, segment } of view.entries()) parts.push(name, segment?.digest ?? '');
  return hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22);
}

function digestOfId(id: string): string {
  return hash('sha256', id, 'base64url');
}
