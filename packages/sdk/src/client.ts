// A typed client of Tutti's HTTP API. It needs nothing but fetch.

import {
  ApiAppliedSchema,
  ApiDroppedSchema,
  ApiEventListSchema,
  ApiEventSchema,
  ApiFamilyListSchema,
  ApiExplanationSchema,
  ApiInstanceSchema,
  ApiLogLineSchema,
  ApiLogListSchema,
  ApiPlanSchema,
  ApiPinListSchema,
  ApiProblemListSchema,
  ApiResultListSchema,
  ApiResultSchema,
  ApiResourceListSchema,
  ApiResourceSchema,
  ApiServerListSchema,
  ApiServerPinsListSchema,
  ApiServerSchema,
  ApiSourceListSchema,
  ApiSuspendedSchema,
  ApiToolListSchema,
  ApiToolsetListSchema,
  MAX_PLAN_REQUEST_BYTES,
  STREAM_EVENTS,
  type ApiApplied,
  type ApiEvent,
  type ApiExplanation,
  type ApiFamily,
  type ApiInstance,
  type ApiLogLine,
  type ApiPlan,
  type ApiPlanRequest,
  type ApiApproval,
  type ApiPin,
  type ApiProblem,
  type ApiResult,
  type ApiResource,
  type ApiResourceKind,
  type ApiServer,
  type ApiServerPins,
  type ApiSource,
  type ApiSuspended,
  type ApiTool,
  type ApiToolset,
} from '@tutti/schemas';
import { TuttiApiError } from './errors.ts';
import {
  createHttp,
  type AnswerSchema,
  type Http,
  type RequestOptions,
  type TuttiClientOptions,
} from './http.ts';
import { search, type SearchParameters } from './search.ts';
import { readServerSentEvents } from './server-sent-events.ts';
import { createAgentsClient, type AgentsClient } from './work/agents.ts';
import { createMessagesClient, type MessagesClient } from './work/messages.ts';
import { createBudgetsClient, type BudgetsClient } from './work/budgets.ts';
import { createLeasesClient, type LeasesClient } from './work/leases.ts';
import { createKnowledgeClient, type KnowledgeClient } from './work/knowledge.ts';
import {
  createGoalsClient,
  createProjectsClient,
  type GoalsClient,
  type ProjectsClient,
} from './work/projects.ts';
import { createTasksClient, type TasksClient } from './work/tasks.ts';
import { createThreadsClient, type ThreadsClient } from './work/threads.ts';

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

export interface ExplainOptions extends RequestOptions {
  /** The id of a principal; for somebody else than oneself it needs the role `admin`. */
  readonly as?: string | undefined;
  /** At the endpoint of this toolset. */
  readonly set?: string | undefined;
}

export interface EventOptions extends RequestOptions {
  /** Only events of resources of this kind: `MCPServer`, `Agent`, `Task`. */
  readonly kind?: string | undefined;
  /** Only events of the resource with this name. */
  readonly name?: string | undefined;
  /** Only these reasons: `MCPServerFailed`. */
  readonly reasons?: readonly string[] | undefined;
  readonly type?: 'normal' | 'warning' | undefined;
  /** A time, or how long ago: `12h`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** The newest so many, at most 10,000 (1,000). */
  readonly limit?: number | undefined;
}

