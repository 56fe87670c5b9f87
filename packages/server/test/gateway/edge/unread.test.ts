// Clients that read slowly, and clients that don't read at all.

import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import { EventStream } from '../../../src/gateway/edge/event-stream.ts';
import { HttpReply } from '../../../src/gateway/edge/http-reply.ts';
import { OpenReplies } from '../../../src/gateway/edge/open-replies.ts';
import { systemClock } from '../../../src/kernel/clock.ts';

const BIG = 'x'.repeat(16 << 20);
const MESSAGE = Buffer.from(`{"x":"${'x'.repeat(1 << 20)}"}`);

/** A server that answers as told, and a client of it that reads when told to. */
async function open(answer: (response: ServerResponse, replies: OpenReplies) => void) {
  const limits = { keepAliveMs: 60, maxUnreadBytes: 8 << 20, unreadTimeoutMs: 300, maxStreams: 100 };
  const replies = new OpenReplies(systemClock, limits);
  const server = createServer((_, response) => answer(response, replies));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
  await eventually(() => replies.size > 0 || socket.readableLength > 0);
  return {
    socket,
    replies,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      replies[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const answerWith = (response: ServerResponse, replies: OpenReplies): void =>
  new HttpReply(response, replies, {
    acceptsEvents: true,
    statusOfErrors: false,
    passesChallenges: false,
  }).end(BIG);

/** Reads a little at a time, for longer than the limit. */
async function readSlowly(socket: Socket): Promise<number> {
  let bytes = 0;
  for await (const chunk of socket) {
    bytes += Buffer.byteLength(chunk);
    if (bytes >= BIG.length) break;
    if (bytes % (1 << 20) < 65_536) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return bytes;
}

describe('an answer', () => {
  it('that nobody reads is given up', async () => {
    verifies('GW-07');
    await using opened = await open(answerWith);
    await eventually(() => opened.replies.size === 0);
  });

  it('that is read slowly arrives', async () => {
    await using opened = await open(answerWith);
    expect(await readSlowly(opened.socket)).toBeGreaterThanOrEqual(BIG.length);
  });
});

describe.each([
  [
    'of a request',
    (response: ServerResponse, replies: OpenReplies) =>
      new HttpReply(response, replies, {
        acceptsEvents: true,
        statusOfErrors: false,
        passesChallenges: false,
      }),
  ],
  [
    'of a session',
    (response: ServerResponse, replies: OpenReplies) => new EventStream(response, replies, () => undefined),
  ],
])('a stream %s', (_, create) => {
  it('that nobody reads is given up before it is full', async () => {
    verifies('GW-07');
    await using opened = await open((response, replies) => {
      const stream = create(response, replies);
      // More than the system takes for us, less than the limit.
      for (let sent = 0; sent < 7; sent++) stream.send(MESSAGE);
    });
    await eventually(() => opened.replies.size === 0);
  });

  it('that has ended before it was read is not written to any more', async () => {
    verifies('GW-08');
    const errors: Error[] = [];
    await using opened = await open((response, replies) => {
      response.on('error', (error) => errors.push(error));
      const stream = create(response, replies);
      for (let sent = 0; sent < 7; sent++) stream.send(MESSAGE);
      if (stream instanceof EventStream) stream.close();
      else stream.end(undefined);
    });
    await eventually(() => opened.replies.size === 0);
    expect(errors).toEqual([]);
  });

  it('with nothing to say lives as long as its comments are read', async () => {
    await using opened = await open((response, replies) => {
      create(response, replies).send(Buffer.from('{}'));
    });
    let text = '';
    opened.socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await eventually(() => text.split('keep-alive').length > 15);
    expect(opened.replies.size).toBe(1);
  });
});
