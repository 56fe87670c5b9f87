// The endpoints of MCP by their paths: of the gateway as a whole, and of a port that is one server's own.

import type { ContextMode } from '../context/mode.ts';
import type { Place } from '../routing/views.ts';

export type Endpoint =
  /** `/mcp`, `/mcp/<server>` and `/mcp/sets/<toolset>`. */
  | { readonly kind: 'mcp'; readonly place: Place }
  /** HTTP+SSE: the stream, `/sse` or `/sse/sets/<toolset>`, and where its messages are posted. */
  | { readonly kind: 'sse'; readonly part: 'stream'; readonly place: Place }
  | { readonly kind: 'sse'; readonly part: 'messages'; readonly query: string };

const SETS = 'sets/';

export function endpointOf(url: string): Endpoint | undefined {
  const { path, query } = partsOf(url);
  if (path === '/mcp' || path.startsWith('/mcp/')) {
    const place = placeOf(path.slice('/mcp/'.length));
    return place && { kind: 'mcp', place };
  }
  if (path === '/sse' || path.startsWith(`/sse/${SETS}`)) {
    const place = placeOf(path.slice('/sse/'.length));
    return place && { kind: 'sse', part: 'stream', place };
  }
  if (path === '/messages') return { kind: 'sse', part: 'messages', query };
  return undefined;
}

/** `/mcp` is the server by its own names. A bare `http://HOST:PORT` is one of HTTP+SSE. */
export function ownPortEndpointOf(url: string, server: string): Endpoint | undefined {
  const { path, query } = partsOf(url);
  const place = { kind: 'server', name: server } as const;
  if (path === '/mcp' || path === '/mcp/') return { kind: 'mcp', place };
  if (path === '/sse' || path === '/') return { kind: 'sse', part: 'stream', place };
  if (path === '/messages') return { kind: 'sse', part: 'messages', query };
  return undefined;
}

function partsOf(url: string): { readonly path: string; readonly query: string } {
  const end = url.indexOf('?');
  if (end === -1) return { path: url, query: '' };
  return { path: url.slice(0, end), query: url.slice(end + 1) };
}

/** How the client wants to see the catalog: `?mode=search`. */
export function askedMode(url: string): ContextMode | 'unknown' | undefined {
  const end = url.indexOf('?');
  if (end === -1) return undefined;
  const mode = new URLSearchParams(url.slice(end + 1)).get('mode');
  if (mode === null) return undefined;
  return mode === 'direct' || mode === 'search' ? mode : 'unknown';
}

function placeOf(rest: string): Place | undefined {
  const text = rest.endsWith('/') ? rest.slice(0, -1) : rest;
  if (text === '') return { kind: 'all' };
  const isSet = text.startsWith(SETS);
  const name = isSet ? text.slice(SETS.length) : text;
  return name.includes('/') ? undefined : { kind: isSet ? 'set' : 'server', name };
}
