// What comes back from the data plane: the other half of the contract between the planes. The shapes are those of the
// gateway's ports, told here because control must not know the gateway.

import type { Handshake, JsonBytes, Snapshot } from './types.ts';

export interface InstanceEnd {
  /** `exited`: the process ended; `lost`: the connection broke or the session is gone; `unresponsive`: liveness
   *  failed; `handshake`: never became ready; `closed`: the gateway closed it; `idle`: it was not needed any more. */
  readonly kind: 'exited' | 'lost' | 'unresponsive' | 'handshake' | 'auth_required' | 'closed' | 'idle';
  readonly reason: string;
  /** With `auth_required`: how the server asks for credentials (WWW-Authenticate), verbatim, if it said. */
  readonly wwwAuthenticate?: string | undefined;
}

/** The lists of one server, each item as bytes, in the server's order. */
export interface Discovered {
  readonly handshake: Handshake;
  readonly tools: readonly JsonBytes[];
  readonly prompts: readonly JsonBytes[];
  readonly resources: readonly JsonBytes[];
  readonly resourceTemplates: readonly JsonBytes[];
}

/** A server that is left alone for a while because it left calls unanswered. */
export interface OpenCircuit {
  /** Calls in a row without an answer. */
  readonly unanswered: number;
  /** Why the last one had none. */
  readonly reason: string;
  /** When a call goes through again. */
  readonly retryAtMs: number;
}

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
  | { readonly kind: 'healthy'; readonly server: string }
  | {
      readonly kind: 'unhealthy';
      readonly server: string;
      readonly reason: string;
      readonly failures: number;
    }
  | { readonly kind: 'interactive'; readonly server: string }
  /** Something needs it that does not run for now: a call, or a list that nothing is known for. */
  | { readonly kind: 'wanted'; readonly server: string }
  /** Its circuit breaker opened, opened for longer, or closed. */
  | { readonly kind: 'circuit'; readonly server: string; readonly open: OpenCircuit | undefined };

export interface Observations {
  report(observation: Observation): void;
}

export interface Snapshots {
  current(): Snapshot;
  /** Called after each change, in order. Dispose to stop. */
  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable;
}
