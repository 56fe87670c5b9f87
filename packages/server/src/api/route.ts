// A route in one piece: where it is, what it takes, what it answers, and what it does. Requests are read by what it says of
// itself, and the OpenAPI document is made of the same, so that neither can say what the other does not. Who may use a route
// stands in rights.ts.
//
//   get('/api/v1/agents/:id', 'One agent.').answers(ApiAgentSchema, ({ param }, { agents }) => agents.get(param('id')))

import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Once } from '../coordination/tasks/book.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import type { RoomStreams } from './coordination/room-stream.ts';
import type { WorkStreams } from './coordination/work-stream.ts';
import { parseJsonBody } from './json-body.ts';
import { onceOf } from './once.ts';
import { readQuery } from './read-query.ts';
import { readText } from './read-text.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What is told of a route. */
export interface RouteFacts {
  readonly method: Method;
  /** From the root; parameters as `:name`. */
  readonly path: string;
  /** For people. */
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: BodyFacts;
  /** Whether the header Idempotency-Key is heeded: the same request again gets the first answer. */
  readonly isRepeatable?: boolean;
  /** Whether the session of Mcp-Session-Id is looked at. */
  readonly isOfSession?: boolean;
  /** Failures beside those that follow from the rest. */
  readonly errors?: readonly ErrorCode[];
  readonly answer: AnswerFacts;
}

export interface BodyFacts {
  /** Of JSON; nothing at all is read as `{}`. */
  readonly schema?: z.ZodType;
  readonly media: readonly string[];
  readonly maxBytes: number;
}

export interface AnswerFacts {
  readonly status: 200 | 202 | 204;
  /** Of JSON. */
  readonly schema?: z.ZodType;
  /** Of what is no JSON. */
  readonly media?: string;
  /** Of server-sent events, by name: what each one carries. */
  readonly events?: Readonly<Record<string, z.ZodType>>;
  /** Other statuses with the same shape. */
  readonly alsoAt?: readonly number[];
}

export interface Route extends RouteFacts {
  /** Serves it. */
  add(app: Hono<ApiEnv>, deps: RouteDeps): void;
}

/** What routes do their work with. */
export interface RouteDeps extends ApiDeps {
  readonly streams: WorkStreams;
  readonly roomStreams: RoomStreams;
}

/** Routes about one subject. */
export interface RouteGroup {
  readonly tag: string;
  readonly about: string;
  readonly routes: readonly Route[];
}

/** What a route is given of a request. */
export interface Given<Path extends string, Query, Body> {
  readonly c: Context<ApiEnv>;
  readonly param: (name: ParamOf<Path>) => string;
  readonly query: Query;
  readonly body: Body;
  readonly once: Once | undefined;
}

type Handler<Path extends string, Query, Body, Answer> = (
  given: Given<Path, Query, Body>,
  deps: RouteDeps,
) => Answer | Promise<Answer>;

type ParamOf<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? NameOf<Name> | ParamOf<More>
    : NameOf<Rest>
  : never;
type NameOf<Name extends string> = Name extends `${infer Plain}{${string}` ? Plain : Name;

/** As a schema has it, not to be changed. */
export type Shown<T> = T extends readonly (infer Item)[]
  ? readonly Shown<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Shown<T[Name]> }
    : T;

/** A route that is being put together; the last step says what it answers. */
export interface Draft<Path extends string, Query, Body> {
  query<Schema extends z.ZodObject>(schema: Schema): Draft<Path, z.output<Schema>, Body>;
  /** `expected`: what is said to one that sends something else. */
  body<Schema extends z.ZodType>(
    schema: Schema,
    maxBytes: number,
    expected?: string,
  ): Draft<Path, Query, z.output<Schema>>;
  text(media: readonly string[], maxBytes: number): Draft<Path, Query, string>;
  /** The handler reads it itself, up to so much. */
  raw(media: readonly string[], maxBytes: number): Draft<Path, Query, Body>;
  repeatable(): Draft<Path, Query, Body>;
  ofSession(): Draft<Path, Query, Body>;
  fails(...errors: readonly ErrorCode[]): Draft<Path, Query, Body>;
  answers<Schema extends z.ZodType>(
    schema: Schema,
    handle: Handler<Path, Query, Body, Shown<z.output<NoInfer<Schema>>>>,
  ): Route;
  /** What it asked for goes on after the answer. */
  accepts<Schema extends z.ZodType>(
    schema: Schema,
    handle: Handler<Path, Query, Body, Shown<z.output<NoInfer<Schema>>>>,
  ): Route;
  /** Nothing is answered but that it is done. */
  ends(handle: Handler<Path, Query, Body, void>): Route;
  /** The handler makes the answer. */
  sends(answer: Partial<AnswerFacts>, handle: Handler<Path, Query, Body, Response>): Route;
}

