// A bare HTTP server on a free port of loopback, whose every byte a test decides.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The `id` of the JSON-RPC request in the body, as it stands there. */
  readonly id: string;
  /** The `method` of the JSON-RPC message in the body. */
  readonly rpc: string;
}

export type Respond = (request: Received, response: ServerResponse) => void;

export interface TestServer extends AsyncDisposable {
  readonly url: URL;
  /** In the order of arrival. */
  readonly received: readonly Received[];
  /** Connections that are open now. */
  connections(): number;
}

export async function startHttpServer(respond: Respond): Promise<TestServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        id: /"id":("[^"]*"|[\d.]+)/.exec(body)?.[1] ?? 'null',
        rpc: /"method":"([^"]*)"/.exec(body)?.[1] ?? '',
      };
      received.push(seen);
      respond(seen, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    received,
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Answers with one JSON body. */
export function answerJson(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** Answers the request with `{"ok":true}`. */
export function answerOk({ id }: Received, response: ServerResponse): void {
  answerJson(response, okResult(id));
}

export function okResult(id: string): string {
  return `{"jsonrpc":"2.0","id":${id},"result":{"ok":true}}`;
}

/** Starts an event stream and leaves it open. */
export function startEvents(response: ServerResponse, ...frames: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const frame of frames) response.write(frame);
}

export function messageEvent(json: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${json}\n\n`;
}
