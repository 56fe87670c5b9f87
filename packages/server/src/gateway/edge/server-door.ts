// The way to one server by itself, for a listener that is that server's own. What comes in here is of its own: its
// sessions are unknown elsewhere, and end with it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Views } from '../routing/views.ts';
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
  readonly views: Views;
  readonly server: string;
}

export function createServerDoor(deps: ServerDoorDeps): ServerDoor {
  const { server, sessions, views } = deps;
  const sse = new SseDoor({ ...deps, door: deps.legacy });
  const own = views.alone(server);
  const handle = createHttpEdge({
    ...deps,
    sse,
    endpoint: (url) => ownPortEndpointOf(url, server),
    view: (_place, access) => own.of(access),
  });
  return {
    handle(request, response) {
      if (!handle(request, response))
        refuse(response, 404, `There is nothing here; ${server} is at /mcp, and at /sse for HTTP+SSE.`);
    },
    [Symbol.dispose]() {
      sse[Symbol.dispose]();
      for (const session of sessions.all()) if (own.has(session.view)) sessions.end(session);
      own[Symbol.dispose]();
    },
  };
}
