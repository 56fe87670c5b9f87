// Who sends a request, as far as the way to a server and back depends on it.

import type { ContextMode } from './context/mode.ts';
import type { Era } from '../snapshot/types.ts';

/** Who is asking. For a legacy client this is its session, which may change its log level at any time. */
export interface Caller {
  /** The id of its principal. */
  readonly principal: string;
  /** Left out: none. */
  readonly roles?: readonly string[];
  readonly era: Era;
  /** The session of a legacy client: what belongs to any of its calls may reach it. A modern call stands alone. */
  readonly sessionKey: string | undefined;
  readonly protocolVersion: string;
  /** JSON text of the client's capabilities. */
  readonly capabilities: string;
  /** JSON text of the client's name and version. */
  readonly clientInfo: string | undefined;
  /** Least severe level that the client wants to see; undefined: no logs. */
  readonly logLevel: string | undefined;
  /** Mcp-Param-* headers of a modern client by lower-case suffix; undefined when the client has no headers. */
  readonly paramHeaders: Readonly<Record<string, string>> | undefined;
  /** How it wants to see the catalog, as its url says. */
  readonly asked?: ContextMode | undefined;
}
