// The endpoints of MCP by their paths.

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
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  const query = end === -1 ? '' : url.slice(end + 1);
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
