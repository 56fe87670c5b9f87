// The header Idempotency-Key: the same request again gets the first answer, and nothing happens twice.

import { hash } from 'node:crypto';
import type { Context } from 'hono';
import type { Once } from '../coordination/tasks/book.ts';
import { AppError } from '../kernel/errors.ts';
import type { ApiEnv } from './deps.ts';

/** Characters of a key. */
export const MAX_KEY_CHARS = 200;
/** Visible ASCII, as a header can carry it everywhere. */
const KEY = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** Undefined: the request has no key. `body` is what it was sent with. */
export function onceOf(c: Context<ApiEnv>, body: string): Once | undefined {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return undefined;
  if (key.length > MAX_KEY_CHARS || !KEY.test(key))
    throw new AppError(
      'invalid_params',
      `Idempotency-Key: send 1 to ${MAX_KEY_CHARS} visible ASCII characters, for example a UUID.`,
    );
  return {
    principal: c.get('access').principal.id,
    key,
    digest: hash('sha256', `${c.req.method} ${c.req.path}\n${body}`),
  };
}
