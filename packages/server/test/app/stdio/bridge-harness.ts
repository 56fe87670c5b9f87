// A bridge between two pipes and an HTTP server that answers what the test says.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { eventually } from '../../../../../test/support/eventually.ts';
import { createBridge } from '../../../src/app/stdio/bridge.ts';
import { systemClock } from '../../../src/kernel/clock.ts';

export interface Posted {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Harness extends AsyncDisposable {
  /** What the host was sent, GET and DELETE among it, in order. */
  readonly posted: readonly Posted[];
  /** What the client was sent: lines. */
  readonly lines: readonly string[];
  readonly done: Promise<void>;
  send(message: object | string): void;
  /** The first line that the predicate likes. */
  line(what: string, find: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Bodies posted with this method. */
  bodiesOf(method: string): readonly string[];
}

export type Host = (posted: Posted, response: ServerResponse, request: IncomingMessage) => void;

export async function openBridge(host: Host, stdout: Writable = new PassThrough()) {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const one = { method: request.method, headers: request.headers, body };
      posted.push(one);
      host(one, response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stdin = new PassThrough();
  const lines: string[] = [];
  let rest = '';
  if (stdout instanceof PassThrough) {
    stdout.on('data', (chunk: Buffer) => {
      const parts = (rest + String(chunk)).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
  }
  const bridge = createBridge({
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    stdin,
    stdout,
    clock: systemClock,
    random: () => 0,
  });
  bridge.done.catch(() => undefined);
  const harness: Harness = {
    posted,
    lines,
    done: bridge.done,
    send: (message) =>
      void stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    line: (what, find) =>
      eventually(() => lines.map((one): Record<string, unknown> => JSON.parse(one)).find(find), { what }),
    bodiesOf: (method) => posted.map(({ body }) => body).filter((body) => body.includes(`"${method}"`)),
    async [Symbol.asyncDispose]() {
      await bridge.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return harness;
}

export function answer(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ jsonrpc: '2.0', ...body }));
}

export const idOf = ({ body }: Posted): unknown => JSON.parse(body).id;
