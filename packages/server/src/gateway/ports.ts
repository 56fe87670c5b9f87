// The closed list of what the data plane needs from outside. Payloads are serialisable and hold no secrets.

import type { Readable, Writable } from 'node:stream';
import type { Handshake, JsonBytes, Snapshot } from '../snapshot/types.ts';

/** Desired state in. */
export interface Snapshots {
  current(): Snapshot;
  /** Called after each change, in order. Dispose to stop. */
  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable;
}

/** How a process or connection ended. */
export interface InstanceEnd {
  /** `exited`: the process ended; `lost`: the connection broke or the session is gone; `unresponsive`: liveness
   *  failed; `handshake`: never became ready; `closed`: we closed it. */
  readonly kind: 'exited' | 'lost' | 'unresponsive' | 'handshake' | 'auth_required' | 'closed';
  /** Sanitised, with exit code and last stderr lines where there are any. */
  readonly reason: string;
}

/** What the gateway saw, out to the control plane. Status is made of these and nothing else. */
export type Observation =
  | { readonly kind: 'connecting'; readonly server: string; readonly attempt: number }
  | {
      readonly kind: 'ready';
      readonly server: string;
      readonly attempt: number;
      readonly handshake: Handshake;
    }
  | {
      readonly kind: 'discovered';
      readonly server: string;
      readonly configDigest: string;
      readonly found: Discovered;
    }
  | { readonly kind: 'ended'; readonly server: string; readonly attempt: number; readonly end: InstanceEnd }
  /** A call or a liveness check succeeded or failed on the way that calls take. */
  | { readonly kind: 'healthy'; readonly server: string }
  | {
      readonly kind: 'unhealthy';
      readonly server: string;
      readonly reason: string;
      readonly failures: number;
    }
  /** An ask could not be attributed: from now on capable callers get instances of their own. */
  | { readonly kind: 'interactive'; readonly server: string };

/** The lists of one server, each item as bytes, in the server's order. */
export interface Discovered {
  readonly handshake: Handshake;
  readonly tools: readonly JsonBytes[];
  readonly prompts: readonly JsonBytes[];
  readonly resources: readonly JsonBytes[];
  readonly resourceTemplates: readonly JsonBytes[];
}

export interface Observations {
  report(observation: Observation): void;
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
}

export type Connection =
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
}

export interface GatewayPorts {
  readonly snapshots: Snapshots;
  readonly observations: Observations;
  readonly dialer: Dialer;
  readonly events: GatewayEvents;
}
