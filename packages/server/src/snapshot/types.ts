// The contract between the planes. Control builds a Snapshot, the gateway serves calls from it.
// A snapshot is immutable: a change makes a new one that shares everything that did not change.

import type { ToolFilter } from '@tutti/schemas';

/** The name of the server whose tools are Tutti's own. */
export const NATIVE_SERVER = 'tutti';

/** One JSON value as it came from a server, byte for byte. */
export type JsonBytes = Buffer;

export type Era = 'legacy' | 'modern';

/** What a server said of itself in `initialize` or `server/discover`. */
export interface Handshake {
  readonly era: Era;
  /** The protocol revision agreed on, `2025-11-25` or `2026-07-28`, say. */
  readonly protocolVersion: string;
  readonly capabilities: JsonBytes;
  readonly serverInfo: JsonBytes | undefined;
  readonly instructions: string | undefined;
}

export interface ToolItem {
  /** The name that the server knows. */
  readonly name: string;
  /** The name that clients of the federated endpoint use; allocated once, never changed by other servers. */
  readonly exposedName: string;
  /** The tool as the server declared it. */
  readonly bytes: JsonBytes;
  /** The same bytes with the name replaced by the exposed one. */
  readonly exposedBytes: JsonBytes;
  /** `x-mcp-header` of the input schema: header suffix → path of the argument. */
  readonly paramHeaders: readonly { readonly header: string; readonly path: readonly string[] }[];
  readonly taskSupport: 'forbidden' | 'optional' | 'required';
}

export interface PromptItem {
  readonly name: string;
  readonly exposedName: string;
  readonly bytes: JsonBytes;
  readonly exposedBytes: JsonBytes;
}

export interface ResourceItem {
  readonly uri: string;
  /** The same uri, or `tutti://<server>/<encoded uri>` for a second holder of it. */
  readonly exposedUri: string;
  readonly bytes: JsonBytes;
  readonly exposedBytes: JsonBytes;
}

export interface ResourceTemplateItem {
  readonly uriTemplate: string;
  readonly exposedUriTemplate: string;
  readonly bytes: JsonBytes;
  readonly exposedBytes: JsonBytes;
}

/** A tool that is kept out of the catalog until somebody approves it. */
export interface HeldTool {
  /** The name that it has in the catalog. */
  readonly exposedName: string;
  /** Whether another definition of it was approved, or none ever. */
  readonly state: 'changed' | 'new';
}

/** All that one server offers, in the server's own order. Shared by every view that shows the server. */
export interface Segment {
  readonly server: string;
  /** Digest of the contents: equal segments are interchangeable. */
  readonly digest: string;
  readonly handshake: Handshake;
  /** True when it comes from the persisted discovery cache and no live instance has confirmed it yet. */
  readonly cached: boolean;
  readonly tools: readonly ToolItem[];
  readonly prompts: readonly PromptItem[];
  readonly resources: readonly ResourceItem[];
  readonly resourceTemplates: readonly ResourceTemplateItem[];
  readonly byTool: ReadonlyMap<string, ToolItem>;
  readonly byExposedTool: ReadonlyMap<string, ToolItem>;
  /** By the server's own name; in none of the lists. */
  readonly heldTools: ReadonlyMap<string, HeldTool>;
  readonly byExposedPrompt: ReadonlyMap<string, PromptItem>;
  readonly byExposedUri: ReadonlyMap<string, ResourceItem>;
}

/** That a server is one of several equal ones, as it declares it. */
export interface FamilyMembership {
  readonly name: string;
  /** What the exposed names of the family's tools begin with. */
  readonly prefix: string;
  /** The argument of the family's tools that says which server is meant. */
  readonly instanceArg: string;
  /** Whether one call may go to all members. */
  readonly fanOut: boolean;
}

/** A tool that equal servers have, shown once. */
export interface FamilyTool {
  /** The name that the members know. */
  readonly name: string;
  readonly exposedName: string;
  /** The tool as the first member declares it. */
  readonly bytes: JsonBytes;
  /** The same bytes with the exposed name and the argument that says which member is meant. */
  readonly exposedBytes: JsonBytes;
  /** Each member's own, by server; sorted. */
  readonly members: ReadonlyMap<string, ToolItem>;
  /** Members whose tool is held back. */
  readonly heldMembers: readonly string[];
}

/** Why a family is not shown as one would expect. */
export interface FamilyProblem {
  readonly servers: readonly string[];
  readonly message: string;
}

export interface Family {
  readonly name: string;
  readonly instanceArg: string;
  readonly fanOut: boolean;
  /** All members, sorted. */
  readonly servers: readonly string[];
  /** Sorted by name. */
  readonly tools: readonly FamilyTool[];
  /** The same by the name that the members know: what is in here is not shown as a server's own. */
  readonly byTool: ReadonlyMap<string, FamilyTool>;
  readonly problems: readonly FamilyProblem[];
}

/** Whether the gateway may have an instance of the server now; if not, what callers are told. */
export type Admission =
  /** A new attempt number asks for a new connection: the instances of an older attempt are drained and closed. */
  | { readonly kind: 'dial'; readonly attempt: number }
  /** It does not run for now; whoever needs it says that it is wanted, and waits. */
  | { readonly kind: 'rest'; readonly state: string; readonly reason: string }
  | {
      readonly kind: 'hold';
      /** `Failed`, `Stopped`, `Suspended`, `Blocked` … as in the server's status. */
      readonly state: string;
      /** For the caller: what happened and what happens next. Sanitised. */
      readonly reason: string;
      readonly retryAtMs: number | undefined;
    };

/** What becomes of a call whose client does not wait any more without having cancelled it. */
export type AbandonedCalls = 'finish' | 'cancel';

export interface ServerLimits {
  readonly callTimeoutMs: number;
  /** Progress extends a call's deadline up to this. */
  readonly maxCallMs: number;
  readonly startupTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Failed checks in a row that end an instance. */
  readonly maxFailures: number;
  readonly maxInFlight: number;
  readonly maxQueued: number;
  readonly maxMessageBytes: number;
  /** Instances beside the shared one: one per session, or per call of a modern client. */
  readonly maxInstances: number;
}

export interface IdleLimits {
  /** After its start, when no call came at all. */
  readonly unusedMs: number;
  /** After its last call. */
  readonly usedMs: number;
}

export interface ServerEntry {
  readonly name: string;
  /** Digest of what identifies a process or a connection: command, args, env, url, headers. */
  readonly configDigest: string;
  readonly transport: 'stdio' | 'streamable-http' | 'sse' | 'native';
  readonly isolation: 'shared' | 'session' | 'user';
  readonly abandonedCalls: AbandonedCalls;
  readonly admission: Admission;
  readonly limits: ServerLimits;
  /** When the shared instance is stopped for want of calls; undefined: never. */
  readonly idle: IdleLimits | undefined;
  /** Blocked tools are in no segment; a route that passes on names it does not know must ask this too. */
  readonly toolFilter: ToolFilter | undefined;
  /** Only tools that are in the segment may be called, also where names are passed on: the rest is held back. */
  readonly listedOnly: boolean;
  /** Undefined until the server was discovered once. Tools that its filter blocks are not in it. */
  readonly segment: Segment | undefined;
  /** The era found at the last handshake, tried first at the next. */
  readonly knownEra: Era | undefined;
  /** Absent for a server that is in no family. */
  readonly family?: FamilyMembership;
}

export interface Snapshot {
  readonly version: number;
  /** Sorted by name. */
  readonly servers: ReadonlyMap<string, ServerEntry>;
  /** Sorted by name. */
  readonly families: ReadonlyMap<string, Family>;
}
