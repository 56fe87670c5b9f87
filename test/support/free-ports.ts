// Ports that nobody listens on at the moment, for what can't be given port 0.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

export async function listenOn(
  port = 0,
  host = '127.0.0.1',
): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((socket) => socket.destroy()).listen(port, host);
  await once(server, 'listening');
  return { port: portOf(server), [Symbol.asyncDispose]: () => close(server) };
}

export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => listenOn()));
  await Promise.all(held.map((one) => one[Symbol.asyncDispose]()));
  return held.map(({ port }) => port);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