export interface ApplyOptions extends RequestOptions {
  /** What messages call the place of the text: a file. Its extension tells the syntax. */
  readonly path?: string | undefined;
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
  /** Needs the token. The server is out of service until it is resumed, over restarts too. */
  suspend(name: string, options?: RequestOptions): Promise<ApiSuspended>;
  /** Needs the token. */
  resume(name: string, options?: RequestOptions): Promise<ApiSuspended>;
  /** Needs the token. Resumes the server and runs it, even one that does not start by itself. */
  start(name: string, options?: RequestOptions): Promise<ApiSuspended>;
  /** Needs the token. The same as `suspend`. */
  stop(name: string, options?: RequestOptions): Promise<ApiSuspended>;
  /** Needs the token. Declares what the text says, all or nothing; it is on disk and in force when this resolves. */
  apply(text: string, options?: ApplyOptions): Promise<ApiApplied>;
  /** Needs the token. What apply would say to the text; changes nothing. */
  check(text: string, options?: ApplyOptions): Promise<ApiProblem[]>;
  /** Needs the token. Takes back what was declared over the API. */
  delete(kind: ApiResourceKind, name: string, options?: RequestOptions): Promise<void>;
  /** All that is declared, wherever. */
  resources(options?: RequestOptions): Promise<ApiResource[]>;
  resource(kind: ApiResourceKind, name: string, options?: RequestOptions): Promise<ApiResource>;
  /** Needs the token. Looks at what the server offers, and starts it for a while when it does not run. */
  discover(name: string, options?: RequestOptions): Promise<ApiServer>;
  /** The tools of the catalog, or all that one server showed: all pages of them. */
  tools(options?: ToolOptions): Promise<ApiTool[]>;
  toolsets(options?: RequestOptions): Promise<ApiToolset[]>;
  families(options?: RequestOptions): Promise<ApiFamily[]>;
  /** How the tools of each server stand beside what was approved. */
  pins(options?: RequestOptions): Promise<ApiServerPins[]>;
  /** Every tool that the server shows or that was approved of it, with what changed. */
  pinsOf(server: string, options?: RequestOptions): Promise<ApiPin[]>;
  /** Needs the token. Approves what tools say of themselves now; resolves with those that were not approved before. */
  approvePins(server: string, approval: ApiApproval, options?: RequestOptions): Promise<ApiPin[]>;
  /** Calls that are held for clients which do not wait for them. */
  results(options?: RequestOptions): Promise<ApiResult[]>;
  /** One of them, with what it came to. */
  result(handle: string, options?: RequestOptions): Promise<ApiResult>;
  /** Needs the token. Ends the call and forgets it. */
  dropResult(handle: string, options?: RequestOptions): Promise<ApiResult>;
  logs(server: string, options?: LogOptions): Promise<ApiLogLine[]>;
  /** The last lines, then each new one, until the signal is aborted or the instance ends. */
  followLogs(server: string, options?: LogOptions & FollowOptions): AsyncIterable<ApiLogLine>;
  events(options?: EventOptions): Promise<ApiEvent[]>;
  followEvents(options?: EventOptions & FollowOptions): AsyncIterable<ApiEvent>;
  problems(options?: RequestOptions): Promise<ApiProblem[]>;
  /** Where declarations are taken from, beside the files of the machine. */
  sources(options?: RequestOptions): Promise<ApiSource[]>;
  /** Needs the token. A backup of the store, as a file to keep: whole only when it ends well. */
  backup(options?: RequestOptions): Promise<ReadableStream<Uint8Array>>;
  /** Why a tool can be seen and called, or not; what decides comes first. */
  explain(tool: string, options?: ExplainOptions): Promise<ApiExplanation>;
  /** Needs the token. What a change of declarations would do, or without one what is declared and not in force. */
  plan(request: ApiPlanRequest, options?: RequestOptions): Promise<ApiPlan>;
  /** Needs the token. Reads all sources again and resolves with the problems that were found. */
  reload(options?: RequestOptions): Promise<ApiProblem[]>;
  readonly agents: AgentsClient;
  readonly tasks: TasksClient;
  readonly messages: MessagesClient;
  readonly threads: ThreadsClient;
  readonly budgets: BudgetsClient;
  readonly leases: LeasesClient;
  readonly knowledge: KnowledgeClient;
  readonly projects: ProjectsClient;
  readonly goals: GoalsClient;
}

