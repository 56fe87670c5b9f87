// Clients of both eras that say exactly what a test tells them to and hand back exactly what came.
// Params and results are JSON texts, never objects, so that no byte changes on the way through a test.

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { memberText } from './json-text.ts';
import { exchange, type RawExchange } from './raw-http.ts';

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';

const ACCEPT = 'application/json, text/event-stream';

export interface RawAnswer extends RawExchange {
  /** The text of the response that carries our id; undefined when none came. */
  readonly response: string | undefined;
  /** The exact text of its `result`. */
  readonly result: string | undefined;
  /** The exact text of its `error`. */
  readonly error: string | undefined;
}

export interface RequestOptions {
  /** The JSON text of the id; by default the next number. */
  readonly id?: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Every message on the response, as it arrives: notifications, reverse requests, the response itself. */
  readonly onMessage?: ((message: Buffer) => void) | undefined;
}

export interface ModernOptions extends RequestOptions {
  /** JSON text of the client's capabilities; `{}` by default. */
  readonly capabilities?: string | undefined;
  /** JSON text of the client's info. */
  readonly clientInfo?: string | undefined;
  readonly protocolVersion?: string | undefined;
  /** More members for `_meta`, as JSON text without braces. */
  readonly meta?: string | undefined;
  /** Sends the params as they are, without an envelope. */
  readonly bare?: boolean | undefined;
}

let lastId = 0;

/** One request of the modern era. `paramsText` is a JSON object without `_meta`, which is added here. */
export async function modernRequest(
  url: string | URL,
  method: string,
  paramsText = '{}',
  options: ModernOptions = {},
): Promise<RawAnswer> {
  const id = options.id ?? String((lastId += 1));
  const version = options.protocolVersion ?? MODERN;
  const params = options.bare === true ? paramsText : withEnvelope(paramsText, version, options);
  const headers: OutgoingHttpHeaders = {
    'content-type': 'application/json',
    accept: ACCEPT,
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...nameHeader(method, params),
    ...options.headers,
  };
  return send(
    url,
    id,
    `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`,
    headers,
    options,
  );
}

/** The params with the envelope of the modern era in `_meta`, which must not be there yet. */
export function withEnvelope(paramsText: string, version: string, options: ModernOptions): string {
  const members = [
    `"io.modelcontextprotocol/protocolVersion":${JSON.stringify(version)}`,
    `"io.modelcontextprotocol/clientInfo":${options.clientInfo ?? '{"name":"raw-client","version":"1.0.0"}'}`,
    `"io.modelcontextprotocol/clientCapabilities":${options.capabilities ?? '{}'}`,
    ...(options.meta === undefined ? [] : [options.meta]),
  ];
  const rest = paramsText.trim().slice(1);
  return `{"_meta":{${members.join(',')}}${/^\s*\}$/.test(rest) ? '' : ','}${rest}`;
}

const NAME_MEMBER: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

function nameHeader(method: string, params: string): OutgoingHttpHeaders {
  const member = NAME_MEMBER[method];
  const text = member === undefined ? undefined : memberText(params, member);
  if (text === undefined) return {};
  const name = String(JSON.parse(text));
  const safe = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !name.startsWith('=?base64?');
  return { 'mcp-name': safe ? name : `=?base64?${Buffer.from(name).toString('base64')}?=` };
}

async function send(
  url: string | URL,
  id: string,
  body: string,
  headers: OutgoingHttpHeaders,
  options: RequestOptions,
): Promise<RawAnswer> {
  const { signal, onMessage } = options;
  const raw = await exchange(url, { method: 'POST', headers, body, signal, onMessage });
  const response = raw.messages.map(String).findLast((message) => isResponseTo(message, id));
  const part = (name: string): string | undefined =>
    response === undefined ? undefined : memberText(response, name);
  return { ...raw, response, result: part('result'), error: part('error') };
}

function isResponseTo(message: string, id: string): boolean {
  try {
    return memberText(message, 'method') === undefined && memberText(message, 'id') === id;
  } catch {
    return false;
  }
}

export interface LegacyOptions {
  /** JSON text of the client's capabilities; `{}` by default. */
  readonly capabilities?: string;
  readonly protocolVersion?: string;
  readonly clientInfo?: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** The standing stream of a session. */
export interface LegacyStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly messages: readonly Buffer[];
  readonly ended: Promise<RawExchange>;
  close(): Promise<void>;
}

