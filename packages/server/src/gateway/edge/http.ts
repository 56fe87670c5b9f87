// The HTTP edge: which endpoint a request is for, whether it may come in, and which client side takes it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorResponse, isBatch, isScanFailure, type Message, scanMessage, spanText } from '@tutti/wire';
import type { Access, Refused } from '../../policy/access.ts';
import { checkHostAndOrigin, type OriginPolicy } from '../../policy/origin.ts';
import type { Core } from '../core.ts';
import { handleLegacy } from '../down/legacy.ts';
import { handleModern } from '../down/modern.ts';
import type { Caller } from '../caller.ts';
import { classifyPost, headerValue } from '../protocol/classify.ts';
import { METHOD_NOT_FOUND } from '../protocol/rpc.ts';
import type { Accesses } from '../ports.ts';
import type { View } from '../routing/view.ts';
import type { Place } from '../routing/views.ts';
import { unknownSession } from '../sessions/session.ts';
import { handleBatch } from './batch.ts';
import { type Body, readBody } from './body.ts';
import { askedMode, type Endpoint } from './endpoint.ts';
import { EventStream } from './event-stream.ts';
import { HttpReply } from './http-reply.ts';
import type { LegacyDoor } from './legacy-door.ts';
import { modernCaller } from './modern-caller.ts';
import type { OpenReplies } from './open-replies.ts';
import { refuse, refuseStranger, respond, respondLocked } from './respond.ts';
import type { SseDoor } from './sse.ts';

export interface HttpEdgeDeps {
  readonly core: Core;
  readonly origin: OriginPolicy;
  readonly replies: OpenReplies;
  readonly legacy: LegacyDoor;
  readonly sse: SseDoor;
  /** The endpoint of a url; undefined when it is none. */
  endpoint(url: string): Endpoint | undefined;
  /** The view of an endpoint; undefined when there is no such server or toolset for the one who asks. */
  view(place: Place, access: Access): View | undefined;
  /** Settles when the server has said what it offers; undefined when it has. */
  whenKnown(server: string): Promise<void> | undefined;
  readonly accesses: Pick<Accesses, 'of' | 'byPrincipal'>;
  /** How often keys, policies or toolsets have changed. */
  accessChanges(): number;
}