export function createTuttiClient(options: TuttiClientOptions): TuttiClient {
  const http = createHttp(options);
  const resultPath = (handle: string): string => `/api/v1/results/${encodeURIComponent(handle)}`;
  const serverPath = (name: string): string => `/api/v1/servers/${encodeURIComponent(name)}`;
  const resourcePath = (kind: ApiResourceKind, name: string): string =>
    `/api/v1/resources/${kind.toLowerCase()}/${encodeURIComponent(name)}`;
  const act = (name: string, action: string, options?: RequestOptions): Promise<ApiSuspended> =>
    http.request('POST', `${serverPath(name)}/${action}`, ApiSuspendedSchema, options);

  return {
    info: (options) => http.request('GET', '/api/v1/info', ApiInstanceSchema, options),
    async servers(options) {
      return (await http.request('GET', '/api/v1/servers', ApiServerListSchema, options)).items;
    },
    server: (name, options) => http.request('GET', serverPath(name), ApiServerSchema, options),
    restart: (name, options) => http.request('POST', `${serverPath(name)}/restart`, ApiServerSchema, options),
    suspend: (name, options) => act(name, 'suspend', options),
    resume: (name, options) => act(name, 'resume', options),
    start: (name, options) => act(name, 'start', options),
    stop: (name, options) => act(name, 'stop', options),
    apply: (text, { path, signal } = {}) =>
      http.request('POST', `/api/v1/apply${search({ path })}`, ApiAppliedSchema, { text, signal }),
    async check(text, { path, signal } = {}) {
      const at = `/api/v1/check${search({ path })}`;
      return (await http.request('POST', at, ApiProblemListSchema, { text, signal })).items;
    },
    delete: (kind, name, options) => http.delete(resourcePath(kind, name), options),
    async resources(options) {
      return (await http.request('GET', '/api/v1/resources', ApiResourceListSchema, options)).items;
    },
    resource: (kind, name, options) =>
      http.request('GET', resourcePath(kind, name), ApiResourceSchema, options),
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
    async families(options) {
      return (await http.request('GET', '/api/v1/families', ApiFamilyListSchema, options)).items;
    },
    async pins(options) {
      return (await http.request('GET', '/api/v1/pins', ApiServerPinsListSchema, options)).items;
    },
    async pinsOf(server, options) {
      return (await http.request('GET', `${serverPath(server)}/pins`, ApiPinListSchema, options)).items;
    },
    async approvePins(server, approval, { signal } = {}) {
      const path = `${serverPath(server)}/pins/approve`;
      const text = JSON.stringify(approval);
      return (await http.request('POST', path, ApiPinListSchema, { text, signal })).items;
    },
    async results(options) {
      return (await http.request('GET', '/api/v1/results', ApiResultListSchema, options)).items;
    },
    result: (handle, options) => http.request('GET', resultPath(handle), ApiResultSchema, options),
    dropResult: (handle, options) => http.request('DELETE', resultPath(handle), ApiResultSchema, options),
    async logs(server, options = {}) {
      const path = `${serverPath(server)}/logs${search({ tail: options.tail })}`;
      return (await http.request('GET', path, ApiLogListSchema, options)).items;
    },
    followLogs(server, options = {}) {
      const path = `${serverPath(server)}/logs${search({ tail: options.tail, follow: true })}`;
      return follow(http, path, ApiLogLineSchema, options);
    },
    async events(options = {}) {
      const path = `/api/v1/events${search(eventQuery(options))}`;
      return (await http.request('GET', path, ApiEventListSchema, options)).items;
    },
    followEvents(options = {}) {
      const path = `/api/v1/events${search({ ...eventQuery(options), follow: true })}`;
      return follow(http, path, ApiEventSchema, options);
    },
    async problems(options) {
      return (await http.request('GET', '/api/v1/problems', ApiProblemListSchema, options)).items;
    },
    async sources(options) {
      return (await http.request('GET', '/api/v1/sources', ApiSourceListSchema, options)).items;
    },
    backup: (options) => http.download('/api/v1/backup', options),
    explain: (tool, options = {}) => {
      const { as, set } = options;
      const path = `/api/v1/explain${search({ tool, as, set })}`;
      return http.request('GET', path, ApiExplanationSchema, options);
    },
    async plan(body, options) {
      const text = JSON.stringify(body);
      // The instance would hang up in the middle of it.
      if (text.length > MAX_PLAN_REQUEST_BYTES)
        throw new TuttiApiError(
          'too_large',
          413,
          'The declarations are too large for a plan; ask for parts.',
        );
      return await http.request('POST', '/api/v1/plan', ApiPlanSchema, { ...options, text });
    },
    async reload(options) {
      return (await http.request('POST', '/api/v1/reload', ApiProblemListSchema, options)).items;
    },
    agents: createAgentsClient(http),
    tasks: createTasksClient(http),
    messages: createMessagesClient(http),
    threads: createThreadsClient(http),
    budgets: createBudgetsClient(http),
    leases: createLeasesClient(http),
    knowledge: createKnowledgeClient(http),
    projects: createProjectsClient(http),
    goals: createGoalsClient(http),
  };
}

function eventQuery({ kind, name, reasons, type, since, until, limit }: EventOptions): SearchParameters {
  return { kind, name, reason: reasons?.join(','), type, since, until, limit };
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
