// A reverse proxy as an organisation may put between Tutti and remote servers: `/mcp/<name>` below its base goes to the
// server of that name, headers and streams as they are.

import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface ProxiedRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface ReverseProxy extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly base: string;
  /** By server; may be changed at any time. */
  readonly targets: Map<string, string>;
  readonly requests: readonly ProxiedRequest[];
  stop(): Promise<void>;
  /** Comes back on the same port. */
  start(): Promise<void>;
}

/** `path` is where its `/mcp/<name>` begin. */
export async function startReverseProxy(
  targets: Readonly<Record<string, string>>,
  path = '',
): Promise<ReverseProxy> {
  const known = new Map(Object.entries(targets));
  const requests: ProxiedRequest[] = [];
  const prefix = `${path}/mcp/`;
  let server: Server | undefined;
  let port = 0;

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { url = '', method = 'GET', headers } = incoming;
    requests.push({ path: url, headers });
    const target = url.startsWith(prefix) ? known.get(url.slice(prefix.length)) : undefined;
    if (target === undefined) return void outgoing.writeHead(404).end('no such route');
    const onward = request(target, {
      method,
      headers: { ...headers, host: new URL(target).host },
      agent: false,
    });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () =>
      outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end('bad gateway'),
    );
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  const proxy: ReverseProxy = {
    get base() {
      return `http://127.0.0.1:${port}${path}`;
    },
    targets: known,
    requests,
    async stop() {
      const stopping = server;
      server = undefined;
      stopping?.closeAllConnections();
      if (stopping !== undefined) await new Promise((resolve) => stopping.close(resolve));
    },
    async start() {
      server = createServer(pass).listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('not listening on a port');
      port = address.port;
    },
    [Symbol.asyncDispose]: () => proxy.stop(),
  };
  await proxy.start();
  return proxy;
}
