// A fast MCP server over Streamable HTTP on a raw socket: JSON answers, several servers told apart by their path.
// node bench/upstreams/http.ts [--era legacy|modern] [--tools N]
// `POST /change/<path>` renames a tool of the server at that path and tells its open GET streams.

import { createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { eraOf } from '../load/requests.ts';
import { createAnswer, toolSpecs, type Answer, type ToolSpec } from './answers.ts';
import { announce } from './announce.ts';
import { createRequestReader, type Request } from './http-request.ts';

const { values } = parseArgs({
  options: { era: { type: 'string', default: 'legacy' }, tools: { type: 'string', default: '2' } },
});
const era = eraOf(values.era);
const toolCount = Number(values.tools);

interface Place {
  readonly answer: Answer;
  tools: ToolSpec[];
  changes: number;
  readonly streams: Set<Socket>;
}

const places = new Map<string, Place>();
const ACCEPTED = Buffer.from('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
const NOT_ALLOWED = Buffer.from('HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n');
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n';

function placeOf(path: string): Place {
  const known = places.get(path);
  if (known !== undefined) return known;
  const place: Place = {
    answer: createAnswer(era, () => place.tools),
    tools: toolSpecs(toolCount),
    changes: 0,
    streams: new Set(),
  };
  places.set(path, place);
  return place;
}

function change(place: Place): void {
  place.changes += 1;
  place.tools = toolSpecs(toolCount, ` (${place.changes})`);
  const event = 'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';
  for (const stream of place.streams) stream.write(`${event.length.toString(16)}\r\n${event}\r\n`);
}

function handle(socket: Socket, request: Request): void {
  if (request.path.startsWith('/change/')) {
    change(placeOf(request.path.slice('/change'.length)));
    socket.write(ACCEPTED);
  } else if (request.method === 'GET' && era === 'legacy') {
    const { streams } = placeOf(request.path);
    streams.add(socket);
    socket.on('close', () => streams.delete(socket));
    socket.write(STREAM_HEAD);
  } else if (request.method !== 'POST') {
    socket.write(NOT_ALLOWED);
  } else {
    const answer = placeOf(request.path).answer(request.body.toString());
    if (answer === undefined) socket.write(ACCEPTED);
    else respond(socket, answer);
  }
}

function respond(socket: Socket, body: Buffer): void {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const out = Buffer.allocUnsafe(head.length + body.length);
  out.write(head, 0, 'latin1');
  body.copy(out, head.length);
  socket.write(out);
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on(
    'data',
    createRequestReader((request) => handle(socket, request)),
  );
  socket.on('error', () => socket.destroy());
});
announce(server);
