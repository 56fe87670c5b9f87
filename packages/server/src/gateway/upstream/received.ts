// Bytes that a server sent, as messages.

import { isBatch, isScanFailure, scanMessage, splitBatch, type Message } from '@tutti/wire';
import { MAX_BATCH } from '../limits.ts';
import { ambiguous } from '../protocol/ambiguous.ts';

/** Of a text that is no message, for the server's log. */
export const MAX_STRAY_CHARS = 2_000;

/** The message in the bytes, or those of a batch, or why there is none. */
export function readMessages(bytes: Buffer): readonly Message[] | { readonly reason: string } {
  if (!isBatch(bytes)) {
    const message = readMessage(bytes);
    return 'reason' in message ? message : [message];
  }
  const spans = splitBatch(bytes, MAX_BATCH);
  if ('reason' in spans) return spans;
  const messages: Message[] = [];
  for (const { start, end } of spans) {
    const message = readMessage(bytes.subarray(start, end));
    if ('reason' in message) return message;
    messages.push(message);
  }
  return messages;
}

function readMessage(bytes: Buffer): Message | { readonly reason: string } {
  const message = scanMessage(bytes);
  if (isScanFailure(message)) return message;
  const { lookalike } = message;
  return lookalike?.where === 'message' ? { reason: ambiguous(message, lookalike) } : message;
}
