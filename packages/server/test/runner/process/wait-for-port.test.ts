import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { waitForPort } from '../../../src/runner/process/wait-for-port.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('waits until somebody listens', async () => {
  verifies('SUP-03');
  const port = await freePort();
  const waiting = waitForPort('127.0.0.1', port, new AbortController().signal);
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await waiting;
  server.close();
});

it('gives up when it is told to', async () => {
  const controller = new AbortController();
  const waiting = waitForPort('127.0.0.1', await freePort(), controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
});
