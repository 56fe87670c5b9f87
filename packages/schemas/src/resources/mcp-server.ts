// The MCPServer resource: a server to run (stdio), to wrap (a command that serves HTTP) or to dial (HTTP). The schema
// reads what people write and gives a spec in code's own terms: every default filled in, units in the names.

import { z } from 'zod';
import { defined } from './defined.ts';
import { durationMs, MAX_DURATION_MS } from './duration.ts';
import { authSchema } from './mcp-server-auth.ts';
import { healthSchema, limitsSchema, restartSchema } from './mcp-server-policies.ts';
import { crossFieldIssues, inferType } from './mcp-server-rules.ts';
import type { McpServerAuth, McpServerSpec } from './mcp-server-spec.ts';
import { pinPolicySchema } from './pin-policy.ts';
import { MAX_NAME_LENGTH } from './server-name.ts';
import { toolFilterSchema } from './tool-filter.ts';
import { isUrlTemplate } from './url-template.ts';

const second = 1_000;
const anyDuration = durationMs({ minMs: 10, maxMs: MAX_DURATION_MS });
const typeSchema = z.enum(['stdio', 'http', 'streamable-http', 'sse']);
const port = z.int().min(1).max(65_535);
const identifier = /^[a-zA-Z][a-zA-Z0-9_-]*$/;

const specFields = z.strictObject({
  description: z
    .string()
    .max(500, 'longer than 500 characters; shorten it')
    .optional()
    .describe('For people.'),
  type: typeSchema
    .optional()
    .describe('How Tutti talks to the server. Left out: stdio with a command, streamable-http with a url.'),
  transport: typeSchema.optional().describe('The same as `type`.'),
  command: z.string().min(1).optional().describe('The program to start; no shell runs it.'),
  args: z.array(z.string()).optional().describe('Arguments of the command.'),
  env: z
    .record(z.string().regex(/^[^=\0]+$/, 'not a name of an environment variable'), z.string())
    .optional()
    .describe('Environment variables of the command.'),
  workdir: z
    .string()
    .min(1)
    .refine((folder) => !folder.includes('${'), 'variables are not resolved here; write the folder itself')
    .optional()
    .describe('Relative to the folder of the declaring file, which it is when left out.'),
  url: z
    .string()
    .refine(isUrlTemplate, 'must be an `http://` or `https://` url')
    .optional()
    .describe('Where a remote server answers.'),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not a name of an HTTP header'),
      z.string().regex(/^[^\r\n\0]*$/, 'must be a single line'),
    )
    .optional()
    .describe('Headers of every request to a remote server.'),
  timeout: durationMs({ minMs: second, maxMs: 300 * second })
    .prefault('30s')
    .describe('Time for one call, 1s to 300s; progress extends it.'),
  autoStart: z.boolean().prefault(true).describe('Start it with Tutti.'),
  suspended: z.boolean().prefault(false).describe('Keep it declared, but stopped and out of the catalog.'),
  toolPrefix: z
    .string()
    .regex(identifier, 'must begin with a letter and hold only letters, digits, `_` and `-`')
    .optional()
    .describe("Stands before the server's tool names instead of its name."),
  family: z
    .strictObject({
      name: z
        .string()
        .max(MAX_NAME_LENGTH, `longer than ${MAX_NAME_LENGTH} characters; shorten it`)
        .regex(identifier, 'must begin with a letter and hold only letters, digits, `_` and `-`')
        .describe('Shared by all members; stands before the names of their tools.'),
      instanceArg: z
        .string()
        .max(MAX_NAME_LENGTH, `longer than ${MAX_NAME_LENGTH} characters; shorten it`)
        .regex(/^[a-zA-Z][a-zA-Z0-9_]*$/, 'must begin with a letter and hold only letters, digits and `_`')
        .describe('The argument that says which member is meant; the same on every member.'),
      fanOut: z
        .boolean()
        .prefault(false)
        .describe('Lets one call go to all members with `*`; only where every member sets it.'),
    })
    .optional()
    .describe('Equal servers whose common tools are shown once, with an argument that names the server.'),
  port: port
    .optional()
    .describe('Serve it by itself on this port too: at `/mcp`, and at `/sse` and `/` for HTTP+SSE.'),
  metadata: z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe('Whatever you like to keep beside the server.'),
  auth: authSchema.optional(),
  restart: restartSchema.prefault({}),
  health: healthSchema.prefault({}),
  stopGrace: durationMs({ minMs: 0, maxMs: 600 * second })
    .prefault('10s')
    .describe('Time between SIGTERM and SIGKILL.'),
  isolation: z
    .enum(['shared', 'session', 'user'])
    .prefault('shared')
    .describe('One process for all, one per client session, or one per user.'),
  abandonedCalls: z
    .enum(['finish', 'cancel'])
    .prefault('finish')
    .describe(
      'What becomes of a call whose client timed out or was lost: it goes on and its result is kept, or it ends.',
    ),
  placement: z
    .enum(['process', 'workload', 'sidecar'])
    .prefault('process')
    .describe('Where it runs. Only `process` is supported by this version.'),
  image: z
    .string()
    .min(1)
    .optional()
    .describe('For `placement: workload`, which this version does not support.'),
  httpPort: port
    .optional()
    .describe('The command serves HTTP on this port of loopback, at /mcp (sse: /sse).'),
  limits: limitsSchema.prefault({}),
  toolFilter: toolFilterSchema.optional().describe('Which tools are to be seen.'),
  pins: pinPolicySchema
    .optional()
    .describe("What is done about tools that change; the Gateway's `pins` when left out."),
  start: z
    .enum(['eager', 'onDemand'])
    .prefault('eager')
    .describe('`onDemand`: its tools are listed from what it showed last, and the first call starts it.'),
  idleTimeout: anyDuration
    .optional()
    .describe('With `start: onDemand`: it is stopped when no call came for this long; 10m when left out.'),
});

