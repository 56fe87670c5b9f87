// Where messages to a client go.

import type { Challenge } from '../protocol/rpc.ts';

/** The bytes of a response; or text with one character a byte (latin1), which is how a socket takes a short one with the
 *  least work. */
export type ResponseBytes = string | Buffer;

export function toBuffer(response: ResponseBytes): Buffer {
  return typeof response === 'string' ? Buffer.from(response, 'latin1') : response;
}

export interface Sink {
  /** A message that is not the last one of its stream. */
  send(message: Buffer): void;
}

/** Who is to hear that the client is gone. */
export interface Waiter {
  clientGone(): void;
}

/** The way back of one request: any number of messages, then the response or nothing. */
export interface ReplySink extends Sink {
  /** Set where it matters that the client closes its side before the end. */
  waiter?: Waiter | undefined;
  end(response: ResponseBytes | undefined, errorCode?: undefined, challenge?: Challenge): void;
}

/** The same for a modern client, for whom an error also has an HTTP status. */
export interface StatusSink extends Sink {
  /** `errorCode` is the JSON-RPC code when the response is an error. */
  end(response: ResponseBytes, errorCode: number | undefined, challenge?: Challenge): void;
}

/** The response to a modern client, which may close it, and which may be one that stays open. */
export interface ModernStream extends StatusSink {
  onClosed(act: () => void): void;
  /** What to do with a stream that is still open when the gateway shuts down. */
  onShutdown(act: () => void): void;
}
