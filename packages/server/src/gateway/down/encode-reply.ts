// A reply as a response with the client's own id, ready for a socket.

import { cutEdits, errorResponse, resultResponse, setId, spliceText } from '@tutti/wire';
import type { Reply } from '../exchange.ts';
import type { Challenge } from '../protocol/rpc.ts';
import type { ResponseBytes } from './sink.ts';

/** How the server asks for credentials, if the reply says that it does. */
export function challengeOf(reply: Reply): Challenge | undefined {
  return reply.kind === 'error' ? reply.error.challenge : undefined;
}

export function encodeReply(reply: Reply, idText: string): ResponseBytes {
  switch (reply.kind) {
    case 'message': {
      const { message, edits } = reply;
      const id = setId(message, idText);
      const isPlain = edits.length === 0 && message.cuts.length === 0;
      return spliceText(message.bytes, isPlain ? [id] : [id, ...edits, ...cutEdits(message)]);
    }
    case 'result':
      return resultResponse(idText, reply.json);
    case 'error':
      return errorResponse(idText, reply.error.code, reply.error.message, reply.error.data);
  }
}
