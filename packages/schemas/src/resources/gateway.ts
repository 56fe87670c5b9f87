// The Gateway resource: the settings of the one endpoint that clients use. The schema reads what people write and gives
// settings in code's own terms: every default filled in, units in the names.

import { z } from 'zod';
import { formatDuration } from './duration.ts';
import { gatewayAuthSchema, gatewayPoliciesSchema } from './gateway-auth.ts';
import { gatewayCoordinationSchema } from './gateway-coordination.ts';
import { gatewayLimitsSchema } from './gateway-limits.ts';
import { gatewayModelsSchema } from './gateway-models.ts';
import { gatewayPortsSchema } from './gateway-ports.ts';
import { hostName } from './host-name.ts';
import type { Origin } from './mcp-server-spec.ts';
import { pinPolicySchema } from './pin-policy.ts';
import { isUrlTemplate } from './url-template.ts';
import { MAX_ALLOWED_NAMES, variableName } from './variable-name.ts';

const MAX_PREFIX_LENGTH = 16;
const MAX_ALLOWED_HOSTS = 100;

type LimitFields = z.output<typeof gatewayLimitsSchema>;

/** Reads a spec as people write it; the output is normalised, with all defaults. */
/** As `upstreamProxy`: the proxy stands where one is usually found. */
export const AUTO_PROXY = 'auto';

export const gatewaySpecSchema = z
  .strictObject({
    toolPrefix: z
      .string()
      .max(MAX_PREFIX_LENGTH, `longer than ${MAX_PREFIX_LENGTH} characters; shorten it`)
      .regex(
        /^(?:[a-zA-Z][a-zA-Z0-9_-]*_)?$/,
        'must begin with a letter, hold only letters, digits, `_` and `-`, and end in `_`',
      )
      .prefault('')
      .describe(
        'Stands before the names of all tools and prompts: with `x_`, `files_read` is `x_files_read`.',
      ),
    allowedHosts: z
      .array(hostName)
      .max(MAX_ALLOWED_HOSTS)
      .prefault([])
      .describe('More names that clients may use for this endpoint, without scheme and port.'),
    ports: gatewayPortsSchema.prefault({}),
    upstreamProxy: z
      .string()
      .refine(
        (text) => text === AUTO_PROXY || isUrlTemplate(text),
        'must be an `http://` or `https://` url, or `auto`',
      )
      .optional()
      .describe(
        'A proxy through which every server with a `url` is dialled, at `/mcp/<name>` below this url. `auto`: the one of MUSTER_AGW_UPSTREAM_URL, else http://localhost:8080.',
      ),
    apiEnvAllow: z
      .array(variableName)
      .max(MAX_ALLOWED_NAMES)
      .prefault([])
      .describe("The variables of Tutti's environment that what is declared over the API may use."),
    contextMode: z
      .enum(['auto', 'direct', 'search'])
      .prefault('auto')
      .describe(
        'What clients list: all tools (`direct`), or a few that search and call the others (`search`). `auto`: the list while it is short.',
      ),
    pins: pinPolicySchema
      .prefault('flag')
      .describe(
        'Tools that change or come after they were first seen: told of (`flag`), kept out until approved (`hold`), kept out from the first sight on (`strict`), or nothing (`off`).',
      ),
    auth: gatewayAuthSchema.prefault({}),
    policies: gatewayPoliciesSchema.prefault([]),
    models: gatewayModelsSchema.prefault({}),
    coordination: gatewayCoordinationSchema.prefault({}),
    limits: gatewayLimitsSchema.superRefine(checkOrder).transform(normalise).prefault({}),
  })
  .superRefine(({ models, coordination }, context) => {
    if (context.issues.length > 0) return;
    const { provider } = coordination.decomposition;
    if (provider === undefined || models.providers.some(({ name }) => name === provider)) return;
    context.addIssue({
      code: 'custom',
      path: ['coordination', 'decomposition', 'provider'],
      message: `there is no \`${provider}\` among the providers of \`models\`; add it there, or correct it`,
    });
  })
  .describe('Settings of the endpoint.');

/** Checked settings. */
export type GatewaySettings = z.output<typeof gatewaySpecSchema>;

/** What holds where nothing is declared. */
export const DEFAULT_GATEWAY_SETTINGS: GatewaySettings = gatewaySpecSchema.parse({});

export interface GatewayResource {
  readonly kind: 'Gateway';
  readonly spec: GatewaySettings;
  readonly origin: Origin;
}

/** Times that make sense only one beside the other. */
function checkOrder(limits: LimitFields, context: z.core.$RefinementCtx): void {
  // What is wrong in itself would only break rules in its wake.
  if (context.issues.length > 0) return;
  const tooShort = (field: keyof LimitFields, other: keyof LimitFields): void => {
    const [own, least] = [limits[field], limits[other]].map((ms) => `\`${formatDuration(ms)}\``);
    const message = `${own} is too short beside ${least} of \`${other}\`; raise it or lower the other`;
    context.addIssue({ code: 'custom', path: [field], message });
  };
  if (limits.requestTimeout < limits.headersTimeout) tooShort('requestTimeout', 'headersTimeout');
  if (limits.sessionAbsolute < limits.sessionIdle) tooShort('sessionAbsolute', 'sessionIdle');
  if (limits.unreadTimeout <= limits.keepAlive) tooShort('unreadTimeout', 'keepAlive');
}

function normalise(limits: LimitFields) {
  return {
    maxBodyBytes: limits.maxBodySize,
    maxHeaderBytes: limits.maxHeaderSize,
    headersTimeoutMs: limits.headersTimeout,
    requestTimeoutMs: limits.requestTimeout,
    maxDepth: limits.maxDepth,
    maxStreams: limits.maxStreams,
    maxSessions: limits.maxSessions,
    sessionIdleMs: limits.sessionIdle,
    sessionAbsoluteMs: limits.sessionAbsolute,
    maxPendingMessages: limits.maxPendingMessages,
    maxUnreadBytes: limits.maxUnread,
    unreadTimeoutMs: limits.unreadTimeout,
    askTimeoutMs: limits.askTimeout,
    maxParked: limits.maxParked,
    maxSubscriptions: limits.maxSubscriptions,
    keepAliveMs: limits.keepAlive,
    longCallAfterMs: limits.longCallAfter,
    resultTtlMs: limits.resultTtl,
  };
}
