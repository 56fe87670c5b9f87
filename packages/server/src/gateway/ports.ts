// The closed list of what the data plane needs from outside. Payloads are serialisable and hold no secrets.

import type { Readable, Writable } from 'node:stream';
import type { Asker } from '../policy/asker.ts';
import type { ContextMode } from './context/mode.ts';
import type { ToolsetSpec } from '@tutti/schemas';
import type { Access, Refused } from '../policy/access.ts';
import type { Observations, Snapshots } from '../snapshot/observation.ts';

export type {
  Discovered,
  InstanceEnd,
  Observations,
  OpenCircuit,
  Snapshots,
} from '../snapshot/observation.ts';

/** The named views that are declared. */
export interface Toolsets {
  /** By name. */
  current(): ReadonlyMap<string, ToolsetSpec>;
  /** Called after each change. Dispose to stop. */
  subscribe(listener: () => void): Disposable;
}

/** Who may come in, and what they may use. */
export interface Accesses {
  /** Of whoever sends the header. Keys are compared in constant time. */
  of(authorization: string | undefined): Access | Refused;
  /** Of a principal that came in before; undefined: it may not any more. */
  byPrincipal(id: string): Access | undefined;
  /** Everybody's. */
  all(): readonly Access[];
  /** Called after each change. Dispose to stop. */
  subscribe(listener: () => void): Disposable;
}

/** A byte pipe to a process that the runner started for us. */
export interface Pipe {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when the process is gone; never rejects. `reason` names exit code or signal and the last stderr lines. */
  readonly ended: Promise<{ readonly reason: string }>;
  /** Ends the process and all of its descendants; resolves when they are gone. */
  close(): Promise<void>;
}

/** Where an HTTP server is dialled. The headers may hold secrets: they go to the socket and nowhere else. */
export interface HttpTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: 'streamable-http' | 'sse';
  /** For a wrapped command: its process, whose end is the end of the connection. */
  readonly process: Pick<Pipe, 'ended' | 'close'> | undefined;
  /** A connection that is refused is tried again for a moment: a proxy may be taking up its configuration. */
  readonly retryRefused?: boolean;
}

/** Tutti's own tools, which answer in this process. */
export interface NativeServer {
  readonly version: string;
  /** For models. */
  readonly instructions: string | undefined;
  /** JSON text of the definitions, an array. */
  tools(): Promise<string>;
  /** JSON text of the members of the result, its type too. Rejects with `not_found` for a tool that there is not for the
   *  caller. */
  call(call: NativeCall): Promise<string>;
}

export interface NativeCall {
  readonly tool: string;
  /** JSON text. */
  readonly args: string;
  /** The id of the principal, its roles, and its session, if it has one. */
  readonly caller: Asker & { readonly roles: readonly string[] };
  /** Aborted when nobody waits for the result any more. */
  readonly signal: AbortSignal;
  readonly progress: (step: NativeProgress) => void;
  /** Whether the person at the client can be asked to fill in a form. */
  readonly canElicit: () => boolean;
  /** The same call again, with what the client answered; undefined: the first time. */
  readonly again: NativeRetry | undefined;
}

/** What an `input_required` brought. */
export interface NativeRetry {
  /** As it was given out. */
  readonly state: string;
  /** JSON text of an object, by the names of the requests. */
  readonly responses: string;
}

export interface NativeProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

export type Connection =
  | { readonly kind: 'native'; readonly server: NativeServer }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }
  | { readonly kind: 'http'; readonly target: HttpTarget };

/** Opens what the conversation runs on: starts the process, or resolves the url and its headers. */
export interface Dialer {
  /** Rejects with an AppError whose message may be shown to callers. */
  open(server: string, instance: string, signal: AbortSignal): Promise<Connection>;
}

