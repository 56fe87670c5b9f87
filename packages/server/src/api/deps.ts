// What the API needs of the rest. It holds no state of its own; the composition root implements this.

import type { Coordination } from '../coordination/coordination.ts';
import type {
  ApiApplied,
  ApiApproval,
  ApiEvent,
  ApiExplanation,
  ApiFamily,
  ApiInstance,
  ApiLogLine,
  ApiPlan,
  ApiPlanRequest,
  ApiPin,
  ApiProblem,
  ApiReadiness,
  ApiResult,
  ApiResource,
  ApiResourceKind,
  ApiServer,
  ApiServerPins,
  ApiSource,
  ApiSuspended,
  ApiTool,
  ApiToolset,
} from '@tutti/schemas';
import type { Access, Refused } from '../policy/access.ts';
import type { Asker } from '../policy/asker.ts';
import type { OriginPolicy } from '../policy/origin.ts';
import type { EventFilter, EventQuery } from './event-query.ts';

/** What requests carry. */
export interface ApiEnv {
  readonly Variables: {
    /** Of whoever asks. */
    readonly access: Access;
  };
}

export interface SourcesApi {
  /** By name. */
  list(): readonly ApiSource[];
  /** Whether there is a Source of that name, and the secret that its webhook is signed with. */
  webhook(name: string): { readonly secret: string | undefined } | undefined;
  /** Pulls it without anybody waiting. */
  syncSoon(name: string): void;
}

export interface AppliedText {
  readonly text: string;
  /** What messages call the place. */
  readonly path: string | undefined;
}

/** Changes: on disk and in force when they resolve. `by` is the caller. They reject with an AppError. */
export interface ControlApi {
  apply(documents: AppliedText, by: string): Promise<ApiApplied>;
  /** What apply would say. */
  check(documents: AppliedText): readonly ApiProblem[];
  remove(kind: ApiResourceKind, name: string, by: string): Promise<void>;
  resources(): readonly ApiResource[];
  resource(kind: ApiResourceKind, name: string): ApiResource | undefined;
  suspend(server: string, by: string): Promise<ApiSuspended>;
  resume(server: string, by: string): Promise<ApiSuspended>;
  start(server: string, by: string): Promise<ApiSuspended>;
  stop(server: string, by: string): Promise<ApiSuspended>;
  restart(server: string, by: string): Promise<void>;
  reconnect(server: string): Promise<void>;
  /** Resolves with what was approved and how it had changed. */
  approvePins(server: string, approval: ApiApproval, by: string): Promise<readonly ApiPin[]>;
  /** Reads all sources again. */
  reload(): Promise<void>;
}

export interface ToolQuery {
  /** Only tools whose name or description has it. */
  readonly query: string | undefined;
  readonly server: string | undefined;
  /** Only what this toolset shows. */
  readonly set: string | undefined;
  /** Only tools of this name, exposed or as the server knows it. */
  readonly name?: string | undefined;
  /** How many at the most; the page has a bound of its own. */
  readonly limit?: number | undefined;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
}

export interface ExplainQuery {
  /** A name at an endpoint, the server's own one, or `server/tool`. */
  readonly tool: string;
  /** At the endpoint of this toolset. */
  readonly set: string | undefined;
}

export interface ToolPage {
  readonly items: readonly ApiTool[];
  /** Undefined when there are no more. */
  readonly nextCursor: string | undefined;
}

export interface ResultsApi {
  /** Of one principal, or of all; oldest first. */
  list(principal: string | undefined): readonly ApiResult[];
  /** JSON text of the whole of it, with what the call came to; undefined when there is none for this principal. */
  read(handle: string, principal: string | undefined): string | undefined;
  /** Ends the call and forgets it. */
  drop(handle: string, principal: string | undefined): ApiResult | undefined;
}

export interface ApiDeps {
  readonly origin: OriginPolicy;
  /** Aborted at shutdown: followed streams end. */
  readonly closing: AbortSignal;
  readonly accesses: {
    /** Of whoever sends the header. */
    of(authorization: string | undefined): Access | Refused;
    /** Undefined for one who may not come in. */
    byPrincipal(id: string): Access | undefined;
    /** Everybody's. */
    all(): readonly Access[];
    /** Called after each change. Dispose to stop. */
    subscribe(listener: () => void): Disposable;
    /** Whether everybody needs a key. */
    readonly isRequired: boolean;
  };

  /** What is counted of those who may not. */
  readonly refusals: {
    key(reason: 'missing' | 'unknown' | 'signature'): void;
    policy(what: 'server' | 'api'): void;
  };

  info(): ApiInstance;
  readiness(): ApiReadiness;
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** The JSON Schema of a resource kind, by its lower-case name. */
  schema(kind: string): unknown;

  /** Whether the one may know of the server: something of it may be shown to them over MCP. */
  sees(access: Access, server: string): boolean;
  /** Whether no policy keeps any server from the one. */
  seesAll(access: Access): boolean;
  /** As they are for the one who asks; for nobody in particular when left out. */
  servers(asker?: Asker): readonly ApiServer[];
  server(name: string, asker?: Asker): ApiServer | undefined;
  /** The key of a session by its id; undefined when it is none of this principal. */
  sessionKeyOf(id: string, principal: string): string | undefined;
  /** The tools of the catalog that somebody may use, or of all that one server showed, in the catalog or not. Throws an AppError for a cursor
   *  that is none. */
  tools(filter: ToolQuery, access: Access): ToolPage;
  /** Those that somebody may use. */
  toolsets(access: Access): readonly ApiToolset[];
  /** With the tools that the one may use; sorted by name. */
  families(access: Access): readonly ApiFamily[];
  /** How the tools of each server stand beside what was approved. */
  pins(): readonly ApiServerPins[];
  /** Every tool that the server shows or that was approved of it, as far as somebody may use it. */
  pinsOf(server: string, access: Access): Promise<readonly ApiPin[]>;
  problems(): readonly ApiProblem[];
  readonly sources: SourcesApi;
  readonly results: ResultsApi;

  /** The last lines, oldest first. */
  logs(server: string, tail: number): readonly ApiLogLine[];
  onLog(server: string, listener: (line: ApiLogLine) => void): Disposable;
  /** The newest that fit, oldest first. */
  events(query: EventQuery): Promise<readonly ApiEvent[]>;
  /** The same of those in memory, the last ones only. */
  recentEvents(query: EventQuery): readonly ApiEvent[];
  onEvent(filter: EventFilter, listener: (event: ApiEvent) => void): Disposable;

  /** Looks at what a server offers; starts it for a while when it does not run. Rejects when it can't be seen. */
  discover(server: string): Promise<void>;
  /** The text of a backup of the store, piece by piece. Rejects with an AppError while another one is under way. */
  backup(): Promise<AsyncIterable<string>>;
  /** Why the tool can be seen and called by the one, or not. Throws an AppError for a toolset that is not there. */
  explain(query: ExplainQuery, access: Access): Promise<ApiExplanation>;
  /** What a change would do, or without one what is declared and not in force. Changes nothing, and keeps nothing. */
  plan(request: ApiPlanRequest): Promise<ApiPlan>;
  readonly control: ControlApi;
  readonly coordination: Coordination;
}
