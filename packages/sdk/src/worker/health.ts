// The health endpoint of a worker: /healthz says that it lives, /readyz that it gets work; both show its state and what it
// uses.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createUsageMeter } from './usage.ts';
import type { Worker } from './worker.ts';

export interface HealthOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** 127.0.0.1; a probe of Kubernetes needs 0.0.0.0. */
  readonly host?: string;
}

export interface HealthEndpoint extends AsyncDisposable {
  readonly url: string;
}

const REQUEST_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 64;

export async function serveHealth(
  worker: Pick<Worker, 'state'>,
  { port, host = '127.0.0.1' }: HealthOptions,
): Promise<HealthEndpoint> {
  const readUsage = createUsageMeter();
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '');
    const isHealth = path === '/healthz' || path === '/readyz';
    const state = worker.state();
    const isWell = path === '/healthz' ? state.phase !== 'stopped' : state.phase === 'ready';
    response.writeHead(isHealth ? (isWell ? 200 : 503) : 404, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(isHealth ? { ...state, usage: readUsage() } : { error: 'not found' })}\n`);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const bound = isAddress(address) ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
