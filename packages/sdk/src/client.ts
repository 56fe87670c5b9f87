// A typed client of Tutti's HTTP API. It needs nothing but fetch.

import {
  ApiDroppedSchema,
  ApiEventListSchema,
  ApiEventSchema,
  ApiInstanceSchema,
  ApiLogLineSchema,
  ApiLogListSchema,
  ApiPlanSchema,
  ApiProblemListSchema,
  ApiServerListSchema,
  ApiServerSchema,
  ApiSourceListSchema,
  ApiToolListSchema,
  ApiToolsetListSchema,
  STREAM_EVENTS,
  type ApiEvent,
  type ApiInstance,
  type ApiLogLine,
  type ApiPlan,
  type ApiPlanRequest,
  type ApiProblem,
  type ApiServer,
  type ApiSource,
  type ApiTool,
  type ApiToolset,
} from '@tutti/schemas';
import {
  createHttp,
  type AnswerSchema,
  type Http,
  type RequestOptions,
  type TuttiClientOptions,
} from './http.ts';
import { readServerSentEvents } from './server-sent-events.ts';

export interface LogOptions extends RequestOptions {
  /** How many of the last lines, at most 1,000 (100). */
  readonly tail?: number | undefined;
}

export interface ToolOptions extends RequestOptions {
  /** Only tools whose name or description has it. */
  readonly query?: string | undefined;
  /** Only tools of this server, also those that are not in the catalog now. */
  readonly server?: string | undefined;
  /** Only tools of this name, exposed or as the server knows it. */
  readonly name?: string | undefined;
  /** Only what this toolset shows. */
  readonly set?: string | undefined;
}

export interface EventOptions extends RequestOptions {
  /** Only events of the resource with this name. */
  readonly name?: string | undefined;
}

export interface FollowOptions {
  /** Called when items were left out because this reader was too slow. */
  readonly onDropped?: ((count: number) => void) | undefined;
}

/** Every method rejects with a TuttiApiError, a TuttiUnreachableError, or the reason of its aborted signal. */
export interface TuttiClient {
  info(options?: RequestOptions): Promise<ApiInstance>;
  servers(options?: RequestOptions): Promise<ApiServer[]>;
  server(name: string, options?: RequestOptions): Promise<ApiServer>;
  /** Needs the token. Resolves when the restart is decided, not when it is done. */
  restart(name: string, options?: RequestOptions): Promise<ApiServer>;
  /** Needs the token. Looks at what the server offers, and starts it for a while when it does not run. */
  discover(name: string, options?: RequestOptions): Promise<ApiServer>;
  /** The tools of the catalog, or all that one server showed: all pages of them. */
  tools(options?: ToolOptions): Promise<ApiTool[]>;
  toolsets(options?: RequestOptions): Promise<ApiToolset[]>;
  logs(server: string, options?: LogOptions): Promise<ApiLogLine[]>;
  /** The last lines, then each new one, until the signal is aborted or the instance ends. */
  followLogs(server: string, options?: LogOptions & FollowOptions): AsyncIterable<ApiLogLine>;
  events(options?: EventOptions): Promise<ApiEvent[]>;
  followEvents(options?: EventOptions & FollowOptions): AsyncIterable<ApiEvent>;
  problems(options?: RequestOptions): Promise<ApiProblem[]>;
  /** Where declarations are taken from, beside the files of the machine. */
  sources(options?: RequestOptions): Promise<ApiSource[]>;
  /** Needs the token. What a change of declarations would do, or without one what is declared and not in force. */
  plan(request: ApiPlanRequest, options?: RequestOptions): Promise<ApiPlan>;
  /** Needs the token. Reads all sources again and resolves with the problems that were found. */
  reload(options?: RequestOptions): Promise<ApiProblem[]>;
}

export function createTuttiClient(options: TuttiClientOptions): TuttiClient {
  const http = createHttp(options);
  const serverPath = (name: string): string => `/api/v1/servers/${encodeURIComponent(name)}`;

  return {
    info: (options) => http.request('GET', '/api/v1/info', ApiInstanceSchema, options),
    async servers(options) {
      return (await http.request('GET', '/api/v1/servers', ApiServerListSchema, options)).items;
    },
    server: (name, options) => http.request('GET', serverPath(name), ApiServerSchema, options),
    restart: (name, options) => http.request('POST', `${serverPath(name)}/restart`, ApiServerSchema, options),
    discover: (name, options) =>
      http.request('POST', `${serverPath(name)}/discover`, ApiServerSchema, options),
    async tools(options = {}) {
      const { query: q, server, set, name } = options;
      const tools: ApiTool[] = [];
      let cursor: string | undefined;
      do {
        const path = `/api/v1/tools${search({ q, server, set, name, cursor })}`;
        const page = await http.request('GET', path, ApiToolListSchema, options);
        tools.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return tools;
    },
    async toolsets(options) {
      return (await http.request('GET', '/api/v1/toolsets', ApiToolsetListSchema, options)).items;
    },
    async logs(server, options = {}) {
      const path = `${serverPath(server)}/logs${search({ tail: options.tail })}`;
      return (await http.request('GET', path, ApiLogListSchema, options)).items;
    },
    followLogs(server, options = {}) {
      const path = `${serverPath(server)}/logs${search({ tail: options.tail, follow: true })}`;
      return follow(http, path, ApiLogLineSchema, options);
    },
    async events(options = {}) {
      const path = `/api/v1/events${search({ name: options.name })}`;
      return (await http.request('GET', path, ApiEventListSchema, options)).items;
    },
    followEvents(options = {}) {
      const path = `/api/v1/events${search({ name: options.name, follow: true })}`;
      return follow(http, path, ApiEventSchema, options);
    },
    async problems(options) {
      return (await http.request('GET', '/api/v1/problems', ApiProblemListSchema, options)).items;
    },
    async sources(options) {
      return (await http.request('GET', '/api/v1/sources', ApiSourceListSchema, options)).items;
    },
    plan: (body, options) => http.request('POST', '/api/v1/plan', ApiPlanSchema, { ...options, body }),
    async reload(options) {
      return (await http.request('POST', '/api/v1/reload', ApiProblemListSchema, options)).items;
    },
  };
}

async function* follow<T>(
  http: Http,
  path: string,
  schema: AnswerSchema<T>,
  options: RequestOptions & FollowOptions,
): AsyncGenerator<T, void> {
  const body = await http.stream(path, options);
  for await (const { event, data } of readServerSentEvents(body)) {
    const value: unknown = JSON.parse(data);
    if (event === STREAM_EVENTS.item) {
      const item = schema.safeParse(value);
      if (item.success) yield item.data;
    } else if (event === STREAM_EVENTS.dropped) {
      const dropped = ApiDroppedSchema.safeParse(value);
      if (dropped.success) options.onDropped?.(dropped.data.count);
    }
  }
}

function search(parameters: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}
