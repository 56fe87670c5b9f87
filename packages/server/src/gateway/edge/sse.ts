// HTTP+SSE (revision 2024-11-05): one stream from us, messages posted beside it. The stream is the session: when it ends,
// all that the client had is released.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  errorResponse,
  isScanFailure,
  type Message,
  resultResponse,
  scanMessage,
  spanText,
} from '@tutti/wire';
import { toAppError } from '../../kernel/errors.ts';
import type { Access } from '../../policy/access.ts';
import type { Core } from '../core.ts';
import { handleLegacy } from '../down/legacy.ts';
import type { Accesses } from '../ports.ts';
import { INTERNAL_ERROR, rpcErrorOf } from '../protocol/rpc.ts';
import type { View } from '../routing/view.ts';
import { type Session, sessionReply } from '../sessions/session.ts';
import { type Body, readBody } from './body.ts';
import { EventStream } from './event-stream.ts';
import type { LegacyDoor } from './legacy-door.ts';
import type { OpenReplies } from './open-replies.ts';
import { refuse, respond, respondLocked } from './respond.ts';

export interface SseDoorDeps {
  readonly core: Core;
  readonly replies: OpenReplies;
  readonly door: LegacyDoor;
  readonly accesses: Pick<Accesses, 'byPrincipal'>;
  /** Settles when the server has said what it offers; undefined when it has. */
  whenKnown(server: string): Promise<void> | undefined;
}

interface Connection {
  readonly id: string;
  readonly stream: EventStream;
  /** Who opened it. */
  readonly principal: string;
  /** As it was then: what they may use can have changed before there is a session. */
  readonly view: View;
  session: Session | undefined;
}

const NO_STREAM = 'There is no such stream; open /sse again.';

export class SseDoor implements Disposable {
  readonly #deps: SseDoorDeps;
  readonly #connections = new Map<string, Connection>();

  constructor(deps: SseDoorDeps) {
    this.#deps = deps;
  }

  message(request: IncomingMessage, response: ServerResponse, query: string, { principal }: Access): void {
    if (request.method !== 'POST') return refuse(response, 405, 'Use POST.');
    const connection = this.#connections.get(new URLSearchParams(query).get('sessionId') ?? '');
    if (connection === undefined || connection.stream.isOver || connection.principal !== principal.id)
      return refuse(response, 404, NO_STREAM);
    const { limits } = this.#deps.core;
    const take = (body: Body): void => {
      if (body.kind === 'too_large')
        return refuse(
          response,
          413,
          `The message is larger than ${limits.maxBodyBytes} bytes, which is the limit.`,
        );
      const message = scanMessage(body.bytes, { maxDepth: limits.maxDepth });
      if (isScanFailure(message)) return refuse(response, 400, message.reason);
      // Its key may have gone while the body came.
      if (connection.stream.isOver) return refuse(response, 404, NO_STREAM);
      respond(response, 202, undefined);
      this.#take(connection, message);
    };
    readBody(request, limits.maxBodyBytes, take, this.#deps.replies);
  }

  /** Ends all streams, and with them their sessions. */
  [Symbol.dispose](): void {
    for (const { stream } of this.#connections.values()) stream.close();
  }

  stream(request: IncomingMessage, response: ServerResponse, view: View, access: Access): void {
    if (request.method !== 'GET') return refuse(response, 405, 'Use GET here; Streamable HTTP is at /mcp.');
    const { core, replies } = this.#deps;
    const locked = view.server === undefined ? undefined : core.pool.slot(view.server)?.locked;
    if (locked !== undefined) return respondLocked(response, undefined, locked);
    const refusal = replies.standingRefusal;
    if (refusal !== undefined) {
      core.events.limitReached('max_streams', undefined);
      return refuse(response, 503, refusal);
    }
    const id = randomUUID();
    const stream = new EventStream(response, replies, () => {
      const session = this.#connections.get(id)?.session;
      this.#connections.delete(id);
      if (session === undefined) return;
      session.lost();
      this.#deps.door.close(session);
    });
    replies.stand(stream);
    this.#connections.set(id, { id, stream, principal: access.principal.id, view, session: undefined });
    stream.write(Buffer.from(`event: endpoint\ndata: /messages?sessionId=${id}\n\n`));
  }

  #take(connection: Connection, message: Message): void {
    const { server } = connection.view;
    const isFirst = connection.session === undefined && server !== undefined;
    const pending = isFirst ? this.#deps.whenKnown(server) : undefined;
    if (pending === undefined) this.#contained(connection, message);
    else
      void pending.then(() => {
        if (this.#connections.has(connection.id)) this.#contained(connection, message);
      });
  }

  /** A fault of ours costs the message it came up in, and no other. */
  #contained(connection: Connection, message: Message): void {
    const { core } = this.#deps;
    const { session, stream } = connection;
    try {
      if (session === undefined) this.#initialize(connection, message);
      else handleLegacy(core, session, message, sessionReply(session));
    } catch (error) {
      core.events.internalError(error);
      if (message.kind !== 'request' || message.id === undefined) return;
      const id = spanText(message.bytes, message.id);
      stream.send(errorResponse(id, INTERNAL_ERROR.code, INTERNAL_ERROR.message));
    }
  }

  #initialize(connection: Connection, message: Message): void {
    const { core, door, accesses } = this.#deps;
    const { stream, principal } = connection;
    if (message.id === undefined) return;
    const id = spanText(message.bytes, message.id);
    if (message.method !== 'initialize')
      return stream.send(errorResponse(id, -32600, 'Send initialize first.'));
    const access = accesses.byPrincipal(principal);
    const view = access && core.viewAgain(connection.view, principal);
    if (access === undefined || view === undefined) return stream.close();
    try {
      const opened = door.open(message, view, access, undefined, false);
      connection.session = opened.session;
      opened.session.attach(stream);
      stream.send(resultResponse(id, opened.result));
    } catch (error) {
      const { code, message: text, data } = rpcErrorOf(toAppError(error));
      stream.send(errorResponse(id, code, text, data));
    }
  }
}
