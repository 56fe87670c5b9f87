// The API as a listener for node:http, for the composition root to mount beside the MCP edge.

import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApi } from './api.ts';
import type { ApiDeps } from './deps.ts';

export function createApiListener(deps: ApiDeps): RequestListener {
  const app = createApi(deps);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return (request, response) => void listener(request, response);
}
