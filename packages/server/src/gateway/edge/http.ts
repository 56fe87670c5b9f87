// The HTTP edge: which endpoint a request is for, whether it may come in, and which client side takes it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorResponse, isBatch, isScanFailure, type Message, scanMessage, spanText } from '@tutti/wire';
import { checkHostAndOrigin, type OriginPolicy } from '../../policy/origin.ts';
import type { Core } from '../core.ts';
import { handleLegacy } from '../down/legacy.ts';
import { handleModern } from '../down/modern.ts';
import type { Caller } from '../caller.ts';
import { classifyPost, headerValue } from '../protocol/classify.ts';
import { METHOD_NOT_FOUND } from '../protocol/rpc.ts';
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
import { refuse, respond, respondLocked } from './respond.ts';
import type { SseDoor } from './sse.ts';

export interface HttpEdgeDeps {
  readonly core: Core;
  readonly origin: OriginPolicy;
  readonly replies: OpenReplies;
  readonly legacy: LegacyDoor;
  readonly sse: SseDoor;
  /** The endpoint of a url; undefined when it is none. */
  endpoint(url: string): Endpoint | undefined;
  /** The view of an endpoint; undefined when there is no such server or toolset. */
  view(place: Place): View | undefined;
  /** Settles when the server has said what it offers; undefined when it has. */
  whenKnown(server: string): Promise<void> | undefined;
  /** Who sends the request. */
  principal(request: IncomingMessage): string;
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

  function post(request: IncomingMessage, response: ServerResponse, view: View): void {
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
        contained(response, () => takeBody(request, response, view, body));
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

  function takeBody(request: IncomingMessage, response: ServerResponse, view: View, body: Body): void {
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
          find: (id) => deps.legacy.find(id, view, deps.principal(request)),
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
    if (pending === undefined) dispatch(request, response, view, message);
    else {
      void pending.then(() => {
        // Its client may have given up meanwhile.
        if (!response.destroyed) contained(response, () => dispatch(request, response, view, message));
      });
    }
  }

  function dispatch(request: IncomingMessage, response: ServerResponse, view: View, message: Message): void {
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
        const caller: Caller = modernCaller(message, request.headers, deps.principal(request), asked);
        return handleModern(core, view, caller, message, newReply(request, response, view, true));
      }
      case 'legacy': {
        if (message.method === 'initialize' && message.kind === 'request') {
          return deps.legacy.initialize(message, view, deps.principal(request), asked, response);
        }
        const session = deps.legacy.find(found.sessionId, view, deps.principal(request), asked);
        if (session === undefined) return respond(response, 404, unknownSession());
        return handleLegacy(core, session, message, newReply(request, response, view, false));
      }
    }
  }

  function get(request: IncomingMessage, response: ServerResponse, view: View): void {
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
    const session = deps.legacy.find(id, view, deps.principal(request));
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
    else if (endpoint.kind === 'sse' && endpoint.part === 'messages')
      deps.sse.message(request, response, endpoint.query, deps.principal(request));
    else {
      const view = deps.view(endpoint.place);
      if (view === undefined) refuse(response, 404, nothingAt(endpoint.place));
      else if (endpoint.kind === 'sse') deps.sse.stream(request, response, view, deps.principal(request));
      else if (request.method === 'POST') post(request, response, view);
      else if (request.method === 'GET') get(request, response, view);
      else if (request.method === 'DELETE')
        deps.legacy.end(
          headerValue(request.headers, 'mcp-session-id'),
          view,
          deps.principal(request),
          response,
        );
      else refuse(response, 405, 'Use POST, GET or DELETE.');
    }
    return true;
  };
}

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
