// The messages of one HTTP response, one or an event stream of them, read no faster than the client reads.

import { createSseParser } from '@tutti/wire';
import type { Dispatcher } from 'undici';
import type { Outbox } from './outbox.ts';

/** Largest message in either direction. */
export const MAX_MESSAGE_BYTES = 64 << 20;

/** Resolves at the end of the response, with whether a message was too large to be taken. */
export async function readReply(
  { headers, body }: Pick<Dispatcher.ResponseData, 'headers' | 'body'>,
  outbox: Outbox,
  take: (message: Buffer) => void,
): Promise<{ readonly tooLarge: boolean }> {
  const chunks: AsyncIterable<Uint8Array> = body;
  const type = headers['content-type'];
  if (typeof type !== 'string' || !type.startsWith('text/event-stream')) {
    const message = await collect(chunks);
    await outbox.room();
    if (message !== undefined && message.length > 0) take(message);
    return { tooLarge: message === undefined };
  }
  let tooLarge = false;
  const parser = createSseParser({
    maxEventBytes: MAX_MESSAGE_BYTES,
    onEvent: (event) => {
      if (event.data.length > 0) take(event.data);
    },
    onRetry: () => undefined,
    onOversize: () => (tooLarge = true),
  });
  for await (const chunk of chunks) {
    parser.push(asBuffer(chunk));
    await outbox.room();
  }
  return { tooLarge };
}

/** Undefined when it is too large. */
async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer | undefined> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_MESSAGE_BYTES) return undefined;
    kept.push(chunk);
  }
  return Buffer.concat(kept, size);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