export interface LegacyClient {
  /** Undefined when the server gave none. */
  readonly sessionId: string | undefined;
  readonly initialize: RawAnswer;
  request(method: string, paramsText?: string, options?: RequestOptions): Promise<RawAnswer>;
  notify(method: string, paramsText?: string): Promise<RawExchange>;
  /** Answers a reverse request; `idText` is the exact text of its id. */
  answer(idText: string, resultText: string): Promise<RawExchange>;
  refuse(idText: string, errorText: string): Promise<RawExchange>;
  /** Posts any text under this session. */
  post(body: string, options?: RequestOptions): Promise<RawExchange>;
  /** Opens the standing stream (GET); resolves when its head has arrived. */
  stream(options?: {
    headers?: OutgoingHttpHeaders;
    onMessage?: (message: Buffer) => void;
  }): Promise<LegacyStream>;
  delete(): Promise<RawExchange>;
}

/** Shakes hands as a client of the old era. Fails when the server refuses. */
export async function openLegacy(url: string | URL, options: LegacyOptions = {}): Promise<LegacyClient> {
  const version = options.protocolVersion ?? LEGACY;
  let session: OutgoingHttpHeaders = {};
  const headers = (more?: OutgoingHttpHeaders): OutgoingHttpHeaders => ({
    'content-type': 'application/json',
    accept: ACCEPT,
    ...options.headers,
    ...session,
    ...more,
  });
  const request: LegacyClient['request'] = (method, paramsText, more = {}) => {
    const id = more.id ?? String((lastId += 1));
    const params = paramsText === undefined ? '' : `,"params":${paramsText}`;
    const body = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${params}}`;
    return send(url, id, body, headers(more.headers), more);
  };
  const post: LegacyClient['post'] = (body, more = {}) =>
    exchange(url, {
      method: 'POST',
      headers: headers(more.headers),
      body,
      signal: more.signal,
      onMessage: more.onMessage,
    });
  const notify: LegacyClient['notify'] = (method, paramsText) =>
    post(
      `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${paramsText === undefined ? '' : `,"params":${paramsText}`}}`,
    );

  const info = options.clientInfo ?? '{"name":"raw-client","version":"1.0.0"}';
  const initialize = await request(
    'initialize',
    `{"protocolVersion":${JSON.stringify(version)},"capabilities":${options.capabilities ?? '{}'},"clientInfo":${info}}`,
  );
  if (initialize.result === undefined)
    throw new Error(`initialize failed: ${initialize.status} ${String(initialize.body)}`);
  const sessionId = initialize.headers['mcp-session-id'];
  const agreed = memberText(initialize.result, 'protocolVersion') ?? JSON.stringify(version);
  session = {
    'mcp-protocol-version': String(JSON.parse(agreed)),
    ...(typeof sessionId === 'string' ? { 'mcp-session-id': sessionId } : {}),
  };
  await notify('notifications/initialized');

  return {
    sessionId: typeof sessionId === 'string' ? sessionId : undefined,
    initialize,
    request,
    notify,
    answer: (idText, resultText) => post(`{"jsonrpc":"2.0","id":${idText},"result":${resultText}}`),
    refuse: (idText, errorText) => post(`{"jsonrpc":"2.0","id":${idText},"error":${errorText}}`),
    post,
    stream: (more = {}) =>
      openStream(url, headers({ accept: 'text/event-stream', ...more.headers }), more.onMessage),
    delete: () => exchange(url, { method: 'DELETE', headers: headers() }),
  };
}

function openStream(
  url: string | URL,
  headers: OutgoingHttpHeaders,
  onMessage: ((message: Buffer) => void) | undefined,
): Promise<LegacyStream> {
  return new Promise((resolve, reject) => {
    const abort = new AbortController();
    const messages: Buffer[] = [];
    const ended = exchange(url, {
      method: 'GET',
      headers,
      signal: abort.signal,
      onHead: (status, head) =>
        resolve({
          status,
          headers: head,
          messages,
          ended,
          close: async () => {
            abort.abort();
            await ended;
          },
        }),
      onMessage: (message) => {
        messages.push(message);
        onMessage?.(message);
      },
    });
    ended.catch(reject);
  });
}
