// Reads the body of a request, up to a limit.

import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'complete'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'aborted' };

/** Calls back once. A body that is too large is not read to its end. */
export function readBody(request: IncomingMessage, maxBytes: number, done: (body: Body) => void): void {
  let settled = false;
  const settle = (body: Body): void => {
    if (settled) return;
    settled = true;
    done(body);
  };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return settle({ kind: 'too_large' });
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) return settle({ kind: 'too_large' });
    if (first === undefined) first = chunk;
    else (rest ??= [first]).push(chunk);
  });
  request.on('end', () => {
    settle({ kind: 'complete', bytes: rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, size) });
  });
  request.on('error', () => settle({ kind: 'aborted' }));
  request.on('close', () => settle({ kind: 'aborted' }));
}

const EMPTY = Buffer.alloc(0);
