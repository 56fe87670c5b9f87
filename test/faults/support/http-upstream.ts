// An MCP server of the old era over HTTP in the test's own process, so that a test decides over every byte of it, and
// knows how often a call was carried out.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { memberText } from '../../support/json-text.ts';

export interface Received {
  readonly http: IncomingMessage;
  /** The JSON-RPC method; empty when the message has none. */
  readonly method: string;
  /** JSON text of the id. */
  readonly id: string;
  readonly body: string;
}

export type Respond = (received: Received, response: ServerResponse) => void;

export interface HttpUpstream extends AsyncDisposable {
  readonly url: string;
  /** Takes tools/call; by default it echoes the nonce of the arguments. */
  onCall: Respond;
  /** Takes every request instead of all else while it is set. */
  instead: Respond | undefined;
  /** Nonces of the calls that were carried out, in order. */
  readonly executed: string[];
  readonly sessions: ReadonlySet<string>;
  /** Goes away with all its connections and sessions. */
  stop(): Promise<void>;
  /** Comes back on the same port. */
  start(): Promise<void>;
  /** Forgets its sessions, as after a rolling restart behind the same address. */
  forgetSessions(): void;
}

export async function startHttpUpstream(): Promise<HttpUpstream> {
  const sessions = new Set<string>();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;

  async function serve(http: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(http);
    const method = body === '' ? '' : String(JSON.parse(memberText(body, 'method') ?? '""'));
    const received = { http, method, body, id: body === '' ? 'null' : (memberText(body, 'id') ?? 'null') };
    if (upstream.instead !== undefined) upstream.instead(received, response);
    else answer(received, response);
  }

  function answer(received: Received, response: ServerResponse): void {
    const { http, method, id } = received;
    if (method === 'initialize') {
      const session = randomUUID();
      sessions.add(session);
      response.setHeader('mcp-session-id', session);
      const result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"http","version":"1"}}`;
      return json(response, `{"jsonrpc":"2.0","id":${id},"result":${result}}`);
    }
    if (!sessions.has(String(http.headers['mcp-session-id'])))
      return json(
        response,
        '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}',
        404,
      );
    if (http.method === 'GET') return void response.writeHead(405).end();
    if (http.method === 'DELETE' || id === 'null') return void response.writeHead(202).end();
    switch (method) {
      case 'tools/list':
        return json(
          response,
          `{"jsonrpc":"2.0","id":${id},"result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}}`,
        );
      case 'tools/call':
        return upstream.onCall(received, response);
      default:
        return json(response, `{"jsonrpc":"2.0","id":${id},"result":{}}`);
    }
  }

  const upstream: HttpUpstream = {
    get url() {
      return `http://127.0.0.1:${port}/mcp`;
    },
    onCall: (received, response) => json(response, carryOut(upstream, received)),
    instead: undefined,
    executed: [],
    sessions,
    async stop() {
      const stopping = server;
      server = undefined;
      sessions.clear();
      for (const socket of sockets) socket.destroy();
      if (stopping !== undefined) await new Promise((resolve) => stopping.close(resolve));
    },
    async start() {
      const started = createServer((request, response) => {
        serve(request, response).catch(() => response.destroy());
      });
      started.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject);
        started.listen(port, '127.0.0.1', resolve);
      });
      port = (started.address() as AddressInfo).port;
      server = started;
    },
    forgetSessions: () => sessions.clear(),
    [Symbol.asyncDispose]: () => upstream.stop(),
  };
  await upstream.start();
  return upstream;
}

/** Notes the call, and gives the response of an echo. */
export function carryOut(upstream: HttpUpstream, { id, body }: Received): string {
  const nonce = memberText(body, 'params', 'arguments', 'nonce') ?? 'null';
  upstream.executed.push(nonce);
  return `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"structuredContent":{"nonce":${nonce}}}}`;
}

export function json(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
