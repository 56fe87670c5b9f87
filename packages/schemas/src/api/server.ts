// A server as the API shows it: what was declared, and what is true of it now. No secret is ever part of it.

import { z } from 'zod';

export const API_SERVER_STATES = [
  'Running',
  'Starting',
  'Stopped',
  'Connected',
  'Connecting',
  'Auth Required',
  'Disconnected',
  'Failed',
  'Suspended',
  'Blocked',
] as const;

/** A timestamp in ISO 8601, UTC. */
export const ApiTimeSchema = z.string();

export const ApiConditionSchema = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: ApiTimeSchema.optional(),
});

/** Where a declaration stands: a file and a line of it, or what else the source calls the place. */
export const ApiOriginSchema = z.object({
  source: z.string(),
  /** The name of the Source, for `git`. */
  name: z.string().optional(),
  commit: z.string().optional(),
  /** Of `git`: inside of the repository. */
  file: z.string().optional(),
  line: z.int().positive().optional(),
  /** Of `api`: who declared it last. */
  by: z.string().optional(),
});

export const ApiServerStatusSchema = z.object({
  state: z.enum(API_SERVER_STATES),
  /** Why it is in this state, and what happens next, in one line for people. */
  reason: z.string().optional(),
  lastError: z.string().optional(),
  lastConnected: ApiTimeSchema.optional(),
  lastAttempt: ApiTimeSchema.optional(),
  nextRetryAfter: ApiTimeSchema.optional(),
  restartCount: z.int().nonnegative(),
  consecutiveFailures: z.int().nonnegative(),
  observedGeneration: z.int().nonnegative().optional(),
  conditions: z.array(ApiConditionSchema),
  pid: z.int().positive().optional(),
  era: z.enum(['legacy', 'modern']).optional(),
  protocolVersion: z.string().optional(),
});

export const ApiServerSchema = z.object({
  name: z.string(),
  type: z.enum(['stdio', 'streamable-http', 'sse', 'native']),
  description: z.string().optional(),
  origin: ApiOriginSchema.optional(),
  /** For display: no credentials, no query. */
  url: z.string().optional(),
  /** Where it is dialled instead of at its own url: by way of the upstream proxy. */
  dialUrl: z.string().optional(),
  /** `http://HOST:PORT` where it is served by itself at the moment: `/mcp`, and `/sse` or `/` for HTTP+SSE. */
  portUrl: z.string().optional(),
  /** As declared; without what was kept of a foreign format. */
  metadata: z.record(z.string(), z.unknown()).optional(),
  /** Absent as long as the server has not shown its tools. */
  toolCount: z.int().nonnegative().optional(),
  status: ApiServerStatusSchema,
});

export type ApiServerState = (typeof API_SERVER_STATES)[number];
export type ApiCondition = z.infer<typeof ApiConditionSchema>;
export type ApiOrigin = z.infer<typeof ApiOriginSchema>;
export type ApiServerStatus = z.infer<typeof ApiServerStatusSchema>;
export type ApiServer = z.infer<typeof ApiServerSchema>;
