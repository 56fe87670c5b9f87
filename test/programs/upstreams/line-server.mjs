// A stdio server that answers every request with `{"ok":true}`, and misbehaves as its argument says.

import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [mode = 'good'] = process.argv.slice(2);
const write = (text) => process.stdout.write(text);
const answer = (line) => {
  const { id } = JSON.parse(line);
  if (id !== undefined) write(`{"jsonrpc":"2.0","id":${id},"result":{"ok":true}}\n`);
};

const modes = {
  good: answer,
  /** Says what it is not supposed to say, before every answer. */
  noise(line) {
    write('Server is ready!\n\n  \n{"not":"a message"}\n\u0000\u0001\n');
    process.stderr.write('a log line\n');
    answer(line);
  },
  /** A line far over any limit, then an answer. */
  oversize(line) {
    const chunk = 'x'.repeat(1 << 20);
    for (let i = 0; i < 50; i++) write(chunk);
    write('\n');
    answer(line);
  },
  /** Very many messages, then an answer. */
  flood(line) {
    write(
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}\n'.repeat(
        50_000,
      ),
    );
    answer(line);
  },
  crlf: (line) => write(`${JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(line).id, result: {} })}\r\n`),
  batch: (line) =>
    write(
      `[{"jsonrpc":"2.0","method":"notifications/x"},{"jsonrpc":"2.0","id":${JSON.parse(line).id},"result":{}}]\n`,
    ),
  /** Answers and is gone at once. */
  last(line) {
    answer(line);
    process.exitCode = 7;
    process.stdin.destroy();
  },
  /** Ends with half a message. */
  half() {
    write('{"jsonrpc":"2.0",');
    process.stdin.destroy();
  },
  /** Tells what it was sent, as text in a result. */
  mirror: (line) =>
    write(`{"jsonrpc":"2.0","id":${JSON.parse(line).id},"result":{"line":${JSON.stringify(line)}}}\n`),
  /** Is gone, but a child of its own still holds stdout. */
  orphan(line) {
    answer(line);
    spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)'], {
      stdio: ['ignore', 'inherit', 'ignore'],
    }).unref();
    process.stdin.destroy();
  },
};

switch (mode) {
  case 'deaf':
    setInterval(() => {}, 1_000);
    break;
  case 'closed-stdin':
    closeSync(0);
    write('{"jsonrpc":"2.0","method":"notifications/ready"}\n');
    setInterval(() => {}, 1_000);
    break;
  case 'closed-stdout':
    process.stdout.end(() => process.stdout.destroy());
    setInterval(() => {}, 1_000);
    break;
  default:
    createInterface({ input: process.stdin }).on('line', modes[mode]);
}
