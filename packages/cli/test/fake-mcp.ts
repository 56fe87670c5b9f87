// What answers at /mcp in tests of `tutti call`: each kind of answer that an endpoint can give.

import type { IncomingHttpHeaders, RequestListener, ServerResponse } from 'node:http';

export interface FakeMcp {
  readonly listener: RequestListener;
  last(): { readonly headers: IncomingHttpHeaders; readonly body: string } | undefined;
  /** The kind of the next answer; a plain result when not set. */
  answerNext(kind: string): void;
  /** Calls that wait for an answer. */
  open(): number;
}

export function startFakeMcp(): FakeMcp {
  let last: { headers: IncomingHttpHeaders; body: string } | undefined;
  let next = 'rolled';
  let open = 0;
  return {
    last: () => last,
    answerNext(kind) {
      next = kind;
    },
    open: () => open,
    listener(request, response) {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        last = { headers: request.headers, body };
        open += 1;
        response.on('close', () => (open -= 1));
        answer(next, response);
        next = 'rolled';
      });
    },
  };
}

function answer(kind: string, response: ServerResponse): void {
  const json = (status: number, message: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }));
  };
  const text = (content: string) => ({ resultType: 'complete', content: [{ type: 'text', text: content }] });
  switch (kind) {
    case 'rolled': {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const progress = (params: object) => event({ method: 'notifications/progress', params });
      response.write(progress({ progressToken: 1, progress: 1, total: 2, message: 'rolling' }));
      response.write(progress({ progressToken: 1, progress: 2, total: 2 }));
      response.end(event({ id: 1, result: text('rolled') }));
      return;
    }
    case 'tool-error':
      json(200, { result: { ...text('it went wrong'), isError: true } });
      return;
    case 'unavailable':
      json(503, {
        error: { code: -32001, message: 'alpha is Failed: exit code 1', data: { kind: 'unavailable' } },
      });
      return;
    case 'input-required':
      json(200, { result: { resultType: 'input_required', inputRequests: {} } });
      return;
    case 'cut-off':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(': nothing\n\n');
      return;
    case 'http-500':
      response.writeHead(500).end('oops');
      return;
    default:
      // Never answers.
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  }
}

function event(message: object): string {
  return `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
}
