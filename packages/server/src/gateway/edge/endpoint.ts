// The endpoints of MCP by their paths.

export type Endpoint =
  /** `/mcp` and `/mcp/<server>`. */
  | { readonly kind: 'mcp'; readonly server: string | undefined }
  /** HTTP+SSE: the stream, and where its messages are posted. */
  | { readonly kind: 'sse'; readonly part: 'stream' | 'messages'; readonly query: string };

export function endpointOf(url: string): Endpoint | undefined {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  const query = end === -1 ? '' : url.slice(end + 1);
  if (path === '/mcp' || path === '/mcp/') return { kind: 'mcp', server: undefined };
  if (path.startsWith('/mcp/')) {
    const server = path.endsWith('/') ? path.slice(5, -1) : path.slice(5);
    return server.includes('/') ? undefined : { kind: 'mcp', server };
  }
  if (path === '/sse') return { kind: 'sse', part: 'stream', query };
  if (path === '/messages') return { kind: 'sse', part: 'messages', query };
  return undefined;
}
