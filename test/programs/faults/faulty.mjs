// A stdio server of the old era whose tools misbehave. Plain JavaScript, because it is started again and again.
// faulty.mjs [--broken-while FILE] [--hang-while FILE]: as long as the file exists a start fails, or never answers.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { 'broken-while': { type: 'string' }, 'hang-while': { type: 'string' } },
});
if (existsSync(values['broken-while'] ?? '')) {
  process.stderr.write('looking for the database\nno database: start it first\n');
  process.exit(3);
}
const deaf = existsSync(values['hang-while'] ?? '');

const MEGABYTE = 1 << 20;
const cancelled = [];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

/** Writes the block again and again, as fast as it is read. */
async function pour(block, megabytes) {
  for (let left = megabytes * MEGABYTE; left > 0; left -= block.length) {
    if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}

const FLOODS = {
  junk: `${'x'.repeat(59)}\n`.repeat(1_000),
  notifications: `${JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level: 'info', data: 'x'.repeat(900) },
  })}\n`.repeat(100),
  line: 'x'.repeat(MEGABYTE),
};

const jobs = new Map();
function jobOf(name) {
  if (!jobs.has(name)) jobs.set(name, { started: 0, ...Promise.withResolvers() });
  return jobs.get(name);
}

/** Questions to the client, by the ids that they were given; and what came of them. */
const asks = new Map();
const answers = [];

const tools = {
  /** Asks its client and returns what it answered. */
  async ask({ message }) {
    const id = `ask-${asks.size + 1}`;
    const answer = new Promise((resolve) => asks.set(id, resolve));
    const requestedSchema = { type: 'object', properties: { value: { type: 'string' } } };
    send({ id, method: 'elicitation/create', params: { message, requestedSchema } });
    return { answer: await answer };
  },
  answers: () => ({ answers }),
  echo: ({ nonce }) => ({ nonce, pid: process.pid }),
  /** Ends the process in the middle of the call. */
  crash({ code = 3 }) {
    process.stderr.write('about to crash\nthis is the last line\n');
    process.exit(code);
  },
  hang: () => new Promise(() => {}),
  /** Answers when it is released by its name, after a question if there is one; counts how often it was called. */
  async job({ name, ask }) {
    const job = jobOf(name);
    job.started += 1;
    await job.promise;
    // By then the call that released it has its answer, and the question can only be this call's.
    if (ask !== undefined) await pause(100);
    const answer = ask === undefined ? undefined : (await tools.ask({ message: ask })).answer;
    return { job: name, started: job.started, answer };
  },
  release({ name }) {
    jobOf(name).resolve();
    return {};
  },
  started: ({ name }) => ({ started: jobOf(name).started }),
  cancelled: () => ({ cancelled }),
  async steps({ count, everyMs }, token) {
    for (let progress = 1; progress <= count; progress++) {
      await pause(everyMs);
      send({ method: 'notifications/progress', params: { progressToken: token, progress } });
    }
    return { count };
  },
  async flood({ kind, megabytes }) {
    await pour(FLOODS[kind], megabytes);
    if (kind === 'line') process.stdout.write('\n');
    return { kind };
  },
  big: ({ bytes, text = 'x' }) => ({ text: text.repeat(bytes) }),
  /** Says whatever it is told to, line by line, and takes what is answered for no message. */
  say({ lines }) {
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return { said: lines.length };
  },
  /** An answer to this very call in bytes that are no text. */
  garbled(_, __, id) {
    process.stdout.write(
      Buffer.concat([
        Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"x":"`),
        Buffer.from([0xff]),
        Buffer.from('"}}\n'),
      ]),
    );
    return new Promise(() => {});
  },
  /** Half a message, and the end. */
  partial() {
    process.stdout.write('{"jsonrpc":"2.0","id":1,"result":{"content":[', () => process.exit(1));
    return new Promise(() => {});
  },
  /** Answers to nobody, twice to somebody, and with the wrong types. */
  nonsense() {
    const lines = ['', '[]', 'null', '"x"', '{"jsonrpc":"2.0"}', '{"jsonrpc":"1.0","id":1,"result":{}}'];
    lines.push(
      '{"jsonrpc":"2.0","id":999999,"result":{}}',
      '{"jsonrpc":"2.0","id":-1,"result":[]}',
      '\u0000',
    );
    lines.push(
      '{"jsonrpc":"2.0","id":{"a":1},"result":{}}',
      '{"jsonrpc":"2.0","method":5}',
      '{'.repeat(9_999),
    );
    process.stdout.write(
      Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0xff, 0xfe, 10])]),
    );
    return {};
  },
  /** Leaves a grandchild in a session of its own; says its pid. */
  spawn() {
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>{});setInterval(()=>{},1e3)'], {
      detached: true,
      stdio: 'ignore',
    });
    return { pid: child.pid };
  },
};

async function answer({ id, method, params, result, error }) {
  if (method === 'notifications/cancelled') cancelled.push(params.requestId);
  if (method === undefined && asks.has(id)) {
    answers.push(result ?? error);
    asks.get(id)(result ?? error);
  }
  if (id === undefined || method === undefined) return;
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'faulty', version: '1.0.0' };
      const result = { protocolVersion: '2025-11-25', capabilities: { tools: {}, logging: {} }, serverInfo };
      return send({ id, result });
    }
    case 'ping':
      return send({ id, result: {} });
    case 'tools/list': {
      const list = Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } }));
      return send({ id, result: { tools: list } });
    }
    case 'tools/call': {
      const result = await tools[params.name](params.arguments ?? {}, params._meta?.progressToken, id);
      return send({ id, result: { content: [], structuredContent: result } });
    }
    default:
      return send({ id, error: { code: -32_601, message: 'Method not found' } });
  }
}

/** Only LF ends a line: readline would take U+2028 for an end too, which valid JSON may hold. */
let held = '';
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (held + text).split('\n');
  held = lines.pop();
  if (!deaf) for (const line of lines) take(JSON.parse(line));
});

function take(message) {
  answer(message).catch((error) =>
    send({ id: message.id, error: { code: -32_603, message: String(error) } }),
  );
}
