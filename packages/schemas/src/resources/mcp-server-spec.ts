// The MCPServer resource in code's own terms: every default filled in, units in the names. Serialisable.

import type { ServerType } from './mcp-server-rules.ts';
import type { PinPolicy } from './pin-policy.ts';
import type { ToolFilter } from './tool-filter.ts';

/** What runs in this version: no authentication beyond the headers that the declaration holds. */
export interface McpServerAuth {
  readonly type: 'none';
}

export interface RestartPolicy {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Absent: no limit. */
  readonly maxAttempts?: number;
  /** After this long in health the next failure counts as the first. */
  readonly resetAfterMs: number;
  /** The share of a delay, 0 to 1, by which chance may shorten or lengthen it. */
  readonly jitter: number;
}

export interface HealthPolicy {
  readonly startupTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** So many failed heartbeats in a row restart the server. */
  readonly maxFailures: number;
}

export interface McpServerLimits {
  /** A process above it is restarted. Absent: no limit. */
  readonly memoryBytes?: number;
  readonly maxInFlight: number;
  readonly maxQueued: number;
  readonly maxMessageBytes: number;
  /** Instances beside the shared one. */
  readonly maxInstances: number;
}

/** A checked spec. Strings may still hold `${VAR}`: see `resolveVariables`. */
export interface McpServerSpec {
  readonly description?: string;
  readonly type: ServerType;
  /** With a remote type: the program that serves HTTP on `httpPort` of loopback. */
  readonly command?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute, once a declaration was read; absent for a server that is only dialled. */
  readonly workdir?: string;
  readonly url?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly autoStart: boolean;
  /** `onDemand`: the first call starts it. */
  readonly start: 'eager' | 'onDemand';
  /** A server that started on demand is stopped when no call came for this long. */
  readonly idleTimeoutMs: number;
  readonly suspended: boolean;
  readonly toolPrefix?: string;
  readonly family?: {
    readonly name: string;
    readonly instanceArg: string;
    /** Whether one call may go to all members. */
    readonly fanOut: boolean;
  };
  readonly port?: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly auth?: McpServerAuth;
  readonly restart: RestartPolicy;
  readonly health: HealthPolicy;
  readonly stopGraceMs: number;
  readonly isolation: 'shared' | 'session' | 'user';
  readonly abandonedCalls: 'finish' | 'cancel';
  readonly placement: 'process';
  readonly httpPort?: number;
  readonly limits: McpServerLimits;
  readonly toolFilter?: ToolFilter;
  /** Absent: as for all servers. */
  readonly pins?: PinPolicy;
}

/** Where a resource was declared, and so where it is changed. */
export type Origin =
  | { readonly kind: 'file'; readonly path: string; readonly line: number }
  | {
      readonly kind: 'git';
      /** The name of the Source. */
      readonly source: string;
      /** The one that this version of the declaration was first seen in. */
      readonly commit: string;
      /** Inside of the repository. */
      readonly path: string;
      readonly line: number;
    }
  | {
      readonly kind: 'api';
      /** `api:MCPServer/github` */
      readonly path: string;
      /** Of the document as it is stored. */
      readonly line: number;
      /** The caller who declared it last. */
      readonly by: string;
    };

export interface McpServerResource {
  readonly kind: 'MCPServer';
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: McpServerSpec;
  readonly origin: Origin;
  /** Counts the changes of the spec, from 1; a reader of files gives 1, the store counts on. */
  readonly generation: number;
}
