// One request to the API: address, token, and answers that are checked against their schema.

import { ApiErrorBodySchema } from '@tutti/schemas';
import { TuttiApiError, TuttiUnreachableError } from './errors.ts';

export interface TuttiClientOptions {
  /** The root of the instance: `http://127.0.0.1:7400`. */
  readonly url: string;
  /** The instance token; needed for whatever changes something. */
  readonly token?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A request that sends something. */
interface SendOptions extends RequestOptions {
  readonly text?: string | undefined;
  /** The same request with the same key gets the first answer again, and nothing happens twice. */
  readonly idempotencyKey?: string | undefined;
}

/** What of a Zod schema is needed to check an answer. */
export interface AnswerSchema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { message: string } };
}

export interface Http {
  request<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    schema: AnswerSchema<T>,
    options?: SendOptions,
  ): Promise<T>;
  /** A request whose answer is empty. */
  delete(path: string, options?: RequestOptions): Promise<void>;
  stream(path: string, options?: RequestOptions): Promise<ReadableStream<Uint8Array>>;
  /** What a POST answers, as it comes. */
  download(path: string, options?: RequestOptions): Promise<ReadableStream<Uint8Array>>;
}

export function createHttp({ url, token, fetch = globalThis.fetch }: TuttiClientOptions): Http {
  const root = url.replace(/\/+$/, '');

  async function send(
    method: string,
    path: string,
    accept: string,
    { signal, text, idempotencyKey }: SendOptions,
  ): Promise<Response> {
    const headers: Record<string, string> = { accept };
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    let response: Response;
    try {
      response = await fetch(`${root}${path}`, {
        method,
        headers,
        signal: signal ?? null,
        ...(text !== undefined && { body: text }),
        redirect: 'error',
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw new TuttiUnreachableError(root, `Nothing answers at ${root}.`, { cause: error });
    }
    if (!response.ok) throw await failure(response);
    return response;
  }

  async function body(
    method: string,
    path: string,
    accept: string,
    options: RequestOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    const response = await send(method, path, accept, options);
    if (response.body !== null) return response.body;
    throw new TuttiUnreachableError(root, `What answers at ${root} sends no stream.`);
  }

  async function failure(response: Response): Promise<Error> {
    const body = ApiErrorBodySchema.safeParse(await response.json().catch(() => undefined));
    if (body.success) {
      const { code, detail, problems, details } = body.data;
      return new TuttiApiError(code, response.status, detail, problems, details);
    }
    return new TuttiUnreachableError(
      root,
      `What answers at ${root} is not Tutti's API (HTTP ${response.status}).`,
    );
  }

  return {
    async request(method, path, schema, options = {}) {
      const response = await send(method, path, 'application/json', options);
      const answer: unknown = await response.json().catch(() => undefined);
      const checked = schema.safeParse(answer);
      if (checked.success) return checked.data;
      throw new TuttiUnreachableError(
        root,
        `What answers at ${root} does not speak this version of Tutti's API.`,
        { cause: checked.error },
      );
    },
    stream: (path, options = {}) => body('GET', path, 'text/event-stream', options),
    download: (path, options = {}) => body('POST', path, '*/*', options),
    async delete(path, options = {}) {
      const response = await send('DELETE', path, 'application/json', options);
      await response.body?.cancel();
    },
  };
}
