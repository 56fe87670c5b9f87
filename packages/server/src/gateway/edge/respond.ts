// Short HTTP responses.

import type { ServerResponse } from 'node:http';
import { errorResponse } from '@tutti/wire';
import type { Refused } from '../../policy/access.ts';
import type { Challenge, RpcError } from '../protocol/rpc.ts';

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

/** To somebody whom nobody knows (RFC 6750, 3). */
export function refuseStranger(response: ServerResponse, { reason, challenge }: Refused): void {
  response.setHeader('www-authenticate', challenge);
  refuse(response, 401, reason);
}

/** What a server that wants credentials would have answered itself. `id` is JSON text. */
export function respondLocked(
  response: ServerResponse,
  id: string | undefined,
  { code, message, data, challenge }: RpcError,
): void {
  const body = errorResponse(id, code, message, data);
  const head = ['content-type', 'application/json', 'content-length', String(body.length)];
  response.writeHead(401, challenge === undefined ? head : [...head, ...challengeHeaders(challenge)]);
  response.end(body);
}

/** Text that can't stand in a header is no challenge that anybody could answer. */
export function challengeHeaders({ wwwAuthenticate }: Challenge): readonly string[] {
  const isHeader = wwwAuthenticate !== undefined && /^[\t\x20-\x7e\x80-\xff]+$/.test(wwwAuthenticate);
  return isHeader ? ['www-authenticate', wwwAuthenticate] : [];
}
