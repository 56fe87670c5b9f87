// Stands between one host and PostgreSQL, on a socket of its own: cuts its connections, or lets them hang.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOCKET = '.s.PGSQL.5432';

export interface LineProxy extends AsyncDisposable {
  /** The URL of the same store, by way of the proxy. */
  readonly url: string;
  /** Every connection breaks; new ones are let through. */
  cut(): void;
  /** Nothing comes through any more, and nobody is told. */
  hang(): void;
  /** What hung breaks. */
  goOn(): void;
}

export async function startLineProxy(storeUrl: string): Promise<LineProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-line-'));
  const url = new URL(storeUrl);
  const host = url.searchParams.get('host');
  const target =
    host === null
      ? { host: url.hostname, port: Number(url.port === '' ? 5432 : url.port) }
      : { path: join(host, SOCKET) };
  url.searchParams.set('host', folder);
  const sockets = new Set<Socket>();
  let hangs = false;

  const server = createServer((client) => {
    const database = connect(target);
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!hangs) to.write(bytes);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (!hangs) to.destroy();
      });
    }
  });
  server.listen(join(folder, SOCKET));
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    hang() {
      hangs = true;
    },
    goOn() {
      cut();
      hangs = false;
    },
    [Symbol.asyncDispose]() {
      cut();
      server.close();
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}
