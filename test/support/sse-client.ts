// A raw client of HTTP+SSE (revision 2024-11-05): one stream that brings everything, and posts beside it.

import { eventually } from './eventually.ts';
import { memberText } from './json-text.ts';
import { exchange, type RawExchange } from './raw-http.ts';

export interface SseClient extends AsyncDisposable {
  /** Where messages are posted, as the server said it. */
  readonly endpoint: URL;
  /** Everything that came after that, in order. */
  readonly messages: readonly string[];
  /** Sends a request and returns the text of its response. */
  request(method: string, params?: string): Promise<string>;
  post(body: string): Promise<RawExchange>;
  /** Settles when the stream is over. */
  readonly ended: Promise<RawExchange>;
}

export async function openSse(
  url: string | URL,
  headers: Readonly<Record<string, string>> = {},
): Promise<SseClient> {
  const abort = new AbortController();
  const received: string[] = [];
  const stream = exchange(url, {
    method: 'GET',
    headers: { ...headers, accept: 'text/event-stream' },
    signal: abort.signal,
    onMessage: (message) => received.push(String(message)),
  });
  let over: RawExchange | undefined;
  void stream.then((end) => (over = end));
  const endpoint = await eventually(() => {
    if (over !== undefined) throw new Error(`the stream ended with ${over.status}: ${String(over.body)}`);
    return received[0] === undefined ? undefined : new URL(received[0], url);
  });
  let lastId = 0;
  const post = (body: string): Promise<RawExchange> =>
    exchange(endpoint, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
  return {
    endpoint,
    get messages() {
      return received.slice(1);
    },
    post,
    async request(method, params = '{}') {
      const id = String((lastId += 1));
      const body = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`;
      const { status } = await post(body);
      if (status !== 202) throw new Error(`${method} was answered with ${status}`);
      return eventually(
        () =>
          received
            .slice(1)
            .find((one) => memberText(one, 'id') === id && memberText(one, 'method') === undefined),
        { what: `the answer to ${method}` },
      );
    },
    ended: stream,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await stream;
    },
  };
}

/** Shakes hands as a client of that revision; returns the response. */
export async function initializeSse(client: SseClient): Promise<string> {
  const response = await client.request(
    'initialize',
    '{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"raw-sse","version":"1.0.0"}}',
  );
  await client.post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  return response;
}
