// What to do about one server, from what is declared and what is known of it. Pure: steps are data, and with nothing
// new there are none.

import type { McpServerResource, PinPolicy, RestartPolicy, ServerType } from '@tutti/schemas';
import { backoffDelayMs } from '../../kernel/backoff.ts';
import type { ServerEntry } from '../../snapshot/types.ts';
import type { Desired } from './desired.ts';
import { entryOf, sameEntry } from './entry.ts';
import type { Observed } from './observe.ts';
import { suspendedText } from './suspended-text.ts';
import { restingState, stateAfterEnd, type Hold, type HoldState, type Rest } from './states.ts';

export type Step =
  /** The server is not declared any more. */
  | { readonly kind: 'remove' }
  /** A new generation of the declaration is at hand. */
  | { readonly kind: 'declare'; readonly generation: number }
  | { readonly kind: 'dial'; readonly attempt: number; readonly identity: string; readonly fresh: boolean }
  | { readonly kind: 'hold'; readonly admission: Hold; readonly idle: boolean }
  /** It starts when it is wanted. */
  | { readonly kind: 'rest'; readonly admission: Rest }
  | { readonly kind: 'publish'; readonly entry: ServerEntry }
  | ({ readonly kind: 'catalogue' } & CatalogueInput);

/** What a segment is made from, beside the discovered items. */
export interface CatalogueInput {
  readonly transport: ServerEntry['transport'];
  readonly prefix: string;
  readonly filter: string;
  readonly cached: boolean;
  readonly pins: PinPolicy;
  /** Another one: what is approved may have changed. */
  readonly pinsRevision: number;
}

export interface PlanInput {
  readonly desired: Desired | undefined;
  readonly observed: Observed;
  /** What the snapshot in force has of the server. */
  readonly published: ServerEntry | undefined;
  readonly nowMs: number;
}

export interface Plan {
  /** Carried out in order; then it is planned again, until there are none. */
  readonly steps: readonly Step[];
  /** When time alone will change the plan. */
  readonly wakeAtMs: number | undefined;
}

type Decision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'dial'; readonly fresh: boolean }
  | { readonly kind: 'rest'; readonly admission: Rest }
  | { readonly kind: 'hold'; readonly admission: Hold; readonly idle: boolean };

export function plan({ desired, observed, published, nowMs }: PlanInput): Plan {
  if (desired === undefined)
    return { steps: published === undefined ? [] : [{ kind: 'remove' }], wakeAtMs: undefined };
  const { resource } = desired;
  const decision = decide(desired, observed, nowMs);
  const wakeAtMs = decision.kind === 'hold' ? decision.admission.retryAtMs : undefined;

  const steps: Step[] = [];
  if (resource.generation !== observed.generation)
    steps.push({ kind: 'declare', generation: resource.generation });
  if (decision.kind === 'dial')
    steps.push({
      kind: 'dial',
      attempt: observed.attempt + 1,
      identity: desired.identityDigest,
      fresh: decision.fresh,
    });
  if (decision.kind === 'hold' && !isSameHold(observed.admission, decision.admission)) steps.push(decision);
  if (decision.kind === 'rest' && observed.admission?.kind !== 'rest') steps.push(decision);
  if (steps.length > 0) return { steps, wakeAtMs };

  // The decision is made and goes out first; what is listed may have to wait for the disk.
  const entry = entryOf(desired, observed);
  if (entry !== undefined && !sameEntry(entry, published)) steps.push({ kind: 'publish', entry });
  const input = catalogueInput(desired, observed);
  if (input !== undefined) steps.push({ kind: 'catalogue', ...input });
  return { steps, wakeAtMs };
}

