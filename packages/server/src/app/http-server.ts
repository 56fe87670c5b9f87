// The HTTP server that MCP and the API share.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CollectedRequest } from '../gateway/edge/body.ts';
import type { GatewayLimits } from '../gateway/limits.ts';
import { AppError } from '../kernel/errors.ts';

/** Idle connections are kept longer than common proxies keep theirs. */
const KEEP_ALIVE_MS = 75_000;
const TCP_KEEP_ALIVE_MS = 30_000;
/** How often the time that requests take is looked at; they may take so much longer than they are given. */
const TIMEOUT_CHECK_MS = 1_000;

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly limits: Pick<GatewayLimits, 'maxHeaderBytes' | 'headersTimeoutMs' | 'requestTimeoutMs'>;
  /** Where to choose another port or host, for messages; the options of `tutti up` when left out. */
  readonly choose?: Choices;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

interface Choices {
  readonly port: string;
  readonly host: string;
}

const OPTIONS: Choices = { port: 'with --port', host: 'with --host' };

export interface HttpServer {
  readonly port: number;
  /** Stops accepting; open responses may go on. */
  stopAccepting(): void;
  /** Ends what is still open. */
  close(): Promise<void>;
}

/** Listens; rejects with a message that says what stands in the way. */
export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, limits, choose = OPTIONS } = options;
  const server = createServer(
    {
      IncomingMessage: CollectedRequest,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, limits.headersTimeoutMs),
      maxHeaderSize: limits.maxHeaderBytes,
      noDelay: true,
    },
    (request, response) => options.handle(request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port, choose)));
    server.listen(port, host, resolve);
  });
  return {
    port: boundPort(server),
    stopAccepting() {
      server.close();
      server.closeIdleConnections();
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function boundPort(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** `http://HOST:PORT` */
export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listenError(error: Error, host: string, port: number, choose: Choices): AppError {
  const code = 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'EADDRINUSE':
      return new AppError(
        'conflict',
        `port ${port} on ${host} is in use; stop what listens there or choose another ${choose.port}`,
        { cause: error },
      );
    case 'EACCES':
      return new AppError('refused', `port ${port} needs more rights; choose one above 1023 ${choose.port}`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new AppError(
        'invalid_config',
        `${host} is not an address of this machine; choose one ${choose.host}`,
        { cause: error },
      );
    default:
      return new AppError('unavailable', `can't listen on ${host}:${port}: ${error.message}`, {
        cause: error,
      });
  }
}
