// A service that speaks both APIs of models as far as they are used here, and answers what a test tells it to.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

export type Reply = (response: ServerResponse, asked: Asked) => void;

export interface ModelService extends AsyncDisposable {
  /** Where both APIs begin. */
  readonly url: string;
  readonly asked: Asked[];
  /** The next answers; the last one stays. */
  answer(...replies: readonly Reply[]): void;
}

/** An answer of the model, in the API that was asked. */
export const says =
  (words: string, finish: 'stop' | 'length' = 'stop'): Reply =>
  (response, { path, body }) =>
    json(200, path.endsWith('/messages') ? anthropic(words, finish, body) : openai(words, finish))(response, {
      path,
      headers: {},
      body,
    });

export const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };

/** Takes the question, and says nothing. */
export const silence: Reply = () => {};

export async function startModelService(): Promise<ModelService> {
  const asked: Asked[] = [];
  let replies: Reply[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const one = { path: request.url ?? '', headers: request.headers, body: JSON.parse(body) };
      asked.push(one);
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      reply?.(response, one);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    answer: (...next) => {
      replies = [...next];
      asked.length = 0;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function openai(words: string, finish: string): unknown {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: words }, finish_reason: finish }],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  };
}

/** A model that is told to use a tool answers by it. */
function anthropic(words: string, finish: string, { tools }: Record<string, unknown>): unknown {
  const name = Array.isArray(tools)
    ? tools.flatMap((tool: { name?: string }) => tool.name ?? [])[0]
    : undefined;
  const content =
    name === undefined
      ? { type: 'text', text: words }
      : { type: 'tool_use', id: 'toolu_1', name, input: JSON.parse(words) };
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [content],
    stop_reason: finish === 'length' ? 'max_tokens' : name === undefined ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 11, output_tokens: 7 },
  };
}
