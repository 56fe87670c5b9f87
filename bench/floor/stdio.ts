// The floor for HTTP → stdio: what a competent engineer writes in an hour, with no feature at all. Parses, gives each
// request an id of its own, batches the writes to the child, parses the answers and puts the callers' ids back.
// node bench/floor/stdio.ts COMMAND [ARG…]

import { spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import { announce } from '../upstreams/announce.ts';

const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
child.on('exit', () => process.exit(1));

interface Waiting {
  readonly id: unknown;
  readonly response: ServerResponse;
}

const waiting = new Map<number, Waiting>();
let lastId = 0;
let batch = '';

function send(line: string): void {
  if (batch === '') setImmediate(flush);
  batch += line;
}

function flush(): void {
  child.stdin.write(batch);
  batch = '';
}

function answer(line: string): void {
  const message = JSON.parse(line);
  const call = waiting.get(message.id);
  if (call === undefined) return;
  waiting.delete(message.id);
  message.id = call.id;
  const body = JSON.stringify(message);
  call.response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  call.response.end(body);
}

let rest = '';
child.stdout.setEncoding('utf8');
child.stdout.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) answer(line);
});

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    const message = JSON.parse(text);
    if (message.id === undefined) {
      response.writeHead(202).end();
    } else {
      lastId += 1;
      waiting.set(lastId, { id: message.id, response });
      message.id = lastId;
    }
    send(`${JSON.stringify(message)}\n`);
  });
});
announce(server);
