// The running instance itself: health, what happened, what is wrong, backup, plan.

import {
  ApiDroppedSchema,
  ApiEventListSchema,
  ApiEventSchema,
  ApiHealthSchema,
  ApiInstanceSchema,
  ApiPlanRequestSchema,
  ApiPlanSchema,
  ApiProblemListSchema,
  ApiReadinessSchema,
  MAX_PLAN_REQUEST_BYTES,
  STREAM_EVENTS,
  type ApiEvent,
} from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { EventQuerySchema, readEventQuery } from './event-query.ts';
import { followResponse } from './follow.ts';
import { readsStill, requireAll, seesEvent } from './reads.ts';
import { get, post, type RouteGroup } from './route.ts';

/** A JSON Schema, an OpenAPI document. */
const DocumentSchema = z.record(z.string(), z.json());

export const INSTANCE_ROUTES: RouteGroup = {
  tag: 'Instance',
  about: 'Health, what happened, what is wrong, backup and plan of the running instance.',
  routes: [
    get('/healthz', 'It answers.').answers(ApiHealthSchema, () => ({ status: 'ok' as const })),
    get('/readyz', 'Whether it serves all that it should; if not, why.').sends(
      { schema: ApiReadinessSchema, alsoAt: [503] },
      (_, deps) => {
        const readiness = deps.readiness();
        return Response.json(readiness, { status: readiness.ready ? 200 : 503 });
      },
    ),
    get('/metrics', 'What is counted, for Prometheus.').sends(
      { media: 'text/plain' },
      async ({ c }, deps) => {
        requireAll(deps, c.get('access'));
        const { contentType, body } = await deps.metrics();
        return new Response(body, { headers: { 'content-type': contentType } });
      },
    ),
    get('/schemas/:file{.+\\.json}', 'The JSON Schema of a kind of declarations: `mcpserver.json`.').sends(
      { schema: DocumentSchema },
      ({ param }, deps) => {
        const kind = param('file').slice(0, -'.json'.length);
        const schema = deps.schema(kind);
        if (schema === undefined)
          throw new AppError('not_found', `There is no schema of the kind "${kind}".`);
        return Response.json(schema);
      },
    ),
    get('/api/v1/openapi.json', 'This document.').sends({ schema: DocumentSchema }, async () => {
      // Loaded when it is asked for: few do.
      const { default: document } = await import('./gen/openapi.json', { with: { type: 'json' } });
      return Response.json(document);
    }),
    get('/api/v1/info', 'What it is, and where it can be reached.').answers(ApiInstanceSchema, (_, deps) =>
      deps.info(),
    ),
    get('/api/v1/problems', 'What is wrong with the declarations.').answers(
      ApiProblemListSchema,
      ({ c }, deps) => {
        requireAll(deps, c.get('access'));
        return { items: deps.problems() };
      },
    ),
    get('/api/v1/events', 'What happened, the oldest first.')
      .query(EventQuerySchema)
      .sends(
        {
          schema: ApiEventListSchema,
          events: { [STREAM_EVENTS.item]: ApiEventSchema, [STREAM_EVENTS.dropped]: ApiDroppedSchema },
        },
        async ({ c, query: { follow = false, ...asked } }, deps) => {
          const access = c.get('access');
          const query = readEventQuery(asked, Date.now());
          const shown = (events: readonly ApiEvent[]): ApiEvent[] =>
            events.filter((event) => seesEvent(deps, access, event));
          if (!follow) return Response.json({ items: shown(await deps.events(query)) });
          return followResponse(
            {
              initial: shown(deps.recentEvents(query)),
              subscribe: (listener) => deps.onEvent(query, listener),
              isStillFor: ({ kind, name }) =>
                readsStill(deps, access, kind === 'MCPServer' ? name : undefined),
            },
            deps.closing,
          );
        },
      ),
    // Changes nothing, but holds everything: the token is needed wherever it is asked for.
    post('/api/v1/backup', 'All that the store holds, as a file to keep: whole only when it ends well.')
      .fails('conflict')
      .sends({ media: 'application/x-ndjson' }, async (_, deps) => {
        const body = ReadableStream.from(await deps.backup()).pipeThrough(new TextEncoderStream());
        return new Response(body, {
          headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
        });
      }),
    post(
      '/api/v1/plan',
      'What a change of declarations would do, or without one what is declared and not in force.',
    )
      .body(ApiPlanRequestSchema, MAX_PLAN_REQUEST_BYTES)
      .answers(ApiPlanSchema, ({ body }, deps) => deps.plan(body)),
    post('/api/v1/reload', 'Reads all sources again; what is wrong with them.').answers(
      ApiProblemListSchema,
      async (_, deps) => {
        await deps.control.reload();
        return { items: deps.problems() };
      },
    ),
  ],
};
