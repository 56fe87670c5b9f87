// A reply as the bytes of a response with the client's own id.

import { cutEdits, errorResponse, resultResponse, setId, splice } from '@tutti/wire';
import type { Reply } from '../exchange.ts';

export function encodeReply(reply: Reply, idText: string): Buffer {
  switch (reply.kind) {
    case 'message': {
      const { message, edits } = reply;
      return splice(message.bytes, [setId(message, idText), ...edits, ...cutEdits(message)]);
    }
    case 'result':
      return resultResponse(idText, reply.json);
    case 'error':
      return errorResponse(idText, reply.error.code, reply.error.message, reply.error.data);
  }
}
