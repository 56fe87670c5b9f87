// What the gateway is told of one server. Pure.

import { isDeepStrictEqual } from 'node:util';
import type { McpServerSpec } from '@tutti/schemas';
import type { IdleLimits, ServerEntry, ServerLimits } from '../../snapshot/types.ts';
import type { Desired } from './desired.ts';
import type { Observed } from './observe.ts';
import { holdsBack } from './pins/judge.ts';

/** Progress extends a call up to this. */
const MAX_CALL_MS = 600_000;
/** A server that nobody calls runs for this long when only its lists are wanted. */
export const DISCOVERY_TTL_MS = 120_000;

/** Undefined before the first decision. */
export function entryOf(
  { resource, identityDigest, family, pins }: Desired,
  observed: Observed,
): ServerEntry | undefined {
  const { admission, catalogued } = observed;
  if (admission === undefined) return undefined;
  const { name, spec } = resource;
  return {
    name,
    configDigest: identityDigest,
    transport: spec.type,
    isolation: spec.isolation,
    abandonedCalls: spec.abandonedCalls,
    admission,
    limits: limitsOf(spec),
    idle: idleLimits(spec, observed),
    toolFilter: spec.toolFilter,
    listedOnly: holdsBack(pins),
    // A fault leaves the tools listed, and a call says what is wrong; a server that is not meant to run offers nothing.
    segment: isMeantToRun(spec, observed) ? catalogued?.segment : undefined,
    knownEra: observed.protocol?.era ?? observed.discovery?.found.handshake.era,
    ...(family !== undefined && { family }),
  };
}

export function sameEntry(one: ServerEntry, other: ServerEntry | undefined): boolean {
  if (other === undefined || one.segment !== other.segment) return false;
  return isDeepStrictEqual({ ...one, segment: undefined }, { ...other, segment: undefined });
}

/** A server that was started for a moment, to see what it offers, is stopped again soon. */
function idleLimits(
  { autoStart, start, idleTimeoutMs }: McpServerSpec,
  observed: Observed,
): IdleLimits | undefined {
  if (!autoStart && !observed.startRequested) return { unusedMs: DISCOVERY_TTL_MS, usedMs: DISCOVERY_TTL_MS };
  return start === 'onDemand' ? { unusedMs: DISCOVERY_TTL_MS, usedMs: idleTimeoutMs } : undefined;
}

function isMeantToRun(spec: McpServerSpec, { startRequested }: Observed): boolean {
  return !spec.suspended && (spec.autoStart || startRequested);
}

function limitsOf({ timeoutMs, health, limits }: McpServerSpec): ServerLimits {
  return {
    callTimeoutMs: timeoutMs,
    maxCallMs: MAX_CALL_MS,
    startupTimeoutMs: health.startupTimeoutMs,
    heartbeatIntervalMs: health.heartbeatIntervalMs,
    maxFailures: health.maxFailures,
    maxInFlight: limits.maxInFlight,
    maxQueued: limits.maxQueued,
    maxMessageBytes: limits.maxMessageBytes,
    maxInstances: limits.maxInstances,
  };
}
