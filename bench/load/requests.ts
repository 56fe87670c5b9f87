// Requests as bytes, built once per caller; only the digits of the id change from call to call.

export type Era = 'legacy' | 'modern';
export type Payload = 'small' | 'big';

export const LEGACY_VERSION = '2025-11-25';
export const MODERN_VERSION = '2026-07-28';

/** Ids have eight digits, so that a request never changes its length. */
const FIRST_ID = 10_000_000;
const ID_DIGITS = 8;
const ECHO_FILLER = ' the quick brown fox jumps over the lazy dog and does it again, and again, and again';

const ENVELOPE = `"_meta":{"io.modelcontextprotocol/protocolVersion":"${MODERN_VERSION}","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},"io.modelcontextprotocol/clientCapabilities":{}}`;

export interface Endpoint {
  readonly url: URL;
  readonly era: Era;
  readonly sessionId: string | undefined;
}

export function eraOf(value: string): Era {
  if (value === 'legacy' || value === 'modern') return value;
  throw new Error(`no such era: ${value}`);
}

export function httpRequest(
  endpoint: Endpoint,
  method: string,
  name: string | undefined,
  body: string,
): Buffer {
  const { url, era, sessionId } = endpoint;
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  if (era === 'modern') {
    head.push(`MCP-Protocol-Version: ${MODERN_VERSION}`, `Mcp-Method: ${method}`);
    if (name !== undefined) head.push(`Mcp-Name: ${name}`);
  } else if (method !== 'initialize') {
    head.push(`MCP-Protocol-Version: ${LEGACY_VERSION}`);
  }
  if (sessionId !== undefined) head.push(`Mcp-Session-Id: ${sessionId}`);
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

export function initializeRequest(url: URL): Buffer {
  const params = `{"protocolVersion":"${LEGACY_VERSION}","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${params}}`;
  return httpRequest({ url, era: 'legacy', sessionId: undefined }, 'initialize', undefined, body);
}

export function initializedRequest(endpoint: Endpoint): Buffer {
  const method = 'notifications/initialized';
  return httpRequest(endpoint, method, undefined, `{"jsonrpc":"2.0","method":"${method}"}`);
}

export interface CallBytes {
  readonly bytes: Buffer;
  /** Where the eight digits of the id stand: in the id itself, and in the text to be echoed. */
  readonly places: readonly number[];
}

export function callRequest(endpoint: Endpoint, tool: string, payload: Payload): CallBytes {
  const marker = String(FIRST_ID);
  const params = [`"name":${JSON.stringify(tool)}`];
  params.push(payload === 'small' ? `"arguments":{"text":"${marker}${ECHO_FILLER}"}` : '"arguments":{}');
  if (endpoint.era === 'modern') params.push(ENVELOPE);
  const body = `{"jsonrpc":"2.0","id":${marker},"method":"tools/call","params":{${params.join(',')}}}`;
  const bytes = httpRequest(endpoint, 'tools/call', tool, body);
  const places: number[] = [];
  const start = bytes.indexOf('\r\n\r\n');
  for (let at = bytes.indexOf(marker, start); at !== -1; at = bytes.indexOf(marker, at + 1)) places.push(at);
  return { bytes, places };
}

/** Numbers the call in place. */
export function numberCall(call: CallBytes, id: number): void {
  for (const place of call.places) {
    let rest = id;
    for (let digit = ID_DIGITS - 1; digit >= 0; digit -= 1) {
      call.bytes[place + digit] = 48 + (rest % 10);
      rest = Math.trunc(rest / 10);
    }
  }
}

export function callId(sequence: number): number {
  return FIRST_ID + (sequence % (9 * FIRST_ID));
}

/** What the answer's text must be, after the digits. */
export const ECHO_TEXT = ECHO_FILLER;
