// Batches of revision 2025-03-26: the messages of an array, answered on one event stream as the answers come.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorResponse, isScanFailure, scanMessage, spanBytes, splitBatch } from '@tutti/wire';
import type { Core } from '../core.ts';
import { handleLegacy } from '../down/legacy.ts';
import { type ReplySink, type ResponseBytes, toBuffer } from '../down/sink.ts';
import { MAX_BATCH } from '../limits.ts';
import { headerValue } from '../protocol/classify.ts';
import { BATCH_REVISION } from '../protocol/revisions.ts';
import type { HttpReply } from './http-reply.ts';
import { respond } from './respond.ts';
import type { Session } from '../sessions/session.ts';

export interface BatchDeps {
  readonly core: Core;
  find(id: string): Session | undefined;
  newReply(request: IncomingMessage, response: ServerResponse): HttpReply;
}

export function handleBatch(
  deps: BatchDeps,
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
): void {
  const id = headerValue(request.headers, 'mcp-session-id');
  const session = id === undefined ? undefined : deps.find(id);
  if (session?.protocolVersion !== BATCH_REVISION) {
    return respond(
      response,
      400,
      errorResponse(
        undefined,
        -32600,
        `Only sessions of revision ${BATCH_REVISION} may send batches; send one message at a time.`,
      ),
    );
  }
  const spans = splitBatch(bytes, MAX_BATCH);
  if (!Array.isArray(spans) || spans.length === 0) {
    return respond(
      response,
      400,
      errorResponse(undefined, -32600, `A batch is an array of 1 to ${MAX_BATCH} messages.`),
    );
  }
  const messages = spans.map((span) =>
    scanMessage(Buffer.from(spanBytes(bytes, span)), { maxDepth: deps.core.limits.maxDepth }),
  );
  const reply = deps.newReply(request, response);
  let open = messages.length;
  const done = (answer: ResponseBytes | undefined): void => {
    open--;
    if (answer !== undefined && open > 0) reply.send(toBuffer(answer));
    else if (open === 0) reply.end(answer);
  };
  for (const message of messages) {
    if (isScanFailure(message)) {
      done(errorResponse(undefined, message.kind === 'parse' ? -32700 : -32600, message.reason));
      continue;
    }
    const sink: ReplySink = { send: (bytes) => reply.send(bytes), end: done };
    handleLegacy(deps.core, session, message, sink);
  }
}
