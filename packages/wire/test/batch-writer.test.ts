import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchWriter, MAX_BATCH } from '../src/batch-writer.ts';

function started(command: string, ...args: string[]): ChildProcess & { stdin: Writable } {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { stdin } = child;
  if (stdin === null) throw new Error('no pipe');
  return Object.assign(child, { stdin });
}

/** Collects what arrives and how many writes it came in. */
function counted(): { stream: Writable; writes: string[] } {
  const writes: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString());
      done();
    },
    writev(chunks, done) {
      writes.push(Buffer.concat(chunks.map(({ chunk }) => Buffer.from(chunk))).toString());
      done();
    },
  });
  return { stream, writes };
}

const failOnError = (error: Error): void => {
  throw error;
};

test('single chunks go out at once; where several come in a turn they go out in one write, in order', async () => {
  const { stream, writes } = counted();
  const writer = createBatchWriter(stream, { maxQueuedBytes: 1 << 20, onError: failOnError });
  for (const text of ['first', 'é', 'c']) expect(writer.write(text)).toBe(true);
  expect(writes).toEqual(['first']);
  await turn();
  expect(writes).toEqual(['first', 'éc']);
  const large = 'x'.repeat(50_000);
  for (const text of [large, large, 'end']) expect(writer.write(Buffer.from(text))).toBe(true);
  expect(writes).toHaveLength(2);
  await turn();
  writer.write('alone');
  expect(writes).toHaveLength(3);
  await turn();
  writer.write('again');
  writer.end();
  await once(stream, 'finish');
  expect(writes).toEqual(['first', 'éc', `${large}${large}end`, 'alone', 'again']);
});

test('the reader need not wait for the whole turn when much is written in it', async () => {
  const { stream, writes } = counted();
  const writer = createBatchWriter(stream, { maxQueuedBytes: 1 << 20, onError: failOnError });
  writer.write('a');
  writer.write('a');
  await turn();
  writes.length = 0;
  for (let i = 0; i < MAX_BATCH - 1; i++) writer.write('a');
  expect(writes).toEqual([]);
  for (let i = 0; i < 3; i++) writer.write('b');
  const full = `${'a'.repeat(MAX_BATCH - 1)}b`;
  expect(writes).toEqual([full]);
  await turn();
  expect(writes).toEqual([full, 'bb']);
});

test('all of it arrives through a real pipe', async () => {
  const child = started('cat');
  const writer = createBatchWriter(child.stdin, { maxQueuedBytes: 64 << 20, onError: failOnError });
  const received: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => received.push(chunk));
  const sent: string[] = [];
  for (let i = 0; i < 2_000; i++) {
    const line = `${i}${'y'.repeat((i * 7919) % 3_000)}\n`;
    sent.push(line);
    expect(writer.write(i % 2 === 0 ? line : Buffer.from(line))).toBe(true);
    if (i % 100 === 0) await turn();
  }
  writer.end();
  expect(writer.write('late')).toBe(false);
  await once(child, 'close');
  expect(Buffer.concat(received).toString()).toBe(sent.join(''));
});

test('a reader that does not read makes it refuse, and it holds no more than its limit', async () => {
  const child = started('sleep', '600');
  const maxQueuedBytes = 1 << 20;
  // The pipe breaks when the test ends the process.
  const writer = createBatchWriter(child.stdin, { maxQueuedBytes, onError() {} });
  const chunk = Buffer.alloc(10_000, 'z');
  let accepted = 0;
  while (writer.write(chunk)) {
    accepted++;
    if (accepted % 10 === 0) await turn();
    expect(accepted).toBeLessThan(1_000);
  }
  expect(child.stdin.writableLength).toBeLessThanOrEqual(maxQueuedBytes);
  expect(accepted * chunk.length).toBeGreaterThan(maxQueuedBytes - chunk.length);
});

test('a broken pipe is reported once, and later writes are refused', async () => {
  const child = started('true');
  await once(child, 'exit');
  const errors: Error[] = [];
  const broken = Promise.withResolvers<void>();
  const writer = createBatchWriter(child.stdin, {
    maxQueuedBytes: 1 << 20,
    onError: (error) => {
      errors.push(error);
      broken.resolve();
    },
  });
  writer.write('a');
  writer.write('b');
  // Node may have seen the end of the pipe already: then the write was refused and there is nothing to report.
  if (child.stdin.writable) await broken.promise;
  expect(writer.write('c')).toBe(false);
  await turn();
  writer.end();
  await turn();
  expect(errors.length).toBeLessThanOrEqual(1);
});

test('a connection that is reset is reported once', async () => {
  const server = createServer((socket: Socket) => socket.resetAndDestroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<Error>();
  const errors: Error[] = [];
  const writer = createBatchWriter(socket, {
    maxQueuedBytes: 1 << 20,
    onError: (error) => {
      errors.push(error);
      resolve(error);
    },
  });
  writer.write('hello');
  expect(await promise).toBeInstanceOf(Error);
  expect(writer.write('more')).toBe(false);
  writer.end();
  await turn();
  expect(errors.length).toBe(1);
});

test('a destroyed stream refuses', () => {
  const { stream } = counted();
  const writer = createBatchWriter(stream, { maxQueuedBytes: 100, onError: failOnError });
  stream.destroy();
  expect(writer.write('x')).toBe(false);
  writer.end();
});
