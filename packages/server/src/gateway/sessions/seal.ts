// Seals what a client carries for us: who made it, what it is bound to, until when. Signed, not encrypted: it holds
// nothing that its bearer may not read.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const payloadSchema = z.object({
  /** The host that made it. */
  owner: z.string(),
  /** `state`: a server's own state; `park`: a call that waits here; `task`: a task of a server. */
  kind: z.enum(['state', 'park', 'task']),
  principal: z.string(),
  server: z.string(),
  /** Digest of the request that it continues. */
  digest: z.string(),
  expiresMs: z.number(),
  nonce: z.string(),
  /** The server's state as JSON text, the parked call's id, or the server's id of the task as JSON text. */
  value: z.string(),
});

export type Sealed = z.infer<typeof payloadSchema>;

export interface Sealer {
  /** The host that seals here. */
  readonly owner: string;
  seal(payload: Omit<Sealed, 'owner' | 'nonce'>): { readonly text: string; readonly nonce: string };
  /** Undefined for anything that was not sealed with our key or was changed since. Expiry is the caller's to check, and
   *  whether it was sealed by this very run. */
  open(text: string): Sealed | undefined;
}

export function createSealer(key: Buffer, owner: string): Sealer {
  const sign = (body: string): Buffer => createHmac('sha256', key).update(body).digest();
  return {
    owner,
    seal(payload) {
      const nonce = randomBytes(12).toString('base64url');
      const body = Buffer.from(JSON.stringify({ ...payload, owner, nonce } satisfies Sealed)).toString(
        'base64url',
      );
      return { text: `${body}.${sign(body).toString('base64url')}`, nonce };
    },
    open(text) {
      const [body, signature, rest] = text.split('.');
      if (body === undefined || signature === undefined || rest !== undefined) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(body);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const payload = payloadSchema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
      return payload.success ? payload.data : undefined;
    },
  };
}

/** Digest over the parts of a request that must not change between a question and the retry with its answer. */
export function requestDigest(parts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('base64url').slice(0, 22);
}