/** What should be with the server now; the status tells of it even before it is acted on. */
export function decide(
  { resource, suspension, unresolved, conflict, identityDigest }: Desired,
  observed: Observed,
  nowMs: number,
): Decision {
  const { name, spec } = resource;
  if (spec.suspended) return byIntent('Suspended', suspendedText(name, suspension));
  const { phase, startRequested, wanted } = observed;
  if (!spec.autoStart && !startRequested && !wanted)
    return byIntent(
      restingState(spec.type),
      `${name} does not start by itself; start it with \`tutti restart ${name}\``,
    );
  if (unresolved.length > 0)
    return byIntent(
      'Blocked',
      `${name} needs variables that have no value: ${unresolved.join(', ')}; set them before Tutti starts`,
    );
  if (conflict !== undefined) return byIntent('Blocked', conflict);
  if (spec.start === 'onDemand' && phase === 'idle' && !startRequested && !wanted) return atRest(spec.type);
  if (identityDigest !== observed.identity) return { kind: 'dial', fresh: true };
  if (phase === 'idle') return { kind: 'dial', fresh: spec.start === 'eager' || observed.failures === 0 };
  return phase === 'ended' ? afterEnd(resource, observed, nowMs) : { kind: 'keep' };
}

function byIntent(state: HoldState, reason: string): Decision {
  return { kind: 'hold', admission: { kind: 'hold', state, reason, retryAtMs: undefined }, idle: true };
}

function atRest(type: ServerType): Decision {
  const reason = 'it starts when it is needed (`start: onDemand`)';
  return { kind: 'rest', admission: { kind: 'rest', state: restingState(type), reason } };
}

function afterEnd({ name, spec }: McpServerResource, observed: Observed, nowMs: number): Decision {
  const { end } = observed;
  if (end === undefined) return { kind: 'dial', fresh: false };
  const { maxAttempts } = spec.restart;
  if (maxAttempts !== undefined && observed.failures > maxAttempts) {
    const reason = `${end.reason}; gave up after ${maxAttempts} restarts: restart it with \`tutti restart ${name}\` once mended`;
    return {
      kind: 'hold',
      admission: { kind: 'hold', state: 'Failed', reason, retryAtMs: undefined },
      idle: false,
    };
  }
  const retryAtMs = end.atMs + delayAfter(spec.restart, end, observed.failures);
  if (nowMs >= retryAtMs)
    return spec.start === 'onDemand' ? atRest(spec.type) : { kind: 'dial', fresh: false };
  const state = stateAfterEnd(spec.type, end.kind);
  return { kind: 'hold', admission: { kind: 'hold', state, reason: end.reason, retryAtMs }, idle: false };
}

type End = NonNullable<Observed['end']>;

function delayAfter(restart: RestartPolicy, end: End, failures: number): number {
  // Nobody is helped by hammering a server that waits for a login.
  if (end.kind === 'auth_required') return restart.maxMs;
  return backoffDelayMs(restart, failures, end.chance);
}

function isSameHold(admission: Observed['admission'], hold: Hold): boolean {
  return (
    admission?.kind === 'hold' &&
    admission.state === hold.state &&
    admission.reason === hold.reason &&
    admission.retryAtMs === hold.retryAtMs
  );
}

/** What to make a segment from, if there is none of just that yet. */
function catalogueInput({ resource, prefix, pins }: Desired, observed: Observed): CatalogueInput | undefined {
  const { discovery, catalogued } = observed;
  if (discovery === undefined) return undefined;
  const input: CatalogueInput = {
    transport: resource.spec.type,
    prefix,
    filter: JSON.stringify(resource.spec.toolFilter ?? null),
    cached: !discovery.live || discovery.configDigest !== observed.identity,
    pins,
    pinsRevision: observed.pinsRevision,
  };
  const isUpToDate =
    catalogued !== undefined &&
    catalogued.found === discovery.found &&
    catalogued.configDigest === discovery.configDigest &&
    catalogued.transport === input.transport &&
    catalogued.prefix === input.prefix &&
    catalogued.filter === input.filter &&
    catalogued.cached === input.cached &&
    catalogued.pins === input.pins &&
    catalogued.pinsRevision === input.pinsRevision;
  return isUpToDate ? undefined : input;
}
