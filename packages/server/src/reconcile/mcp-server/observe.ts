// What is known of one server, folded from what the gateway saw and what was decided. A pure reducer: an occurrence
// that tells nothing new gives back the very same object.

import type { PinPolicy, RestartPolicy } from '@tutti/schemas';
import { compactDiscovered, sameDiscovered } from '../../snapshot/compact.ts';
import type { Discovered, InstanceEnd, Observation, OpenCircuit } from '../../snapshot/observation.ts';
import type { Handshake, Segment, ServerEntry } from '../../snapshot/types.ts';
import type { Judgement } from './pins/judge.ts';
import type { Dial, Hold, Rest } from './states.ts';

/** `idle`: not asked to run. `ended`: the current attempt is over, by itself or for being unresponsive. */
type Phase = 'idle' | 'asked' | 'connecting' | 'ready' | 'ended';

export interface Observed {
  /** The generation of the declaration that was last acted on. */
  readonly generation: number | undefined;
  /** What the gateway was last told; undefined before the first decision and after a command to restart. */
  readonly admission: Dial | Rest | Hold | undefined;
  /** The number of the last attempt. */
  readonly attempt: number;
  /** Attempts are numbered above it: a server that is declared anew never repeats a number of its namesake. */
  readonly attemptBase: number;
  /** The identity digest that the last attempt was made with. */
  readonly identity: string | undefined;
  readonly phase: Phase;
  readonly readySinceMs: number | undefined;
  /** How the current attempt ended; `chance` varies the delay before the next. */
  readonly end: (InstanceEnd & { readonly atMs: number; readonly chance: number }) | undefined;
  /** Failures in a row; see `failuresAt` for when a series is over. */
  readonly failures: number;
  readonly lastError: string | undefined;
  readonly lastConnectedMs: number | undefined;
  readonly lastAttemptMs: number | undefined;
  /** What the last handshake agreed on. */
  readonly protocol: Pick<Handshake, 'era' | 'protocolVersion'> | undefined;
  readonly unhealthy: { readonly reason: string; readonly failures: number } | undefined;
  readonly interactive: boolean;
  readonly circuit: OpenCircuit | undefined;
  /** Started by command although it does not start by itself. */
  readonly startRequested: boolean;
  /** Something needs it since it last came to rest. */
  readonly wanted: boolean;
  /** Starts after the first that no demand asked for. */
  readonly restarts: number;
  readonly discovery: Discovery | undefined;
  readonly catalogued: Catalogued | undefined;
  /** Counts how often what is approved of its tools may have changed. */
  readonly pinsRevision: number;
}

export interface Discovery {
  /** The identity of the process that showed it. */
  readonly configDigest: string;
  readonly found: Discovered;
  /** False: it comes from the cache of an earlier run. */
  readonly live: boolean;
}

/** A segment and what it was made from. */
export interface Catalogued {
  readonly configDigest: string;
  readonly found: Discovered;
  readonly cached: boolean;
  readonly transport: ServerEntry['transport'];
  readonly prefix: string;
  /** The tool filter as text. */
  readonly filter: string;
  readonly pins: PinPolicy;
  readonly pinsRevision: number;
  /** Of the tools that its filter lets pass. */
  readonly judgement: Judgement;
  readonly segment: Segment;
}

/** What was decided or commanded, beside what was seen. */
type Act =
  | { readonly kind: 'declared'; readonly generation: number }
  /** `fresh` ends a series of failures. */
  | { readonly kind: 'dialled'; readonly attempt: number; readonly identity: string; readonly fresh: boolean }
  /** `idle`: by intent, and not because an attempt failed. */
  | { readonly kind: 'held'; readonly admission: Hold; readonly idle: boolean }
  | { readonly kind: 'rested'; readonly admission: Rest }
  | { readonly kind: 'restart_requested' }
  | { readonly kind: 'repinned' }
  | { readonly kind: 'start_requested' }
  | { readonly kind: 'loaded'; readonly configDigest: string; readonly found: Discovered }
  | { readonly kind: 'catalogued'; readonly catalogued: Catalogued };

export type Occurrence = Observation | Act;

export interface FoldContext {
  readonly nowMs: number;
  /** In [0, 1). */
  readonly chance: number;
  readonly restart: RestartPolicy;
  /** Failed checks in a row that count as the end of an attempt. */
  readonly maxFailures: number;
  /** Makes text from servers fit to be shown. */
  readonly clean: (text: string) => string;
}

export const NOTHING_OBSERVED: Observed = {
  generation: undefined,
  admission: undefined,
  attempt: 0,
  attemptBase: 0,
  identity: undefined,
  phase: 'idle',
  readySinceMs: undefined,
  end: undefined,
  failures: 0,
  lastError: undefined,
  lastConnectedMs: undefined,
  lastAttemptMs: undefined,
  protocol: undefined,
  unhealthy: undefined,
  interactive: false,
  circuit: undefined,
  startRequested: false,
  wanted: false,
  restarts: 0,
  discovery: undefined,
  catalogued: undefined,
  pinsRevision: 0,
};

