// The endpoints of MCP by their paths: of the gateway as a whole, and of a port that is one server's own.

export type Endpoint =
  /** `/mcp` and `/mcp/<server>`. */
  | { readonly kind: 'mcp'; readonly server: string | undefined }
  /** HTTP+SSE: the stream, and where its messages are posted. */
  | { readonly kind: 'sse'; readonly part: 'stream' | 'messages'; readonly query: string };

export function endpointOf(url: string): Endpoint | undefined {
  const { path, query } = partsOf(url);
  if (path === '/mcp' || path === '/mcp/') return { kind: 'mcp', server: undefined };
  if (path.startsWith('/mcp/')) {
    const server = path.endsWith('/') ? path.slice(5, -1) : path.slice(5);
    return server.includes('/') ? undefined : { kind: 'mcp', server };
  }
  if (path === '/sse') return { kind: 'sse', part: 'stream', query };
  if (path === '/messages') return { kind: 'sse', part: 'messages', query };
  return undefined;
}

/** `/mcp` is the server by its own names. A bare `http://HOST:PORT` is one of HTTP+SSE. */
export function ownPortEndpointOf(url: string, server: string): Endpoint | undefined {
  const { path, query } = partsOf(url);
  if (path === '/mcp' || path === '/mcp/') return { kind: 'mcp', server };
  if (path === '/sse' || path === '/') return { kind: 'sse', part: 'stream', query };
  if (path === '/messages') return { kind: 'sse', part: 'messages', query };
  return undefined;
}

function partsOf(url: string): { readonly path: string; readonly query: string } {
  const end = url.indexOf('?');
  if (end === -1) return { path: url, query: '' };
  return { path: url.slice(0, end), query: url.slice(end + 1) };
}
