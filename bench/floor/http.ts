// The floor for HTTP → HTTP: parse, give the request an id of its own, forward it over a keep-alive pool, parse the
// answer, put the caller's id back. undici's `dispatch` is used because its `request` costs a tenth more.
// node bench/floor/http.ts URL

import { createServer, type ServerResponse } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import { announce } from '../upstreams/announce.ts';

const MAX_CONNECTIONS = 128;
const FORWARDED = [
  'content-type',
  'accept',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
];

const target = new URL(process.argv[2] ?? '');
const pool = new Pool(target.origin, { connections: MAX_CONNECTIONS });
let lastId = 0;

class Answer implements Dispatcher.DispatchHandler {
  readonly #id: unknown;
  readonly #response: ServerResponse;
  readonly #chunks: Buffer[] = [];
  #status = 0;

  constructor(id: unknown, response: ServerResponse) {
    this.#id = id;
    this.#response = response;
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const text = Buffer.concat(this.#chunks).toString();
    if (text === '') {
      this.#response.writeHead(this.#status).end();
      return;
    }
    const message = JSON.parse(text);
    message.id = this.#id;
    const body = JSON.stringify(message);
    this.#response.writeHead(this.#status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    this.#response.end(body);
  }

  onResponseError(_: unknown, error: Error): void {
    this.#response.writeHead(502).end(String(error));
  }
}

const server = createServer((request, response) => {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    const message = JSON.parse(text);
    const id: unknown = message.id;
    if (id !== undefined) {
      lastId += 1;
      message.id = lastId;
    }
    const body = JSON.stringify(message);
    pool.dispatch({ path: target.pathname, method: 'POST', headers, body }, new Answer(id, response));
  });
});
announce(server);
