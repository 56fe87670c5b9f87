// How legacy clients come in over HTTP: `initialize` makes a session, its id opens it, DELETE ends it. A client that
// never initialized may still call: it gets answers and nothing else.

import type { ServerResponse } from 'node:http';
import {
  dropMetaMembers,
  ENVELOPE,
  errorResponse,
  isScanFailure,
  type Message,
  resultResponse,
  scanMessage,
  spanText,
  splice,
  stringValue,
} from '@tutti/wire';
import { toAppError } from '../../kernel/errors.ts';
import type { Access } from '../../policy/access.ts';
import type { ContextMode } from '../context/mode.ts';
import type { Core } from '../core.ts';
import { initializeResult } from '../down/local.ts';
import { negotiateLegacy } from '../protocol/revisions.ts';
import { INVALID_PARAMS, rpcErrorOf } from '../protocol/rpc.ts';
import type { View } from '../routing/view.ts';
import type { Listener } from '../sessions/listeners.ts';
import { Session, unknownSession } from '../sessions/session.ts';
import { reviveInto, revivedOptions } from '../sessions/revive.ts';
import { withoutTasksExtension } from '../tasks/capability.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { respond } from './respond.ts';

export class LegacyDoor {
  readonly #core: Core;
  readonly #sessions: Sessions;
  readonly #listeners = new WeakMap<Session, Listener>();
  #anonymous = 0;

  constructor(core: Core, sessions: Sessions) {
    this.#core = core;
    this.#sessions = sessions;
  }

  /** Makes a session from `initialize`; throws an AppError. */
  open(
    message: Message,
    view: View,
    { principal, credentials }: Access,
    asked?: ContextMode,
    isKept = true,
  ): { readonly session: Session; readonly result: string } {
    const { members, bytes } = message;
    const version = members.get('protocolVersion');
    const capabilities = members.get('capabilities');
    const clientInfo = members.get('clientInfo');
    const protocolVersion = negotiateLegacy(version === undefined ? '' : (stringValue(bytes, version) ?? ''));
    const session = this.#sessions.create({
      principal: principal.id,
      roles: principal.roles,
      credentials,
      view,
      protocolVersion,
      asked,
      capabilities: capabilities === undefined ? '{}' : withoutTasksExtension(spanText(bytes, capabilities)),
      clientInfo: clientInfo === undefined ? undefined : spanText(bytes, clientInfo),
      isKept,
    });
    this.#listen(session);
    return { session, result: initializeResult(this.#core, view, session) };
  }

  initialize(
    message: Message,
    view: View,
    access: Access,
    asked: ContextMode | undefined,
    response: ServerResponse,
  ): void {
    if (message.id === undefined) return respond(response, 202, undefined);
    const id = spanText(message.bytes, message.id);
    if (!message.members.has('protocolVersion')) {
      return respond(
        response,
        400,
        errorResponse(id, INVALID_PARAMS, 'initialize needs params.protocolVersion.'),
      );
    }
    try {
      const { session, result } = this.open(message, view, access, asked);
      const body = resultResponse(id, result);
      response.writeHead(200, [
        'content-type',
        'application/json',
        'content-length',
        String(body.length),
        'mcp-session-id',
        session.id,
      ]);
      response.end(body);
    } catch (error) {
      const { code, message: text, data } = rpcErrorOf(toAppError(error));
      respond(response, 503, errorResponse(id, code, text, data));
    }
  }

  /** The session with the id, if it is the caller's and of this endpoint. Without an id: a caller for one request. */
  find(id: string | undefined, view: View, access: Access, asked?: ContextMode): Session | undefined {
    if (id === undefined) return this.#passerBy(view, access, asked);
    const session = this.#sessions.use(id) ?? this.#again(id, view, access);
    return session?.principal === access.principal.id && session.view === view ? session : undefined;
  }

  end(id: string | undefined, view: View, access: Access, response: ServerResponse): void {
    const session = id === undefined ? undefined : this.find(id, view, access);
    if (session === undefined) return respond(response, 404, unknownSession());
    this.#sessions.end(session);
    respond(response, 200, undefined);
  }

  /** Releases what a session that ended held here. */
  ended(session: Session): void {
    const listener = this.#listeners.get(session);
    if (listener !== undefined) this.#core.listeners.remove(listener);
    for (const { held } of session.subscriptions.values()) held[Symbol.dispose]();
    if (session.sessionKey !== undefined) this.#core.pool.ownerGone(session.sessionKey);
  }

  /** A session of an earlier run. */
  #again(id: string, view: View, access: Access): Session | undefined {
    const record = this.#sessions.earlier(id, view, access);
    if (record === undefined) return undefined;
    const session = this.#sessions.bringBack(id, record, revivedOptions(record, view, access));
    this.#listen(session);
    reviveInto(this.#core, session, record);
    this.#core.events.sessionRevived();
    return session;
  }

  #listen(session: Session): void {
    const listener = sessionListener(session);
    this.#listeners.set(session, listener);
    this.#core.listeners.add(listener);
  }

  close(session: Session): void {
    this.#sessions.end(session);
  }

  #passerBy(view: View, { principal, credentials }: Access, asked: ContextMode | undefined): Session {
    const session = new Session({
      id: `passer-by-${++this.#anonymous}`,
      sessionKey: undefined,
      principal: principal.id,
      roles: principal.roles,
      credentials,
      view,
      protocolVersion: negotiateLegacy(''),
      asked,
      capabilities: '{}',
      clientInfo: undefined,
      nowMs: this.#core.clock.nowMs(),
      isKept: false,
      maxPending: 0,
    });
    session.logLevel = undefined;
    return session;
  }
}

/** A legacy client hears of every change of a list, and of the resources that it is subscribed to. */
function sessionListener(session: Session): Listener {
  return {
    get view() {
      return session.view;
    },
    wantsList: () => true,
    subscribedUri(server, uri) {
      for (const [known, target] of session.subscriptions)
        if (target.server === server && target.uri === uri) return known;
      return undefined;
    },
    notify: (bytes) => session.push(untagged(bytes)),
  };
}

/** Without the id of our own subscription at a modern server. */
function untagged(bytes: Buffer): Buffer {
  const message = scanMessage(bytes);
  if (isScanFailure(message) || !message.metaMembers.has(ENVELOPE.subscriptionId)) return bytes;
  return splice(bytes, dropMetaMembers(message, [ENVELOPE.subscriptionId]));
}
