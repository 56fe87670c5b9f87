// Reads the body of a request, up to a limit.

import type { IncomingMessage } from 'node:http';

export type Body = { readonly kind: 'complete'; readonly bytes: Buffer } | { readonly kind: 'too_large' };

/** So much is read of a body and thrown away when it is too large: a client that is still sending hears no refusal. */
const MAX_DISCARDED_BYTES = 64 << 20;

/** Calls back once, or never when the client goes away before the end. */
export function readBody(request: IncomingMessage, maxBytes: number, done: (body: Body) => void): void {
  if (Number(request.headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES) return done(TOO_LARGE);
  let first: Buffer = EMPTY;
  let rest: Buffer[] | undefined;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    if (size > MAX_DISCARDED_BYTES) return;
    size += chunk.length;
    if (size > MAX_DISCARDED_BYTES) done(TOO_LARGE);
    else if (size > maxBytes) rest = undefined;
    else if (first === EMPTY) first = chunk;
    else (rest ??= [first]).push(chunk);
  });
  request.on('end', () => {
    if (size > MAX_DISCARDED_BYTES) return;
    if (size > maxBytes) return done(TOO_LARGE);
    const bytes = rest === undefined ? first : Buffer.concat(rest, size);
    // The listeners live as long as the request, which may outlive its body by far.
    first = EMPTY;
    rest = undefined;
    done({ kind: 'complete', bytes });
  });
}

const EMPTY: Buffer = Buffer.alloc(0);
const TOO_LARGE: Body = { kind: 'too_large' };
