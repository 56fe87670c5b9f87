// One request with its redirects: each hop is checked like the first, and credentials do not follow to another origin.

import { refuseUrl, type AddressPolicy } from '@tutti/schemas/network';
import { request, type Dispatcher } from 'undici';
import { ExecutorError } from '../../worker/executor.ts';
import { codeOf } from '../files/root.ts';
import { refusedAddress } from './guarded-dispatcher.ts';

export interface HttpLimits {
  /** Bytes of a request body. */
  readonly maxRequestBytes: number;
  /** Bytes of an answer's body. */
  readonly maxResponseBytes: number;
  readonly maxRedirects: number;
  /** Of one request with all its redirects. */
  readonly maxTimeMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  maxRequestBytes: 1024 ** 2,
  maxResponseBytes: 512 * 1024,
  maxRedirects: 5,
  maxTimeMs: 30_000,
};

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface HttpAnswer {
  readonly method: string;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HttpDeps {
  readonly dispatcher: Dispatcher;
  readonly policyOf: (host: string) => AddressPolicy;
  readonly limits: HttpLimits;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** They are for the origin that they were given for. */
const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key']);

export async function sendRequest(
  deps: HttpDeps,
  wanted: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { limits } = deps;
  const timeout = AbortSignal.timeout(limits.maxTimeMs);
  const either = AbortSignal.any([signal, timeout]);
  try {
    let hop = wanted;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await sendOnce(deps, hop, either);
      const location = REDIRECTS.has(answer.statusCode) ? answer.headers['location'] : undefined;
      if (location === undefined) return answer;
      if (redirects === limits.maxRedirects)
        throw new ExecutorError(
          'failed',
          `${wanted.url} leads through more than ${limits.maxRedirects} redirects (maxRedirects).`,
        );
      hop = redirected(hop, answer.statusCode, location);
    }
  } catch (error) {
    if (!signal.aborted && timeout.aborted)
      throw new ExecutorError(
        'limit_time',
        `${wanted.method} ${wanted.url} took longer than ${limits.maxTimeMs} ms (maxTime).`,
        { retryable: true },
      );
    throw requestError(error, wanted.url, signal);
  }
}

async function sendOnce(
  { dispatcher, policyOf, limits }: HttpDeps,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const target = URL.parse(url);
  if (target === null) throw new ExecutorError('invalid_payload', `${url} is no url.`);
  const refusal = refuseUrl(target, policyOf(target.hostname));
  if (refusal !== undefined) throw refusedAddress(target.hostname, refusal);
  const response = await request(target, {
    dispatcher,
    signal,
    method,
    headers: { 'accept-encoding': 'identity', ...headers },
    body: body ?? null,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > limits.maxResponseBytes)
      throw new ExecutorError(
        'limit_bytes',
        `The answer of ${url} has more than ${limits.maxResponseBytes} bytes (maxResponseBytes).`,
      );
    chunks.push(chunk);
  }
  return {
    method,
    url: target.href,
    statusCode: response.statusCode,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    body: Buffer.concat(chunks),
  };
}

/** As the Fetch standard has it: what was not GET or HEAD becomes GET after 303, and POST after 301 and 302 too. */
function redirected(from: HttpRequest, statusCode: number, location: string): HttpRequest {
  const target = URL.parse(location, from.url);
  if (target === null)
    throw new ExecutorError('failed', `${from.url} redirects to ${location}, which is no url.`);
  const becomesGet =
    (statusCode === 303 && from.method !== 'GET' && from.method !== 'HEAD') ||
    ((statusCode === 301 || statusCode === 302) && from.method === 'POST');
  const sameOrigin = URL.parse(from.url)?.origin === target.origin;
  const headers = Object.fromEntries(
    Object.entries(from.headers).filter(([name]) => {
      const lower = name.toLowerCase();
      if (!sameOrigin && CREDENTIALS.has(lower)) return false;
      return !(becomesGet && lower.startsWith('content-'));
    }),
  );
  return {
    method: becomesGet ? 'GET' : from.method,
    url: target.href,
    headers,
    body: becomesGet ? undefined : from.body,
  };
}

function requestError(error: unknown, url: string, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof ExecutorError) return error;
  if (!(error instanceof Error)) return error;
  // A host with several addresses tells of each.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  if (inner instanceof ExecutorError) return inner;
  const code = codeOf(error) ?? codeOf(inner);
  const why = error.message === '' ? (code ?? 'no reason was given') : error.message;
  if (code === 'UND_ERR_INVALID_ARG')
    return new ExecutorError('invalid_payload', `The request can't be sent: ${why}`);
  return new ExecutorError('unavailable', `${url} can't be reached: ${why}`, {
    cause: error,
    retryable: true,
  });
}
