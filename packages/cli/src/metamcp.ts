// Entries of MetaMCP for servers that are served on ports of their own. Pure.

import type { ApiServer } from '@tutti/schemas';

export interface MetamcpEntry {
  readonly name: string;
  readonly type: 'SSE' | 'HTTP';
  readonly url: string;
  readonly enabled: boolean;
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface EntryOptions {
  readonly type: 'sse' | 'http';
  /** Instead of the one that the ports listen on; as it stands in a url. */
  readonly urlHost?: string;
}

/** A bare url is what MetaMCP expects of a server of type SSE. */
export function metamcpEntries(
  servers: readonly ApiServer[],
  { type, urlHost }: EntryOptions,
): readonly MetamcpEntry[] {
  return servers.flatMap(({ name, portUrl, description, metadata, status }) => {
    if (portUrl === undefined) return [];
    const url = new URL(portUrl);
    const base = `${url.protocol}//${urlHost ?? url.hostname}:${url.port}`;
    return [
      {
        name,
        type: type === 'sse' ? 'SSE' : 'HTTP',
        url: type === 'sse' ? base : `${base}/mcp`,
        enabled: status.state !== 'Suspended',
        ...(description !== undefined && { description }),
        ...(metadata !== undefined && { metadata }),
      },
    ];
  });
}
