// Chooses the link for a connection. What HTTP needs is loaded when the first HTTP server is dialled.

import type { Dispatcher } from 'undici';
import type { Clock } from '../../kernel/clock.ts';
import type { ServerEntry } from '../../snapshot/types.ts';
import type { Connection } from '../ports.ts';
import type { Link, LinkHandlers } from './link.ts';
import { createPipeLink } from './pipe-link.ts';

export interface LinkOpener extends AsyncDisposable {
  open(connection: Connection, handlers: LinkHandlers, entry: ServerEntry): Promise<Link>;
}

export function createLinkOpener(clock: Clock, random: () => number): LinkOpener {
  let dispatcher: Dispatcher | undefined;
  return {
    async open(connection, handlers, entry) {
      const { maxMessageBytes } = entry.limits;
      if (connection.kind === 'pipe')
        return createPipeLink(connection.pipe, handlers, { clock, maxMessageBytes });
      const [{ createDispatcher }, { createHttpLink }, { createSseLink }] = await Promise.all([
        import('./dispatcher.ts'),
        import('./http-link.ts'),
        import('./sse-link.ts'),
      ]);
      dispatcher ??= createDispatcher();
      const create = connection.target.transport === 'sse' ? createSseLink : createHttpLink;
      return create(connection.target, dispatcher, handlers, { clock, random, maxMessageBytes });
    },
    async [Symbol.asyncDispose]() {
      await dispatcher?.destroy();
    },
  };
}
