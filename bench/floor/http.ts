// The floor for HTTP → HTTP: parse, give the request an id of its own, forward it over a keep-alive pool, parse the
// answer, put the caller's id back.
// node bench/floor/http.ts URL

import { createServer, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { announce } from '../upstreams/announce.ts';

const target = new URL(process.argv[2] ?? '');
const pool = new Pool(target.origin, { connections: 128, pipelining: 1 });
let lastId = 0;

async function forward(
  text: string,
  headers: Record<string, string>,
  response: ServerResponse,
): Promise<void> {
  const message = JSON.parse(text);
  const id: unknown = message.id;
  if (id !== undefined) {
    lastId += 1;
    message.id = lastId;
  }
  const answer = await pool.request({
    path: target.pathname,
    method: 'POST',
    headers,
    body: JSON.stringify(message),
  });
  const body = await answer.body.text();
  if (body === '') {
    response.writeHead(answer.statusCode).end();
    return;
  }
  const result = JSON.parse(body);
  result.id = id;
  const out = JSON.stringify(result);
  response.writeHead(answer.statusCode, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(out),
  });
  response.end(out);
}

const FORWARDED = [
  'content-type',
  'accept',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
];

const server = createServer((request, response) => {
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    forward(text, headers, response).catch((error: unknown) => {
      response.writeHead(502).end(String(error));
    });
  });
});
announce(server);
