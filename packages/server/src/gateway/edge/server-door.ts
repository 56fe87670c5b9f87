// The way to one server by itself, for a listener that is that server's own. What comes in here is of its own: its
// sessions are unknown elsewhere, and end with it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { View } from '../routing/view.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { ownPortEndpointOf } from './endpoint.ts';
import { createHttpEdge, type HttpEdgeDeps } from './http.ts';
import { refuse } from './respond.ts';
import { SseDoor } from './sse.ts';

export interface ServerDoor extends Disposable {
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export interface ServerDoorDeps extends Omit<HttpEdgeDeps, 'sse' | 'endpoint' | 'view'> {
  readonly sessions: Sessions;
  /** Of the server, and no other door's. */
  readonly view: View & { readonly server: string };
  readonly isThere: () => boolean;
}

export function createServerDoor(deps: ServerDoorDeps): ServerDoor {
  const { core, replies, legacy, sessions, view, whenKnown } = deps;
  const sse = new SseDoor({ core, replies, door: legacy, view, whenKnown });
  const handle = createHttpEdge({
    ...deps,
    sse,
    endpoint: (url) => ownPortEndpointOf(url, view.server),
    view: () => (deps.isThere() ? view : undefined),
  });
  return {
    handle(request, response) {
      if (!handle(request, response))
        refuse(response, 404, `There is nothing here; ${view.server} is at /mcp, and at /sse for HTTP+SSE.`);
    },
    [Symbol.dispose]() {
      sse[Symbol.dispose]();
      for (const session of sessions.all()) if (session.view === view) sessions.end(session);
    },
  };
}
