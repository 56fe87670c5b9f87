import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { listen } from '../../src/app/http-server.ts';

const LIMIT_MS = 200;

async function open() {
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    limits: { maxHeaderBytes: 16_384, headersTimeoutMs: LIMIT_MS, requestTimeoutMs: 2 * LIMIT_MS },
    handle: (request, response) => {
      request.resume();
      request.on('end', () => response.end('done'));
    },
  });
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    socket,
    closed,
    /** Sends the text a character at a time, until the connection is closed. */
    async drip(slow: string): Promise<string> {
      const left = slow.split('');
      const timer = setInterval(() => socket.write(left.shift() ?? 'x'), LIMIT_MS / 10);
      await closed;
      clearInterval(timer);
      return text;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await server.close();
    },
  };
}

describe('a request that takes its time', () => {
  it('in its head is ended', async () => {
    verifies('GW-07');
    await using opened = await open();
    expect(await opened.drip('POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1.1 408 /);
  });

  it('in its body is ended', async () => {
    verifies('GW-07');
    await using opened = await open();
    opened.socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
    expect(await opened.drip('')).toMatch(/^HTTP\/1.1 408 /);
  });

  it('before its first byte is ended', async () => {
    verifies('GW-07');
    await using opened = await open();
    await opened.closed;
  });
});

describe('headers', () => {
  it('of more than 16 KiB are refused', async () => {
    verifies('GW-07');
    await using opened = await open();
    opened.socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(await opened.drip('')).toMatch(/^HTTP\/1.1 431 /);
  });
});
