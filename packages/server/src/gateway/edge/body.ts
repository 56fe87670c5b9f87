// Reads the body of a request, up to a limit.

import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'complete'; readonly bytes: Buffer }
  /** The rest is not read. */
  | { readonly kind: 'too_large' };

/** Calls back once, or never when the client goes away before the end. */
export function readBody(request: IncomingMessage, maxBytes: number, done: (body: Body) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return done(TOO_LARGE);
  let first: Buffer = EMPTY;
  let rest: Buffer[] | undefined;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    if (size > maxBytes) return;
    size += chunk.length;
    if (size > maxBytes) done(TOO_LARGE);
    else if (first === EMPTY) first = chunk;
    else (rest ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (size <= maxBytes)
      done({ kind: 'complete', bytes: rest === undefined ? first : Buffer.concat(rest, size) });
  });
}

const EMPTY: Buffer = Buffer.alloc(0);
const TOO_LARGE: Body = { kind: 'too_large' };