const DEFAULT_IDLE_TIMEOUT_MS = 600 * second;
const NO_AUTH: McpServerAuth = { type: 'none' };

type SpecFields = z.output<typeof specFields>;

/** Reads a spec as people write it; the output is normalised, with all defaults. */
export const mcpServerSpecSchema = specFields
  .superRefine((fields, context) => {
    // What is wrong in itself would only break rules in its wake.
    if (context.issues.length > 0) return;
    for (const { path, message } of crossFieldIssues(fields))
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .transform(normalise)
  .describe('A server to run or to dial.');

/** A spec as people write it. */
export type McpServerSpecInput = z.input<typeof mcpServerSpecSchema>;

function normalise(fields: SpecFields): McpServerSpec {
  const { restart, health, limits } = fields;
  return defined({
    description: fields.description,
    // The rules have refused a spec whose type nothing implies.
    type: inferType(fields) ?? 'stdio',
    command: fields.command,
    args: fields.args ?? [],
    env: fields.env ?? {},
    workdir: fields.workdir,
    url: fields.url,
    headers: fields.headers ?? {},
    timeoutMs: fields.timeout,
    autoStart: fields.autoStart,
    start: fields.start,
    idleTimeoutMs: fields.idleTimeout ?? DEFAULT_IDLE_TIMEOUT_MS,
    suspended: fields.suspended,
    toolPrefix: fields.toolPrefix,
    family: fields.family,
    port: fields.port,
    metadata: fields.metadata,
    auth: fields.auth === undefined ? undefined : NO_AUTH,
    restart: defined({
      initialMs: restart.initial,
      factor: restart.factor,
      maxMs: restart.max,
      maxAttempts: restart.maxAttempts,
      resetAfterMs: restart.resetAfter,
      jitter: restart.jitter,
    }),
    health: {
      startupTimeoutMs: health.startupTimeout,
      heartbeatIntervalMs: health.heartbeatInterval,
      maxFailures: health.maxFailures,
    },
    stopGraceMs: fields.stopGrace,
    isolation: fields.isolation,
    abandonedCalls: fields.abandonedCalls,
    placement: 'process',
    httpPort: fields.httpPort,
    limits: defined({
      memoryBytes: limits.memory,
      maxInFlight: limits.maxInFlight,
      maxQueued: limits.maxQueued,
      maxMessageBytes: limits.maxMessageSize,
      maxInstances: limits.maxInstances,
    }),
    toolFilter: fields.toolFilter,
    pins: fields.pins,
  });
}