interface Reading<Query, Body> {
  query(c: Context<ApiEnv>): Query;
  body(c: Context<ApiEnv>): Promise<{ readonly value: Body; readonly text: string }>;
}

type Started = Omit<RouteFacts, 'answer'>;

export function get<const Path extends string>(
  path: Path,
  summary: string,
): Draft<Path, undefined, undefined> {
  return draft({ method: 'get', path, summary }, NOTHING);
}

export function post<const Path extends string>(
  path: Path,
  summary: string,
): Draft<Path, undefined, undefined> {
  return draft({ method: 'post', path, summary }, NOTHING);
}

export function put<const Path extends string>(
  path: Path,
  summary: string,
): Draft<Path, undefined, undefined> {
  return draft({ method: 'put', path, summary }, NOTHING);
}

export function patch<const Path extends string>(
  path: Path,
  summary: string,
): Draft<Path, undefined, undefined> {
  return draft({ method: 'patch', path, summary }, NOTHING);
}

export function remove<const Path extends string>(
  path: Path,
  summary: string,
): Draft<Path, undefined, undefined> {
  return draft({ method: 'delete', path, summary }, NOTHING);
}

const NOTHING: Reading<undefined, undefined> = {
  query: () => undefined,
  body: async () => ({ value: undefined, text: '' }),
};

function draft<Path extends string, Query, Body>(
  facts: Started,
  reading: Reading<Query, Body>,
): Draft<Path, Query, Body> {
  const served = (
    answer: AnswerFacts,
    respond: (given: Given<Path, Query, Body>, deps: RouteDeps) => Promise<Response>,
  ): Route => ({
    ...facts,
    answer,
    add(app, deps) {
      app[facts.method](facts.path, async (c) => {
        const query = reading.query(c);
        const { value: body, text } = await reading.body(c);
        const once = facts.isRepeatable === true ? onceOf(c, text) : undefined;
        return await respond({ c, param: (name) => c.req.param(name) ?? '', query, body, once }, deps);
      });
    },
  });
  const more = (added: Partial<Started>): Draft<Path, Query, Body> => draft({ ...facts, ...added }, reading);

  return {
    query: (schema) =>
      draft({ ...facts, query: schema }, { ...reading, query: (c) => readQuery(c.req.queries(), schema) }),
    body: (schema, maxBytes, expected) =>
      draft(
        { ...facts, body: { schema, maxBytes, media: ['application/json'] } },
        {
          ...reading,
          async body(c) {
            const text = await readText(c.req.raw, maxBytes);
            return { value: parseJsonBody(text.trim() === '' ? '{}' : text, schema, expected), text };
          },
        },
      ),
    text: (media, maxBytes) =>
      draft(
        { ...facts, body: { maxBytes, media } },
        {
          ...reading,
          async body(c) {
            const text = await readText(c.req.raw, maxBytes);
            return { value: text, text };
          },
        },
      ),
    raw: (media, maxBytes) => more({ body: { media, maxBytes } }),
    repeatable: () => more({ isRepeatable: true }),
    ofSession: () => more({ isOfSession: true }),
    fails: (...errors) => more({ errors }),
    answers: (schema, handle) =>
      served({ status: 200, schema }, async (given, deps) => Response.json(await handle(given, deps))),
    accepts: (schema, handle) =>
      served({ status: 202, schema }, async (given, deps) =>
        Response.json(await handle(given, deps), { status: 202 }),
      ),
    ends: (handle) =>
      served({ status: 204 }, async (given, deps) => {
        await handle(given, deps);
        return new Response(null, { status: 204 });
      }),
    sends: (answer, handle) =>
      served({ status: 200, ...answer }, async (given, deps) => await handle(given, deps)),
  };
}
