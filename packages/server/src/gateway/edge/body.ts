// The body of a request, read up to a limit. Requests of this class hand their chunks straight to whoever collects them:
// the stream in between costs a tenth of a whole call. Without a collector they are ordinary requests.

import { IncomingMessage } from 'node:http';

export type Body = { readonly kind: 'complete'; readonly bytes: Buffer } | { readonly kind: 'too_large' };

/** So much is read of a body and thrown away when it is too large: a client that is still sending hears no refusal. */
const MAX_DISCARDED_BYTES = 64 << 20;

/** Counts bodies that are still coming in. */
export interface Uploads {
  uploadBegan(): void;
  uploadEnded(): void;
}

interface Collector {
  data(chunk: Buffer): void;
  end(): void;
  /** The client went away before the end. */
  gone(): void;
}

/** For `createServer({ IncomingMessage: CollectedRequest })`. */
export class CollectedRequest extends IncomingMessage {
  #collector: Collector | undefined;

  /** Before anything of the body has arrived: in the listener of the request. */
  collect(collector: Collector): void {
    this.#collector = collector;
  }

  /** Called by node's parser with each chunk of the body, and with null at its end. */
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    const collector = this.#collector;
    if (collector === undefined) return super.push(chunk, encoding);
    if (chunk !== null) {
      collector.data(chunk);
      return true;
    }
    this.#collector = undefined;
    collector.end();
    return super.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#collector?.gone();
    this.#collector = undefined;
    super._destroy(error, done);
  }
}

/** Calls back once, or never when the client goes away before the end. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  done: (body: Body) => void,
  uploads?: Uploads,
): void {
  if (Number(request.headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES) return done(TOO_LARGE);
  uploads?.uploadBegan();
  const collector = new BodyCollector(maxBytes, done, uploads);
  if (request instanceof CollectedRequest) return request.collect(collector);
  request.on('data', (chunk: Buffer) => collector.data(chunk));
  request.on('end', () => collector.end());
  request.on('close', () => collector.gone());
}

class BodyCollector implements Collector {
  readonly #maxBytes: number;
  readonly #done: (body: Body) => void;
  #first: Buffer = EMPTY;
  #rest: Buffer[] | undefined;
  #size = 0;
  /** Until the body is over. */
  #uploads: Uploads | undefined;

  constructor(maxBytes: number, done: (body: Body) => void, uploads: Uploads | undefined) {
    this.#maxBytes = maxBytes;
    this.#done = done;
    this.#uploads = uploads;
  }

  data(chunk: Buffer): void {
    if (this.#size > MAX_DISCARDED_BYTES) return;
    this.#size += chunk.length;
    if (this.#size > MAX_DISCARDED_BYTES) this.#done(TOO_LARGE);
    else if (this.#size > this.#maxBytes) this.#release();
    else if (this.#first === EMPTY) this.#first = chunk;
    else (this.#rest ??= [this.#first]).push(chunk);
  }

  gone(): void {
    this.#uploads?.uploadEnded();
    this.#uploads = undefined;
  }

  end(): void {
    this.gone();
    if (this.#size > MAX_DISCARDED_BYTES) return;
    if (this.#size > this.#maxBytes) return this.#done(TOO_LARGE);
    const bytes = this.#rest === undefined ? this.#first : Buffer.concat(this.#rest, this.#size);
    this.#release();
    this.#done({ kind: 'complete', bytes });
  }

  /** The request may outlive its body by far. */
  #release(): void {
    this.#first = EMPTY;
    this.#rest = undefined;
  }
}

const EMPTY: Buffer = Buffer.alloc(0);
const TOO_LARGE: Body = { kind: 'too_large' };