export function fold(observed: Observed, occurrence: Occurrence, context: FoldContext): Observed {
  switch (occurrence.kind) {
    case 'connecting':
      if (!isCurrent(observed, occurrence.attempt) || observed.phase === 'connecting') return observed;
      return { ...observed, phase: 'connecting', readySinceMs: undefined, unhealthy: undefined };
    case 'ready':
      if (!isCurrent(observed, occurrence.attempt)) return observed;
      return {
        ...observed,
        phase: 'ready',
        readySinceMs: context.nowMs,
        lastConnectedMs: context.nowMs,
        protocol: {
          era: occurrence.handshake.era,
          protocolVersion: occurrence.handshake.protocolVersion,
        },
        unhealthy: undefined,
      };
    case 'discovered':
      return occurrence.configDigest === observed.identity
        ? discovered(observed, occurrence.configDigest, occurrence.found, true)
        : observed;
    case 'loaded':
      return discovered(observed, occurrence.configDigest, occurrence.found, false);
    case 'ended':
      return isCurrent(observed, occurrence.attempt) ? ended(observed, occurrence.end, context) : observed;
    case 'healthy':
      return observed.unhealthy === undefined ? observed : { ...observed, unhealthy: undefined };
    case 'unhealthy':
      return unhealthy(observed, occurrence, context);
    case 'interactive':
      return observed.interactive ? observed : { ...observed, interactive: true };
    case 'circuit':
      return circuit(observed, occurrence.open, context);
    case 'wanted':
      return observed.wanted || observed.phase !== 'idle' ? observed : { ...observed, wanted: true };
    case 'declared':
      return { ...observed, generation: occurrence.generation };
    case 'dialled':
      return {
        ...observed,
        admission: { kind: 'dial', attempt: occurrence.attempt },
        attempt: occurrence.attempt,
        identity: occurrence.identity,
        phase: 'asked',
        readySinceMs: undefined,
        end: undefined,
        unhealthy: undefined,
        circuit: undefined,
        lastAttemptMs: context.nowMs,
        restarts: isFirstStart(observed) || observed.wanted ? observed.restarts : observed.restarts + 1,
        ...(occurrence.fresh ? { failures: 0, lastError: undefined } : {}),
        interactive: observed.interactive && occurrence.identity === observed.identity,
      };
    case 'held':
      return {
        ...observed,
        ...(occurrence.idle ? AT_REST : {}),
        admission: occurrence.admission,
        startRequested: observed.startRequested && occurrence.admission.state !== 'Suspended',
      };
    case 'rested':
      // A series of failures goes on: only health ends it.
      return { ...observed, phase: 'idle', end: undefined, wanted: false, admission: occurrence.admission };
    case 'restart_requested':
      return { ...observed, ...AT_REST, admission: undefined, startRequested: true };
    case 'repinned':
      return { ...observed, pinsRevision: observed.pinsRevision + 1 };
    case 'start_requested':
      // What runs, or is about to, is left alone.
      return observed.phase === 'idle' || observed.phase === 'ended'
        ? { ...observed, ...AT_REST, admission: undefined, startRequested: true }
        : { ...observed, startRequested: true };
    case 'catalogued':
      break;
  }
  return { ...observed, catalogued: occurrence.catalogued };
}

/** Failures in a row: a series is over once the server was ready for the policy's `resetAfterMs`. */
export function failuresAt(observed: Observed, restart: RestartPolicy, nowMs: number): number {
  return isSeriesOver(observed, restart, nowMs) ? 0 : observed.failures;
}

/** The error of the current series of failures. */
export function lastErrorAt(observed: Observed, restart: RestartPolicy, nowMs: number): string | undefined {
  return isSeriesOver(observed, restart, nowMs) ? undefined : observed.lastError;
}

function isSeriesOver({ readySinceMs }: Observed, restart: RestartPolicy, nowMs: number): boolean {
  return readySinceMs !== undefined && nowMs - readySinceMs >= restart.resetAfterMs;
}

const AT_REST = {
  phase: 'idle',
  readySinceMs: undefined,
  end: undefined,
  failures: 0,
  lastError: undefined,
  unhealthy: undefined,
} as const;

/** What an older attempt still reports is no news of this one. */
function isCurrent({ admission, phase }: Observed, attempt: number): boolean {
  return admission?.kind === 'dial' && admission.attempt === attempt && phase !== 'ended';
}

function discovered(observed: Observed, configDigest: string, found: Discovered, live: boolean): Observed {
  const known = observed.discovery;
  const same = known !== undefined && sameDiscovered(known.found, found);
  if (same && known.configDigest === configDigest && known.live === live) return observed;
  return {
    ...observed,
    discovery: { configDigest, found: same ? known.found : compactDiscovered(found), live },
  };
}

function circuit(observed: Observed, open: OpenCircuit | undefined, { clean }: FoldContext): Observed {
  if (open === undefined)
    return observed.circuit === undefined ? observed : { ...observed, circuit: undefined };
  return { ...observed, circuit: { ...open, reason: clean(open.reason) } };
}

export function isFirstStart({ attempt, attemptBase }: Observed): boolean {
  return attempt === attemptBase;
}

function ended(observed: Observed, end: InstanceEnd, context: FoldContext): Observed {
  if (end.kind === 'idle') return { ...observed, ...AT_REST, startRequested: false, wanted: false };
  const reason = context.clean(end.reason);
  // Neither is a fault of the server: the gateway closed it, or it waits for somebody to log in.
  const counts = end.kind !== 'closed' && end.kind !== 'auth_required';
  const failures = failuresAt(observed, context.restart, context.nowMs);
  return {
    ...observed,
    phase: 'ended',
    readySinceMs: undefined,
    unhealthy: undefined,
    wanted: false,
    end: { kind: end.kind, reason, atMs: context.nowMs, chance: context.chance },
    failures: counts ? failures + 1 : failures,
    lastError: end.kind === 'closed' ? lastErrorAt(observed, context.restart, context.nowMs) : reason,
  };
}

function unhealthy(
  observed: Observed,
  { reason, failures }: { readonly reason: string; readonly failures: number },
  context: FoldContext,
): Observed {
  if (observed.phase !== 'ready' || observed.unhealthy?.failures === failures) return observed;
  if (failures >= context.maxFailures) return ended(observed, { kind: 'unresponsive', reason }, context);
  return { ...observed, unhealthy: { reason: context.clean(reason), failures } };
}