/** One function per event; the binding writes metrics and the server's log. */
export interface GatewayEvents {
  callFinished(call: {
    readonly server: string;
    readonly tool: string | undefined;
    readonly method: string;
    readonly outcome: 'ok' | 'tool_error' | 'error' | 'timeout' | 'cancelled';
    readonly durationMs: number;
  }): void;
  /** A line for the server's own log: stray output, logs that belong to nobody. */
  serverLog(server: string, stream: 'stdout' | 'log', line: string): void;
  sessionsChanged(open: number): void;
  /** A session of an earlier run came back. */
  sessionRevived(): void;
  /** Calls that are held for clients which do not wait for them, under way and over. */
  callsHeld(count: number): void;
  listChangedSent(list: 'tools' | 'prompts' | 'resources', notifications: number): void;
  /** A list of tools went out: how many bytes, and how many the whole catalog would have been. */
  toolsListed(mode: 'direct' | 'search', bytes: number, wholeBytes: number): void;
  /** Something was refused because a bound was reached. */
  limitReached(limit: string, server: string | undefined): void;
  /** Somebody came without a key where one is needed, or with one that nobody has. */
  keyRefused(reason: 'missing' | 'unknown'): void;
  /** Something was asked for that is there, and that the one who asked may not use. */
  policyDenied(what: 'server' | 'toolset' | 'tool' | 'prompt' | 'resource' | 'result'): void;
  /** A fault of ours, contained where it came up. */
  internalError(error: unknown): void;
}

/** What of a legacy client's session outlives a restart. */
export interface SessionRecord {
  /** A digest of the session's id, which is a secret. */
  readonly key: string;
  readonly principal: string;
  /** Digests of what let it in: one of the same name with other keys is somebody else. */
  readonly credentials: readonly string[];
  /** The endpoint that it is at home on, as text. */
  readonly place: string;
  readonly protocolVersion: string;
  /** JSON texts, as the client sent them. */
  readonly capabilities: string;
  readonly clientInfo: string | undefined;
  readonly asked: ContextMode | undefined;
  readonly logLevel: string | undefined;
  /** The uris of resources. */
  readonly subscriptions: readonly string[];
  /** Of which catalog the client was told. */
  readonly catalog: string;
  readonly createdMs: number;
  readonly lastUsedMs: number;
}

/** Keeps sessions over a restart. What is put or removed is written soon, off the way of calls. */
export interface SessionStore {
  /** Those of earlier runs, the last used first. */
  readonly earlier: readonly SessionRecord[];
  put(record: SessionRecord): void;
  remove(key: string): void;
}

/** What of a held call outlives a restart. */
export interface ResultRecord {
  /** Stands in its handle. */
  readonly id: string;
  readonly principal: string;
  readonly server: string;
  readonly tool: string | undefined;
  /** A digest of what the same call made again is equal in. */
  readonly identity: string | undefined;
  readonly isTask: boolean;
  readonly startedMs: number;
  /** Undefined: it is under way. */
  readonly end:
    | {
        readonly endedMs: number;
        readonly isSeen: boolean;
        /** `unkept`: its result is too large. */
        readonly kind: 'result' | 'error' | 'cancelled' | 'unkept';
        /** JSON text of the result or the error. */
        readonly json: string | undefined;
      }
    | undefined;
}

/** Keeps held calls over a restart. What is put or removed is written soon, off the way of calls. */
export interface ResultStore {
  /** Those of earlier runs, the oldest first. */
  readonly earlier: readonly ResultRecord[];
  put(record: ResultRecord): void;
  remove(id: string): void;
}

/** What callers that are agents have to know. In memory: it is asked for with every call. */
export interface Notices {
  isAgent(caller: { readonly principal: string; readonly sessionKey: string | undefined }): boolean;
  /** JSON text of an object; undefined: there is nothing to know. */
  of(caller: { readonly principal: string; readonly sessionKey: string | undefined }): string | undefined;
}

/** A claim on a task, as a call carries it. */
export interface ClaimRef {
  readonly taskId: string;
  /** The number that the task was handed out with. */
  readonly claim: number;
}

/** What agents have claims on. */
export interface Claims {
  /** Resolves where the claim is in force and the agent that has it is the caller's. Rejects with an AppError that says why
   *  it is not, and what to do. */
  require(
    claim: ClaimRef,
    by: { readonly principal: string; readonly roles: readonly string[] },
  ): Promise<void>;
}

export interface GatewayPorts {
  readonly claims: Claims;
  /** Left out: no caller is an agent. */
  readonly notices?: Notices | undefined;
  readonly results: ResultStore;
  readonly sessions: SessionStore;
  readonly snapshots: Snapshots;
  readonly toolsets: Toolsets;
  readonly accesses: Accesses;
  readonly observations: Observations;
  readonly dialer: Dialer;
  readonly events: GatewayEvents;
}
