// The OpenAPI document of the HTTP API, made of the routes that the server serves and of who may use them.

import type { z } from 'zod';
import serverPackage from '../../packages/server/package.json' with { type: 'json' };
import { ApiErrorBodySchema } from '../../packages/schemas/src/index.ts';
import { MAX_KEY_CHARS } from '../../packages/server/src/api/once.ts';
import { rightFor, RIGHTS } from '../../packages/server/src/api/rights.ts';
import type { BodyFacts, Route } from '../../packages/server/src/api/route.ts';
import { ROUTE_GROUPS } from '../../packages/server/src/api/routes.ts';
import { ERROR_CODES, type ErrorCode } from '../../packages/server/src/kernel/errors.ts';
import { type Components, createComponents, type Json, queryParameters } from './components.ts';

const PROBLEM = 'application/problem+json';

export function openApiDocument(): Json {
  const routes = ROUTE_GROUPS.flatMap(({ routes, tag }) => routes.map((route) => ({ route, tag })));
  const components = createComponents(routes.flatMap(({ route }) => schemasOf(route)));
  const paths: Record<string, Record<string, Json>> = {};
  for (const { route, tag } of routes) {
    const item = (paths[documentPath(route.path)] ??= {});
    item[route.method] = operation(route, tag, components);
  }
  const problem = components.answered(ApiErrorBodySchema);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tutti',
      version: serverPackage.version,
      summary: 'The HTTP API beside the MCP endpoint.',
      description:
        'Lists are `{"items": […]}`; where there is a `nextCursor`, the next page begins after it. Failures are problem details (RFC 9457) with a stable `code`. The MCP endpoint itself (`/mcp`) speaks the Model Context Protocol and is not part of this document.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The instance that this document comes from.' }],
    tags: ROUTE_GROUPS.map(({ tag, about }) => ({ name: tag, description: about })),
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key or token that the Gateway declares, or the instance token. One of the roles that stand with an operation is needed. Where an operation can do without, it can on loopback, as long as nobody needs a key there.',
        },
      },
      responses: problemResponses(problem, JSON.stringify(paths)),
      schemas: components.all(),
    },
  };
}

/** As the document writes it: `{name}` for a parameter. */
export function documentPath(path: string): string {
  return path.replaceAll(/:([a-zA-Z]+)(?:\{[^}]*\})?/g, '{$1}');
}

function schemasOf({ body, answer: { schema, events = {} } }: Route): readonly z.ZodType[] {
  return [body?.schema, schema, ...Object.values(events)].filter((one) => one !== undefined);
}

function operation(route: Route, tag: string, components: Components): Json {
  const path = documentPath(route.path);
  const parameters = [
    ...pathParameters(path),
    ...headers(route),
    ...(route.query ? queryParameters(route.query) : []),
  ];
  const right = rightFor(route.method.toUpperCase(), path);
  return {
    operationId: operationId(route.method, path),
    tags: [tag],
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body, components) }),
    responses: { ...answers(route, components), ...failures(route, path, right !== 'none') },
    security: securityOf(right),
  };
}

function operationId(method: string, path: string): string {
  const words = path.replace(/^\/api\/v1/, '').match(/[a-zA-Z0-9]+/g) ?? [];
  return [method, ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function headers({ isRepeatable, isOfSession }: Route): readonly Json[] {
  return [
    ...(isRepeatable === true
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            description:
              'The same request with the same key gets the first answer again, and nothing happens twice.',
            schema: { type: 'string', minLength: 1, maxLength: MAX_KEY_CHARS },
          },
        ]
      : []),
    ...(isOfSession === true
      ? [
          {
            name: 'Mcp-Session-Id',
            in: 'header',
            required: false,
            description: 'As it is in this session of yours: servers may run for one session alone.',
            schema: { type: 'string' },
          },
        ]
      : []),
  ];
}

function requestBody({ schema, media, maxBytes }: BodyFacts, components: Components): Json {
  const body = schema === undefined ? { type: 'string' } : components.sent(schema);
  const isNeeded = schema === undefined || !schema.safeParse({}).success;
  return {
    required: isNeeded,
    description: `At most ${maxBytes} bytes.`,
    content: Object.fromEntries(media.map((type) => [type, { schema: body }])),
  };
}

function answers(
  { answer: { status, schema, media, events, alsoAt = [] } }: Route,
  components: Components,
): Json {
  const content = {
    ...(schema === undefined ? {} : { 'application/json': { schema: components.answered(schema) } }),
    ...(media === undefined ? {} : { [media]: { schema: { type: 'string' } } }),
    ...(events === undefined
      ? {}
      : {
          'text/event-stream': {
            schema: {
              description: 'Server-sent events; the `data` of each is JSON.',
              anyOf: Object.entries(events).map(([name, one]) => ({
                title: name,
                ...components.answered(one),
              })),
            },
          },
        }),
  };
  const one = Object.keys(content).length === 0 ? {} : { content };
  return Object.fromEntries(
    [status, ...alsoAt].map((at) => [at, { description: DESCRIPTIONS[at] ?? 'As it is.', ...one }]),
  );
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  200: 'As it is.',
  202: 'It is begun.',
  204: 'It is done.',
  503: 'The same, where it is not as it should be.',
};

/** What follows from the route, and what it says itself. */
function failures(route: Route, path: string, needsAccess: boolean): Json {
  const codes = new Set<ErrorCode>(route.errors);
  const add = (...more: readonly ErrorCode[]): void => {
    for (const code of more) codes.add(code);
  };
  if (needsAccess) add('unauthorized', 'refused');
  if (path.includes('{')) add('not_found');
  if (route.query !== undefined || route.body !== undefined || route.isRepeatable === true)
    add('invalid_params');
  if (route.body !== undefined) add('too_large');
  const answered = [route.answer.status, ...(route.answer.alsoAt ?? [])];
  const statuses = [...new Set([...codes].map((code) => ERROR_CODES[code].http))]
    .filter((status) => !answered.some((one) => one === status))
    .toSorted((a, b) => a - b);
  return Object.fromEntries([
    ...statuses.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
    ['default', { $ref: '#/components/responses/Problem' }],
  ]);
}

/** Those that stand somewhere in the text. */
function problemResponses(problem: Json, used: string): Json {
  const content = { [PROBLEM]: { schema: problem } };
  const byStatus = Map.groupBy(Object.entries(ERROR_CODES), ([, { http }]) => http);
  return {
    Problem: { description: 'It failed; the `code` says how.', content },
    ...Object.fromEntries(
      [...byStatus]
        .filter(([status]) => used.includes(`Problem${status}"`))
        .toSorted(([a], [b]) => a - b)
        .map(([status, codes]) => [
          `Problem${status}`,
          { description: `\`code\`: ${codes.map(([code]) => code).join(', ')}.`, content },
        ]),
    ),
  };
}

function securityOf(right: ReturnType<typeof rightFor>): readonly Json[] {
  if (right === 'none') return [];
  if (right === 'anybody') return [{ key: [] }, {}];
  const { roles, isOpenLocally } = RIGHTS[right];
  return [...roles.map((role) => ({ key: [role] })), ...(isOpenLocally ? [{}] : [])];
}
