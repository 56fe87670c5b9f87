// A checked spec as people write it: the inverse of the schema. What equals the default is left out.

import {
  formatDuration,
  mcpServerSpecSchema,
  type McpServerSpec,
  type McpServerSpecInput,
} from '@tutti/schemas';

type Written = Record<string, unknown>;

const DEFAULTS = mcpServerSpecSchema.parse({ command: 'x' });

export function writtenSpec(spec: McpServerSpec): McpServerSpecInput {
  const { restart, health, limits } = spec;
  const implied = spec.command === undefined || spec.httpPort !== undefined ? 'streamable-http' : 'stdio';
  const written: Written = {
    description: spec.description,
    type: spec.type === implied ? undefined : spec.type,
    command: spec.command,
    args: unlessEmpty(spec.args),
    env: unlessEmpty(spec.env),
    workdir: spec.workdir,
    url: spec.url,
    headers: unlessEmpty(spec.headers),
    httpPort: spec.httpPort,
    port: spec.port,
    timeout: duration(spec.timeoutMs, DEFAULTS.timeoutMs),
    autoStart: unlessDefault(spec.autoStart, DEFAULTS.autoStart),
    suspended: unlessDefault(spec.suspended, DEFAULTS.suspended),
    toolPrefix: spec.toolPrefix,
    toolFilter: spec.toolFilter,
    family: spec.family && section({ ...spec.family, fanOut: unlessDefault(spec.family.fanOut, false) }),
    auth: spec.auth,
    isolation: unlessDefault(spec.isolation, DEFAULTS.isolation),
    abandonedCalls: unlessDefault(spec.abandonedCalls, DEFAULTS.abandonedCalls),
    restart: section({
      initial: duration(restart.initialMs, DEFAULTS.restart.initialMs),
      factor: unlessDefault(restart.factor, DEFAULTS.restart.factor),
      max: duration(restart.maxMs, DEFAULTS.restart.maxMs),
      maxAttempts: restart.maxAttempts,
      resetAfter: duration(restart.resetAfterMs, DEFAULTS.restart.resetAfterMs),
      jitter: unlessDefault(restart.jitter, DEFAULTS.restart.jitter),
    }),
    health: section({
      startupTimeout: duration(health.startupTimeoutMs, DEFAULTS.health.startupTimeoutMs),
      heartbeatInterval: duration(health.heartbeatIntervalMs, DEFAULTS.health.heartbeatIntervalMs),
      maxFailures: unlessDefault(health.maxFailures, DEFAULTS.health.maxFailures),
    }),
    stopGrace: duration(spec.stopGraceMs, DEFAULTS.stopGraceMs),
    limits: section({
      memory: limits.memoryBytes,
      maxInFlight: unlessDefault(limits.maxInFlight, DEFAULTS.limits.maxInFlight),
      maxQueued: unlessDefault(limits.maxQueued, DEFAULTS.limits.maxQueued),
      maxMessageSize: unlessDefault(limits.maxMessageBytes, DEFAULTS.limits.maxMessageBytes),
      maxInstances: unlessDefault(limits.maxInstances, DEFAULTS.limits.maxInstances),
    }),
    metadata: unlessEmpty(spec.metadata),
  };
  return section(written) ?? {};
}

function duration(valueMs: number, defaultMs: number): string | undefined {
  return valueMs === defaultMs ? undefined : formatDuration(valueMs);
}

function unlessDefault<T>(value: T, defaultValue: T): T | undefined {
  return value === defaultValue ? undefined : value;
}

function unlessEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

/** Without the members that are undefined; undefined when none is left. */
function section(members: Written): Written | undefined {
  return unlessEmpty(Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)));
}
