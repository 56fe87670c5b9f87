import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { Pipe } from '../../../src/gateway/ports.ts';
import { createPipeLink, type PipeLinkOptions } from '../../../src/gateway/upstream/pipe-link.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { LinkRecorder, request, until } from './link-recorder.ts';

const PROGRAM = new URL('../../../../../test/programs/upstreams/line-server.mjs', import.meta.url).pathname;

function startPipe(mode: string): Pipe {
  const child = spawn(process.execPath, [PROGRAM, mode], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const exit = once(child, 'exit');
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended: exit.then(([code, signal]) => ({ reason: `code ${String(code)}, signal ${String(signal)}` })),
    async close() {
      // The whole group: a descendant may hold the pipe.
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Nothing of it is left.
      }
      await exit;
    },
  };
}

function open(mode: string, options: Partial<PipeLinkOptions> = {}) {
  const pipe = startPipe(mode);
  const seen = new LinkRecorder();
  const link = createPipeLink(pipe, seen, { clock: systemClock, maxMessageBytes: 1 << 20, ...options });
  return { link, seen, pipe, [Symbol.asyncDispose]: () => link.close() };
}

describe('messages', () => {
  it('go out and come back, each on a line, in order', async () => {
    await using opened = open('good');
    for (let id = 1; id <= 100; id++) opened.link.request(request(id));
    opened.link.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
    await opened.seen.answer(100);
    expect(
      opened.seen.messages.map(
        ({ message }) =>
          message.id && Number(message.bytes.toString('utf8', message.id.start, message.id.end)),
      ),
    ).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(opened.seen.messages[0]?.origin).toBeUndefined();
  });

  it('stay one line when they have line breaks between their tokens', async () => {
    await using opened = open('mirror');
    const bytes = Buffer.from(
      '{\r\n "jsonrpc": "2.0",\n "id": 1,\r "method": "x", "params": {"a": "b\\n"}\n}',
    );
    opened.link.request(request(1, 'x', { bytes }));
    const { text } = await opened.seen.answer(1);
    const line = '{   "jsonrpc": "2.0",  "id": 1,  "method": "x", "params": {"a": "b\\n"} }';
    expect(JSON.parse(text)).toMatchObject({ result: { line } });
    expect(bytes.includes(0x0a)).toBe(true);
  });

  it.each(['crlf', 'batch'])('are understood as %s too', async (mode) => {
    await using opened = open(mode);
    opened.link.request(request(1));
    await opened.seen.answer(1);
    expect(opened.seen.strays).toEqual([]);
  });

  it('of any number are taken without losing one', async () => {
    verifies('SUP-06');
    await using opened = open('flood');
    opened.link.request(request(1));
    await opened.seen.answer(1);
    expect(opened.seen.messages).toHaveLength(50_001);
  });
});

describe('noise', () => {
  it('goes to the log and breaks nothing', async () => {
    verifies('SUP-04');
    await using opened = open('noise');
    opened.link.request(request(1));
    await opened.seen.answer(1);
    expect(opened.seen.strays).toEqual(['Server is ready!', '  ', '{"not":"a message"}', '\u0000\u0001']);
    opened.link.request(request(2));
    await opened.seen.answer(2);
  });

  it('of 50 MB in one line is dropped', async () => {
    verifies('SUP-06');
    await using opened = open('oversize');
    opened.link.request(request(1));
    await opened.seen.answer(1);
    expect(opened.seen.strays).toEqual([expect.stringContaining('longer than 1048576 bytes')]);
  });
});

describe('a process that does not read', () => {
  it('fills a queue with a bound, beyond which requests fail unsent', async () => {
    verifies('SUP-07');
    await using opened = open('deaf', { maxQueuedBytes: 200_000 });
    const bytes = Buffer.alloc(50_000, ' ');
    for (let id = 1; id <= 50; id++) opened.link.request(request(id, 'x', { bytes }));
    expect(opened.seen.failures.get(50)).toMatchObject({
      kind: 'network',
      sent: false,
      reason: expect.stringContaining('does not read'),
    });
    expect(opened.seen.failures.has(1)).toBe(false);
    expect(opened.seen.ends).toEqual([]);
  });

  it('or has closed its stdin fails requests unsent, not Tutti', async () => {
    verifies('SUP-06');
    await using opened = open('closed-stdin');
    await until(() => opened.seen.messages.length === 1);
    let id = 0;
    // The first write may still be taken by the system before it notices.
    while (opened.seen.failures.size === 0) {
      opened.link.request(request(++id));
      await new Promise(setImmediate);
    }
    expect(opened.seen.failures.get(id)).toMatchObject({ kind: 'network', sent: false });
    opened.link.send(Buffer.from('{"jsonrpc":"2.0","method":"notifications/x"}'));
    expect(opened.seen.strays).toEqual([expect.stringContaining('does not take any input')]);
  });
});

describe('the end', () => {
  it('comes after the last answer, with the reason of the process', async () => {
    verifies('SUP-06');
    await using opened = open('last');
    opened.link.request(request(1));
    opened.link.request(request(2));
    expect(await opened.seen.end()).toEqual({ kind: 'exited', reason: 'code 7, signal null' });
    expect(opened.seen.order.at(-1)).toBe('closed');
    expect(opened.seen.messages.length).toBeGreaterThan(0);
    expect(opened.seen.failures.size).toBe(0);
    opened.link.request(request(3));
    expect(await opened.seen.failure(3)).toMatchObject({ kind: 'network', sent: false });
  });

  it('waits for what is still in the pipe', async () => {
    const stdout = new PassThrough();
    const ended = Promise.resolve({ reason: 'code 0' });
    const pipe: Pipe = { stdin: new PassThrough(), stdout, ended, close: async () => {} };
    const seen = new LinkRecorder();
    createPipeLink(pipe, seen, { clock: systemClock, maxMessageBytes: 1_000 });
    await ended;
    stdout.end('{"jsonrpc":"2.0","id":1,"result":{}}\n');
    expect(await seen.end()).toEqual({ kind: 'exited', reason: 'code 0' });
    expect(seen.order).toEqual(['message', 'closed']);
  });

  it('with half a message leaves a note', async () => {
    await using opened = open('half');
    opened.link.request(request(1));
    await opened.seen.end();
    expect(opened.seen.strays).toEqual(['{"jsonrpc":"2.0",']);
  });

  it('is told though a descendant holds stdout', async () => {
    verifies('SUP-06');
    await using opened = open('orphan');
    opened.link.request(request(1));
    await opened.seen.answer(1);
    expect(await opened.seen.end()).toMatchObject({ kind: 'exited' });
  });

  it('is told when the process closes stdout and lives on', async () => {
    verifies('SUP-06');
    await using opened = open('closed-stdout');
    expect(await opened.seen.end()).toMatchObject({
      kind: 'lost',
      reason: expect.stringContaining('stdout'),
    });
  });

  it('of our own making is told once, and ends the process', async () => {
    await using opened = open('good');
    opened.link.request(request(1));
    await opened.seen.answer(1);
    await Promise.all([opened.link.close(), opened.link.close()]);
    await opened.pipe.ended;
    await until(() => opened.pipe.stdout.destroyed);
    expect(opened.seen.ends).toMatchObject([{ kind: 'closed' }]);
  });
});