export function createHttpEdge(
  deps: HttpEdgeDeps,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { core, replies } = deps;
  const { limits } = core;

  function newReply(
    request: IncomingMessage,
    response: ServerResponse,
    view: View,
    modern: boolean,
  ): HttpReply {
    return new HttpReply(response, replies, {
      acceptsEvents: acceptsEvents(request),
      statusOfErrors: modern,
      passesChallenges: view.server !== undefined,
    });
  }

  function post(posted: Posted): void {
    const { request, response } = posted;
    const type = request.headers['content-type'];
    if (type === undefined || !type.toLowerCase().startsWith('application/json')) {
      return refuse(response, 415, 'Send the message as Content-Type: application/json.');
    }
    if (!acceptsJson(request))
      return refuse(response, 406, 'Send Accept: application/json, text/event-stream.');
    readBody(
      request,
      limits.maxBodyBytes,
      (body) => {
        contained(response, () => takeBody(posted, body));
      },
      replies,
    );
  }

  /** A fault of ours costs the request it came up in, and no other. */
  function contained(response: ServerResponse, act: () => void): void {
    try {
      act();
    } catch (error) {
      core.events.internalError(error);
      if (response.headersSent) response.destroy();
      else
        respond(
          response,
          500,
          errorResponse(undefined, -32603, 'Internal error; it is in the log of tutti.'),
        );
    }
  }

  function turnAway(response: ServerResponse, stranger: Refused): void {
    core.events.keyRefused(stranger.key);
    refuseStranger(response, stranger);
  }

  /** Keys, policies and toolsets may have changed since the head of the request. Undefined: it is refused. */
  function stillAdmitted(posted: Posted): Posted | undefined {
    const changes = deps.accessChanges();
    if (posted.changes === changes) return posted;
    const { request, response, view } = posted;
    const found = deps.accesses.of(request.headers.authorization);
    const now = 'reason' in found ? undefined : core.viewAgain(view, found.principal.id);
    if ('reason' in found) turnAway(response, found);
    else if (now === undefined) refuse(response, 404, NOT_HERE_ANY_MORE);
    else return { request, response, view: now, access: found, changes };
    return undefined;
  }

  function takeBody(began: Posted, body: Body): void {
    const posted = stillAdmitted(began);
    if (posted === undefined) return;
    const { request, response, view, access } = posted;
    if (body.kind === 'too_large') {
      response.shouldKeepAlive = false;
      return refuse(
        response,
        413,
        `The message is larger than ${limits.maxBodyBytes} bytes, which is the limit.`,
      );
    }
    if (isBatch(body.bytes))
      return handleBatch(
        {
          core,
          find: (id) => deps.legacy.find(id, view, access),
          newReply: (req, res) => newReply(req, res, view, false),
        },
        request,
        response,
        body.bytes,
      );
    const message = scanMessage(body.bytes, { maxDepth: limits.maxDepth });
    if (isScanFailure(message)) {
      const id = message.id === undefined ? undefined : spanText(body.bytes, message.id);
      const code = message.kind === 'parse' ? -32700 : -32600;
      return respond(response, 400, errorResponse(id, code, `${message.reason} (at byte ${message.offset})`));
    }
    const pending = view.server === undefined ? undefined : deps.whenKnown(view.server);
    if (pending === undefined) dispatch(posted, message);
    else {
      void pending.then(() => {
        // Its client may have given up meanwhile.
        if (response.destroyed) return;
        contained(response, () => {
          const again = stillAdmitted(posted);
          if (again !== undefined) dispatch(again, message);
        });
      });
    }
  }

  function dispatch({ request, response, view, access }: Posted, message: Message): void {
    const locked = view.server === undefined ? undefined : core.pool.slot(view.server)?.locked;
    if (locked !== undefined) {
      const id = message.id === undefined ? undefined : spanText(message.bytes, message.id);
      return respondLocked(response, id, locked);
    }
    const found = classifyPost(request.headers, message);
    const asked = askedMode(request.url ?? '/');
    if (asked === 'unknown')
      return refuse(response, 400, 'There is no such mode; use ?mode=direct or ?mode=search.');
    switch (found.kind) {
      case 'refused': {
        const id = message.id === undefined ? undefined : spanText(message.bytes, message.id);
        return respond(
          response,
          found.httpStatus,
          errorResponse(id, found.error.code, found.error.message, found.error.data),
        );
      }
      case 'modern': {
        if (message.kind !== 'request') return respond(response, 202, undefined);
        const caller: Caller = modernCaller(message, request.headers, access.principal, asked);
        return handleModern(core, view, caller, message, newReply(request, response, view, true));
      }
      case 'legacy': {
        if (message.method === 'initialize' && message.kind === 'request') {
          return deps.legacy.initialize(message, view, access, asked, response);
        }
        const session = deps.legacy.find(found.sessionId, view, access, asked);
        if (session === undefined) return respond(response, 404, unknownSession());
        return handleLegacy(core, session, message, newReply(request, response, view, false));
      }
    }
  }

  function get({ request, response, view, access }: Omit<Posted, 'changes'>): void {
    const id = headerValue(request.headers, 'mcp-session-id');
    if (id === undefined || !acceptsEvents(request)) {
      response.setHeader('allow', 'POST');
      return respond(
        response,
        405,
        errorResponse(
          undefined,
          METHOD_NOT_FOUND,
          'A stream needs the Mcp-Session-Id of a session and Accept: text/event-stream.',
        ),
      );
    }
    const session = deps.legacy.find(id, view, access);
    if (session === undefined) return respond(response, 404, unknownSession());
    const refusal = replies.standingRefusal;
    if (refusal !== undefined) {
      core.events.limitReached('max_streams', undefined);
      return refuse(response, 503, refusal);
    }
    const stream = new EventStream(response, replies, (self) => session.detach(self));
    replies.stand(stream);
    session.attach(stream);
  }

  /** The last Host that was accepted, and what was allowed then: most requests of a client have the same one. */
  let accepted: { readonly host: string; readonly allowed: readonly string[] } | undefined;

  function refusedOrigin(request: IncomingMessage): string | undefined {
    const { host, origin } = request.headers;
    const allowed = deps.origin.allowedHosts;
    if (origin === undefined && host !== undefined && accepted?.host === host && accepted.allowed === allowed)
      return undefined;
    const decision = checkHostAndOrigin({ host, origin }, deps.origin);
    if (decision.kind === 'refused') return decision.reason;
    if (origin === undefined && host !== undefined) accepted = { host, allowed };
    return undefined;
  }

  return (request, response) => {
    const endpoint = deps.endpoint(request.url ?? '/');
    if (endpoint === undefined) return false;
    const refusal = refusedOrigin(request);
    if (refusal !== undefined) refuse(response, 403, refusal);
    else if (replies.size >= limits.maxStreams)
      refuse(
        response,
        503,
        `There are ${limits.maxStreams} open responses, which is the limit; try again later.`,
      );
    else {
      const access = deps.accesses.of(request.headers.authorization);
      if ('reason' in access) turnAway(response, access);
      else enter(endpoint, request, response, access);
    }
    return true;
  };

  function enter(
    endpoint: Endpoint,
    request: IncomingMessage,
    response: ServerResponse,
    access: Access,
  ): void {
    if (endpoint.kind === 'sse' && endpoint.part === 'messages')
      return deps.sse.message(request, response, endpoint.query, access);
    const view = deps.view(endpoint.place, access);
    if (view === undefined) return refuse(response, 404, nothingAt(endpoint.place));
    if (endpoint.kind === 'sse') return deps.sse.stream(request, response, view, access);
    switch (request.method) {
      case 'POST':
        return post({ request, response, view, access, changes: deps.accessChanges() });
      case 'GET':
        return get({ request, response, view, access });
      case 'DELETE':
        return deps.legacy.end(headerValue(request.headers, 'mcp-session-id'), view, access, response);
      default:
        return refuse(response, 405, 'Use POST, GET or DELETE.');
    }
  }
}

/** A request of somebody who may come in. */
interface Posted {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly view: View;
  readonly access: Access;
  /** How often keys, policies or toolsets had changed when it was let in. */
  readonly changes: number;
}

const NOT_HERE_ANY_MORE = 'This is not here for you any more: what your key may use has changed.';

function nothingAt(place: Place): string {
  if (place.kind === 'set')
    return `There is no toolset ${place.name}; declare it, or list those there are with \`tutti get toolsets\`.`;
  return `There is no server ${place.kind === 'server' ? place.name : ''}.`;
}

function acceptsEvents(request: IncomingMessage): boolean {
  const accept = request.headers.accept;
  return accept !== undefined && (accept.includes('text/event-stream') || accept.includes('*/*'));
}

function acceptsJson(request: IncomingMessage): boolean {
  const accept = request.headers.accept;
  return (
    accept === undefined ||
    accept.includes('json') ||
    accept.includes('*/*') ||
    accept.includes('text/event-stream')
  );
}
