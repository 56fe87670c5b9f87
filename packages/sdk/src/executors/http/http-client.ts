// The http client: calls what a payload names, as far as the address guard allows, and answers with what came back. A
// status of 400 and more is an answer like any other, except where a webhook has to be delivered.

import { STATUS_CODES } from 'node:http';
import type { LookupFunction } from 'node:net';
import { z } from 'zod';
import type { AddressPolicy } from '@tutti/schemas/network';
import { ExecutorError, type Executor } from '../../worker/executor.ts';
import { withDefaults, type GivenLimits } from '../given-limits.ts';
import { createOperations, operation } from '../operations.ts';
import { createGuardedDispatcher } from './guarded-dispatcher.ts';
import {
  HTTP_LIMITS,
  sendRequest,
  type HttpAnswer,
  type HttpDeps,
  type HttpLimits,
  type HttpRequest,
} from './request.ts';

export interface HttpClientOptions {
  /** Hosts whose address may be private or loopback: names, or `*.example.com`. Public ones need no entry. Link-local
   *  addresses and those of cloud metadata stay refused. */
  readonly allowedHosts?: readonly string[];
  readonly limits?: GivenLimits<HttpLimits> | undefined;
  /** Resolves names; the system's resolver when not given. */
  readonly lookup?: LookupFunction;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const common = {
  url: z.string().min(1).max(8_192),
  headers: z.record(z.string().max(256), z.string().max(16_384)).default({}),
};
/** Text is sent as it is, everything else as JSON. */
const body = z.json().optional();

const PlainSchema = z.strictObject({ ...common, method: z.enum(METHODS).optional() });
const WithBodySchema = z.strictObject({ ...common, body, method: z.enum(METHODS).optional() });
const AnySchema = z.strictObject({ ...common, body, method: z.enum(METHODS).default('GET') });
const HealthSchema = z.strictObject({
  ...common,
  method: z.enum(['GET', 'HEAD']).default('GET'),
  /** Default: any from 200 to 299. */
  expectedStatus: z.int().min(100).max(599).optional(),
});

export type HttpClient = Executor & AsyncDisposable;

/** Its connections end when it is disposed of. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const limits = withDefaults(HTTP_LIMITS, options.limits);
  const allowed = (options.allowedHosts ?? []).map(hostPattern);
  const policyOf = (host: string): AddressPolicy =>
    allowed.some((pattern) => pattern.test(host.replace(/^\[|\]$/g, ''))) ? 'declared' : 'strict';
  const dispatcher = createGuardedDispatcher({ policyOf, lookup: options.lookup });
  const deps: HttpDeps = { dispatcher, policyOf, limits };

  const send = async (wanted: HttpRequest, signal: AbortSignal) =>
    shown(await sendRequest(deps, wanted, signal));
  const fixed = (method: 'GET' | 'DELETE') =>
    operation(PlainSchema, (payload, _task, signal) =>
      send({ ...checked(payload, method), body: undefined }, signal),
    );
  const withBody = (method: 'POST' | 'PUT') =>
    operation(WithBodySchema, (payload, _task, signal) =>
      send(encoded({ ...checked(payload, method), body: payload.body }, limits), signal),
    );

  const executor = createOperations(
    {
      'http-get': fixed('GET'),
      'http-post': withBody('POST'),
      'http-put': withBody('PUT'),
      'http-delete': fixed('DELETE'),
      'rest-api-call': operation(AnySchema, (payload, _task, signal) =>
        send(encoded(payload, limits), signal),
      ),
      'webhook-call': operation(WithBodySchema, async (payload, _task, signal) => {
        const answer = await send(
          encoded({ ...checked(payload, 'POST'), body: payload.body }, limits),
          signal,
        );
        if (answer.statusCode < 300) return answer;
        // What the receiver will never take is not sent again.
        const retryable = answer.statusCode >= 500 || answer.statusCode === 408 || answer.statusCode === 429;
        throw new ExecutorError('failed', `The webhook ${payload.url} answered ${answer.status}.`, {
          retryable,
        });
      }),
      'api-health-check': operation(HealthSchema, async ({ expectedStatus, ...payload }, _task, signal) =>
        checkHealth(deps, { ...payload, body: undefined }, expectedStatus, signal),
      ),
    },
    ['http-client'],
  );
  return { ...executor, [Symbol.asyncDispose]: () => dispatcher.destroy() };
}

/** What can't be reached is not healthy; that is an answer, no failure. */
async function checkHealth(
  deps: HttpDeps,
  wanted: HttpRequest,
  expectedStatus: number | undefined,
  signal: AbortSignal,
) {
  const startedMs = performance.now();
  const responseTime = (): number => Math.round(performance.now() - startedMs);
  try {
    const answer = shown(await sendRequest(deps, wanted, signal));
    const { statusCode } = answer;
    const healthy =
      expectedStatus === undefined ? statusCode >= 200 && statusCode < 300 : statusCode === expectedStatus;
    return { ...answer, healthy, responseTime: responseTime() };
  } catch (error) {
    if (!(error instanceof ExecutorError) || !error.retryable) throw error;
    const { method, url } = wanted;
    return { method, url, healthy: false, responseTime: responseTime(), error: error.message };
  }
}

/** `method` in the payload of an operation that has one of its own must be the same. */
function checked<T extends { readonly method?: string | undefined; readonly url: string }>(
  payload: T,
  method: string,
): T & { readonly method: string } {
  if (payload.method === undefined || payload.method === method) return { ...payload, method };
  throw new ExecutorError(
    'invalid_payload',
    `payload.method is ${payload.method}, and this operation sends ${method}. Use rest-api-call for any method.`,
  );
}

function encoded(
  wanted: Omit<HttpRequest, 'body'> & { readonly body?: unknown },
  { maxRequestBytes }: HttpLimits,
): HttpRequest {
  const { body, headers } = wanted;
  if (body === undefined) return { ...wanted, body: undefined };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  if (Buffer.byteLength(text) > maxRequestBytes)
    throw new ExecutorError(
      'limit_bytes',
      `The body has more than ${maxRequestBytes} bytes (maxRequestBytes).`,
    );
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  return { ...wanted, headers: hasType ? headers : { ...headers, 'content-type': type }, body: text };
}

/** The answer as a result: JSON as a value, other text as text, what is no text in base64. */
function shown({ body, statusCode, ...answer }: HttpAnswer) {
  return {
    ...answer,
    statusCode,
    status: `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trim(),
    ...shownBody(body, answer.headers),
    bodySize: body.length,
  };
}

function shownBody(
  bytes: Buffer,
  headers: HttpAnswer['headers'],
): { readonly body: unknown; readonly bodyEncoding?: 'base64' } {
  const text = bytes.toString();
  if (text.includes('\uFFFD') && !bytes.equals(Buffer.from(text)))
    return { body: bytes.toString('base64'), bodyEncoding: 'base64' };
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(headers['content-type'] ?? '')) return { body: text };
  try {
    const value: unknown = JSON.parse(text);
    return { body: value };
  } catch {
    return { body: text };
  }
}

function hostPattern(pattern: string): RegExp {
  const bare = pattern.replace(/^\[|\]$/g, '').toLowerCase();
  const escaped = bare.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.]+');
  return new RegExp(`^${escaped}$`, 'i');
}
