// Short HTTP responses.

import type { ServerResponse } from 'node:http';
import { errorResponse } from '@tutti/wire';

export function respond(response: ServerResponse, status: number, body: Buffer | undefined): void {
  if (body === undefined) response.writeHead(status, ['content-length', '0']);
  else
    response.writeHead(status, ['content-type', 'application/json', 'content-length', String(body.length)]);
  response.end(body);
}

/** A refusal that is not about any one message. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  respond(response, status, errorResponse(undefined, -32600, reason));
}
