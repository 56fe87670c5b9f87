// Chooses the link for a connection. What HTTP needs is loaded when the first HTTP server is dialled.

import type { Clock } from '../../kernel/clock.ts';
import type { ServerEntry } from '../../snapshot/types.ts';
import type { Connection, HttpTarget } from '../ports.ts';
import type { Link, LinkHandlers } from './link.ts';
import { createNativeLink } from './native-link.ts';
import { createPipeLink } from './pipe-link.ts';

/** For targets whose refused connections are tried again. */
const REFUSED_RETRY = { attempts: 6, delayMs: 250 };

export interface OpenLinkDeps {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
}

export async function openLink(
  deps: OpenLinkDeps,
  connection: Connection,
  handlers: LinkHandlers,
  entry: ServerEntry,
): Promise<Link> {
  const options = { ...deps, maxMessageBytes: entry.limits.maxMessageBytes };
  if (connection.kind === 'pipe') return createPipeLink(connection.pipe, handlers, options);
  if (connection.kind === 'native') return createNativeLink(connection.server, handlers);
  return await openHttpLink(connection.target, handlers, options);
}

/** The link has its own connections and closes them with itself. */
async function openHttpLink(
  target: HttpTarget,
  handlers: LinkHandlers,
  options: OpenLinkDeps & { readonly maxMessageBytes: number },
): Promise<Link> {
  const [{ createDispatcher }, { createHttpLink }, { createSseLink }] = await Promise.all([
    import('./dispatcher.ts'),
    import('./http-link.ts'),
    import('./sse-link.ts'),
  ]);
  const retry = target.retryRefused === true ? { clock: options.clock, ...REFUSED_RETRY } : undefined;
  const dispatcher = createDispatcher(target.url.origin, { retryRefused: retry });
  const create = target.transport === 'sse' ? createSseLink : createHttpLink;
  const link = create(target, dispatcher, handlers, options);
  return {
    ...link,
    async close() {
      await link.close();
      await dispatcher.destroy();
    },
  };
}
