// A webhook says that a repository has news. It carries no instance token but a signature: GitHub's over the body, or
// GitLab's shared token. What the body says is of no interest, so it is hashed as it comes and never kept.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../kernel/errors.ts';
import type { ApiDeps } from './deps.ts';

/** GitHub sends nothing larger. */
export const MAX_WEBHOOK_BYTES = 25 * 1024 ** 2;

/** 202 when the signature is right; then the source is pulled. */
export async function receiveWebhook(
  request: Request,
  name: string,
  { sources, refusals }: Pick<ApiDeps, 'sources' | 'refusals'>,
): Promise<Response> {
  // Who has no secret is not told which Sources there are, nor which of them have a webhook.
  const secret = sources.webhook(name)?.secret ?? randomBytes(32).toString('hex');
  if (!(await isSigned(request, secret))) {
    refusals.key('signature');
    throw new AppError(
      'unauthorized',
      `The signature is not that of a webhook of "${name}": declare \`webhook.secret\` in that Source, and give the repository the same secret (X-Hub-Signature-256 of GitHub, X-Gitlab-Token of GitLab).`,
    );
  }
  sources.syncSoon(name);
  return Response.json({ source: name, sync: 'requested' }, { status: 202 });
}

async function isSigned({ headers, body }: Request, secret: string): Promise<boolean> {
  const token = headers.get('x-gitlab-token');
  if (token !== null) {
    await body?.cancel();
    return isEqual(token, secret);
  }
  const signature = headers.get('x-hub-signature-256');
  if (signature === null) {
    await body?.cancel();
    return false;
  }
  if (Number(headers.get('content-length') ?? 0) > MAX_WEBHOOK_BYTES) throw tooLarge();
  const hmac = createHmac('sha256', secret);
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_WEBHOOK_BYTES) throw tooLarge();
    hmac.update(chunk);
  }
  return isEqual(signature.toLowerCase(), `sha256=${hmac.digest('hex')}`);
}

function tooLarge(): AppError {
  return new AppError('too_large', `A webhook may have ${MAX_WEBHOOK_BYTES} bytes at most.`);
}

/** Takes the same time whatever is given. */
function isEqual(given: string, wanted: string): boolean {
  const [left, right] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
