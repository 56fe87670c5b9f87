// The cheapest responder there can be, to find the generator's own ceiling: no parsing, one prebuilt answer whose id
// and text are copied from the request.

import { createServer } from 'node:net';
import { callId, ECHO_TEXT } from '../load/requests.ts';
import { announce } from './announce.ts';

const ID = Buffer.from('"id":');
const marker = String(callId(0));
const body = `{"jsonrpc":"2.0","id":${marker},"result":{"content":[{"type":"text","text":"${marker}${ECHO_TEXT}"}]}}`;
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const first = answer.indexOf(marker);
const second = answer.indexOf(marker, first + 1);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => {
    const at = chunk.indexOf(ID) + ID.length;
    const out = Buffer.from(answer);
    chunk.copy(out, first, at, at + marker.length);
    chunk.copy(out, second, at, at + marker.length);
    socket.write(out);
  });
  socket.on('error', () => socket.destroy());
});
announce(server);
