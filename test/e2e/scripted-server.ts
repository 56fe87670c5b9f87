// A server over Streamable HTTP that says exactly what a test tells it to: handshake, tools and streams are its own, the
// rest is the test's. Texts are JSON, so that no byte changes on the way.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { memberText } from '../support/json-text.ts';

export interface Request {
  readonly method: string;
  /** The text of the params. */
  readonly params: string;
  readonly headers: IncomingMessage['headers'];
  /** Sends a message before the answer. */
  send(message: string): void;
}

/** The text of the result, or `{"error":…}`; undefined: there will be no answer. */
export type Script = (request: Request) => string | undefined | Promise<string | undefined>;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** What came, but for the handshake and the lists. */
  readonly requests: readonly Request[];
  /** Answers of the client to what the server asked: whole messages. */
  readonly answers: readonly string[];
  /** Streams that are open for messages that belong to no request. */
  readonly streams: number;
  /** A legacy server knows its session no longer, as if it had been started again. */
  forgetSession(): void;
  /** It has other tools from now on; whoever should know must be told. */
  setTools(tools: string): void;
  /** Sends a message on those. */
  broadcast(message: string): void;
}

const SSE = { 'content-type': 'text/event-stream' };

export async function startScriptedServer(
  era: 'legacy' | 'modern',
  firstTools: string,
  script: Script,
  /** Members of its capabilities beside those for tools and tasks. */
  capabilities = '',
): Promise<ScriptedServer> {
  const requests: Request[] = [];
  const answers: string[] = [];
  const streams = new Set<ServerResponse>();
  let session = 1;
  let tools = firstTools;
  const write = (response: ServerResponse, message: string): void =>
    void response.write(`event: message\ndata: ${message}\n\n`);
  const stand = (response: ServerResponse): void => {
    response.writeHead(200, SSE).flushHeaders();
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const known = incoming.headers['mcp-session-id'] ?? String(session);
    if (known !== String(session)) return void response.writeHead(404).end();
    if (incoming.method === 'GET' && era === 'legacy') return stand(response);
    if (incoming.method !== 'POST') return void response.writeHead(405).end();
    const body = await readText(incoming);
    const id = memberText(body, 'id');
    const method = String(JSON.parse(memberText(body, 'method') ?? '""'));
    const params = memberText(body, 'params') ?? '{}';
    if (id === undefined || method === '') {
      if (method === '') answers.push(body);
      return void response.writeHead(202).end();
    }
    if (method === 'subscriptions/listen') {
      stand(response);
      requests.push({ method, params, headers: incoming.headers, send: () => {} });
      const tag = `"_meta":{"io.modelcontextprotocol/subscriptionId":${id}}`;
      const accepted = memberText(params, 'notifications') ?? '{}';
      return write(
        response,
        `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{${tag},"notifications":${accepted}}}`,
      );
    }
    const own = handshake(era, method, tools, capabilities);
    if (own !== undefined) {
      const given = method === 'initialize' ? { 'mcp-session-id': String(session) } : {};
      response.writeHead(200, { 'content-type': 'application/json', ...given });
      return void response.end(`{"jsonrpc":"2.0","id":${id},${own}}`);
    }
    const send = (message: string): void => {
      if (!response.headersSent) response.writeHead(200, SSE);
      write(response, message);
    };
    const request: Request = { method, params, headers: incoming.headers, send };
    requests.push(request);
    const answer = await script(request);
    if (answer === undefined) return;
    const error = memberText(answer, 'error');
    const outcome = error === undefined ? `"result":${answer}` : `"error":${error}`;
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' });
    else return void response.end(`data: {"jsonrpc":"2.0","id":${id},${outcome}}\n\n`);
    response.end(`{"jsonrpc":"2.0","id":${id},${outcome}}`);
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    requests,
    answers,
    get streams() {
      return streams.size;
    },
    forgetSession: () => {
      session += 1;
      for (const stream of streams) stream.end();
    },
    setTools: (text) => {
      tools = text;
    },
    broadcast: (message) => streams.forEach((stream) => write(stream, message)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const INFO = '{"name":"scripted","version":"1"}';

/** The members of the response to what every server must answer. */
function handshake(
  era: 'legacy' | 'modern',
  method: string,
  tools: string,
  more: string,
): string | undefined {
  const also = more === '' ? '' : `,${more}`;
  const cached = era === 'modern' ? '"resultType":"complete","ttlMs":0,"cacheScope":"private",' : '';
  switch (method) {
    case 'server/discover':
      if (era === 'legacy') return '"error":{"code":-32601,"message":"Method not found"}';
      return `"result":{${cached}"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"extensions":{"io.modelcontextprotocol/tasks":{}}${also}}}`;
    case 'initialize':
      if (era === 'modern') return '"error":{"code":-32601,"message":"Method not found"}';
      return `"result":{"protocolVersion":"2025-11-25","serverInfo":${INFO},"capabilities":{"tools":{},"logging":{},"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}${also}}}`;
    case 'tools/list':
      return `"result":{${cached}"tools":${tools}}`;
    case 'ping':
    case 'logging/setLevel':
      return '"result":{}';
    default:
      return undefined;
  }
}
