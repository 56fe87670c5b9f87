// The headers of requests to one HTTP server: the declared ones, which may hold secrets, and those that the protocol
// owns. As undici takes them: a flat list of names and values.

import type { LinkAgreement, OutgoingRequest } from './link.ts';

/** Names that belong to the protocol or to the connection; a declaration of them is not sent. */
const OWNED: ReadonlySet<string> = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const MEDIA = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream'];

export interface HttpHeaders {
  /** The session that a legacy server gave. */
  readonly sessionId: string | undefined;
  readonly agreement: LinkAgreement | undefined;
  agree(agreement: LinkAgreement): void;
  /** From the answer to `initialize`. */
  setSession(sessionId: string | undefined): void;
  forRequest(request: OutgoingRequest): string[];
  /** For a notification or a response; `method` is undefined in a response. */
  forMessage(method: string | undefined): string[];
  forStream(lastEventId: string | undefined): string[];
  forDelete(): string[];
}

export function createHttpHeaders(declared: Readonly<Record<string, string>>): HttpHeaders {
  const own = declaredHeaders(declared);
  const handshake = [...MEDIA, ...own];
  let agreement: LinkAgreement | undefined;
  let sessionId: string | undefined;
  let agreed: string[] = own;
  // The same for every message of a legacy conversation, and the start of every modern one.
  let post = handshake;

  const rebuild = (): void => {
    agreed = [...own];
    if (agreement !== undefined) agreed.push('mcp-protocol-version', agreement.protocolVersion);
    if (sessionId !== undefined) agreed.push('mcp-session-id', sessionId);
    post = [...MEDIA, ...agreed];
  };

  return {
    get sessionId() {
      return sessionId;
    },
    get agreement() {
      return agreement;
    },
    agree(next) {
      agreement = next;
      rebuild();
    },
    setSession(next) {
      sessionId = next;
      rebuild();
    },
    forRequest(request) {
      if (agreement?.era === 'modern') return modernHeaders(post, request);
      return request.method === 'initialize' ? handshake : post;
    },
    forMessage(method) {
      return agreement?.era === 'modern' && method !== undefined
        ? [...post, 'mcp-method', headerText(method)]
        : post;
    },
    forStream(lastEventId) {
      const stream = ['accept', 'text/event-stream', ...agreed];
      if (lastEventId !== undefined) stream.push('last-event-id', lastEventId);
      return stream;
    },
    forDelete() {
      return agreed;
    },
  };
}

function modernHeaders(base: readonly string[], request: OutgoingRequest): string[] {
  const headers = [...base, 'mcp-method', headerText(request.method)];
  if (request.name !== undefined) headers.push('mcp-name', headerText(request.name));
  for (const suffix in request.paramHeaders) {
    headers.push(`mcp-param-${suffix}`, request.paramHeaders[suffix] ?? '');
  }
  return headers;
}

function declaredHeaders(declared: Readonly<Record<string, string>>): string[] {
  const kept = Object.entries(declared).filter(([name]) => !OWNED.has(name.toLowerCase()));
  if (!kept.some(([name]) => name.toLowerCase() === 'user-agent')) kept.push(['user-agent', 'tutti']);
  return kept.flat();
}

/** The value as it stands in a header: itself when that is safe, else its UTF-8 in base64 (revision 2026-07-28,
 *  Streamable HTTP, value encoding). */
function headerText(value: string): string {
  return isSafeHeaderText(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

function isSafeHeaderText(value: string): boolean {
  if (!/^[\t\x20-\x7e]+$/.test(value) || value !== value.trim()) return false;
  return !(value.startsWith('=?base64?') && value.endsWith('?='));
}
