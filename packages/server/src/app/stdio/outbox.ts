// What goes to the client: a message a line. A client that does not read is not written to without end: whoever has more
// for it waits for room first.

import type { Writable } from 'node:stream';

/** So much may wait for a client to read it before nothing more is taken in for it. */
export const MAX_UNREAD_BYTES = 4 << 20;

export interface Outbox {
  send(message: Buffer): void;
  /** Settles when there is room again, or nobody reads any more; undefined: there is room. */
  room(): Promise<void> | undefined;
}

export function createOutbox(stdout: Writable): Outbox {
  let waiting: PromiseWithResolvers<void> | undefined;
  const release = (): void => {
    waiting?.resolve();
    waiting = undefined;
  };
  stdout.on('drain', release);
  stdout.on('close', release);
  stdout.on('error', release);
  return {
    send(message) {
      if (stdout.writable) stdout.write(Buffer.concat([onOneLine(message), NEWLINE]));
    },
    room() {
      if (!stdout.writable || stdout.writableLength <= MAX_UNREAD_BYTES) return undefined;
      waiting ??= Promise.withResolvers<void>();
      return waiting.promise;
    },
  };
}

const NEWLINE = Buffer.from('\n');

/** Newlines stand only between tokens of JSON, where a space is as good. */
function onOneLine(message: Buffer): Buffer {
  if (!message.includes(0x0a) && !message.includes(0x0d)) return message;
  return Buffer.from(message.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
}
