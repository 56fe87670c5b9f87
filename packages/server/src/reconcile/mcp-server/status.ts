// The status of a server, derived from what was observed and nothing else. Pure; the previous status only tells since
// when a condition is as it is.

import type { ApiCondition, ApiServerState, ApiServerStatus } from '@tutti/schemas';
import type { Desired } from './desired.ts';
import { holdsBack } from './pins/judge.ts';
import { circuitText } from './notable.ts';
import { failuresAt, lastErrorAt, type Observed } from './observe.ts';
import { decide } from './plan.ts';
import { byWhom, suspendedText } from './suspended-text.ts';
import { readyState, startingState, type Hold, type Rest } from './states.ts';

type Condition = Required<Pick<ApiCondition, 'type' | 'status' | 'reason' | 'message'>>;

export function statusOf(
  desired: Desired,
  observed: Observed,
  nowMs: number,
  previous: ApiServerStatus | undefined,
): ApiServerStatus {
  const { restart } = desired.resource.spec;
  const hold = holdOf(desired, observed, nowMs);
  const state = hold?.state ?? liveState(desired, observed);
  const reason = hold === undefined ? liveReason(observed) : heldReason(hold);
  const live = observed.phase === 'ready' ? observed.protocol : undefined;
  const conditions = [
    readyCondition(observed, hold, state, reason),
    suspendedCondition(desired),
    secretsCondition(desired),
    interactiveCondition(observed),
    ...pinsCondition(desired, observed),
  ];
  return {
    state,
    reason,
    lastError: lastErrorAt(observed, restart, nowMs),
    lastConnected: isoTime(observed.lastConnectedMs),
    lastAttempt: isoTime(observed.lastAttemptMs),
    nextRetryAfter: hold?.kind === 'hold' ? isoTime(hold.retryAtMs) : undefined,
    restartCount: observed.restarts,
    consecutiveFailures: failuresAt(observed, restart, nowMs),
    observedGeneration: observed.generation,
    conditions: conditions.map((condition) => withTransition(condition, previous, nowMs)),
    era: live?.era,
    protocolVersion: live?.protocolVersion,
  };
}

/** What keeps the server from running. A decision that is due counts as made, so that no state in between is shown. */
function holdOf(desired: Desired, observed: Observed, nowMs: number): Hold | Rest | undefined {
  const decision = decide(desired, observed, nowMs);
  if (decision.kind === 'hold' || decision.kind === 'rest') return decision.admission;
  const { admission } = observed;
  return admission === undefined || admission.kind === 'dial' ? undefined : admission;
}

function liveState({ resource }: Desired, { phase }: Observed): ApiServerState {
  const { type } = resource.spec;
  return phase === 'ready' ? readyState(type) : startingState(type);
}

function heldReason(hold: Hold | Rest): string {
  const { reason } = hold;
  const next = hold.kind === 'hold' ? isoTime(hold.retryAtMs) : undefined;
  return next === undefined ? reason : `${reason}; next attempt at ${next}`;
}

function liveReason({ phase, unhealthy, attempt, attemptBase, circuit }: Observed): string | undefined {
  if (unhealthy !== undefined)
    return `fails its checks (${unhealthy.failures} in a row): ${unhealthy.reason}`;
  if (circuit !== undefined) return circuitText(circuit);
  if (phase === 'ready') return undefined;
  return phase === 'asked' || phase === 'connecting'
    ? `attempt ${attempt - attemptBase} waits for the MCP handshake`
    : 'is about to be started';
}

function readyCondition(
  observed: Observed,
  hold: Hold | Rest | undefined,
  state: ApiServerState,
  reason: string | undefined,
): Condition {
  const isWell = observed.unhealthy === undefined && observed.circuit === undefined;
  if (observed.phase === 'ready' && isWell && hold === undefined)
    return { type: 'Ready', status: 'True', reason: 'Ready', message: 'takes calls' };
  return {
    type: 'Ready',
    status: 'False',
    reason: unreadyReason(observed, hold, state),
    message: reason ?? '',
  };
}

function unreadyReason(
  { unhealthy, circuit }: Observed,
  hold: Hold | Rest | undefined,
  state: ApiServerState,
): string {
  if (unhealthy !== undefined) return 'Unhealthy';
  if (hold === undefined && circuit !== undefined) return 'CircuitOpen';
  return hold?.kind === 'rest' ? 'OnDemand' : state.replaceAll(' ', '');
}

function suspendedCondition({ resource, suspension }: Desired): Condition {
  const { name, spec } = resource;
  if (spec.suspended)
    return {
      type: 'Suspended',
      status: 'True',
      reason: suspension === undefined ? 'Declared' : 'ByCommand',
      message: suspendedText(name, suspension),
    };
  if (suspension !== undefined)
    return {
      type: 'Suspended',
      status: 'False',
      reason: 'Resumed',
      message: `its declaration says \`suspended: true\`, but it was resumed ${byWhom(suspension)}`,
    };
  return { type: 'Suspended', status: 'False', reason: 'NotSuspended', message: '' };
}

function secretsCondition({ unresolved }: Desired): Condition {
  return unresolved.length === 0
    ? { type: 'SecretsResolved', status: 'True', reason: 'Resolved', message: '' }
    : {
        type: 'SecretsResolved',
        status: 'False',
        reason: 'Unresolved',
        message: `no value for ${unresolved.join(', ')}`,
      };
}

function interactiveCondition({ interactive }: Observed): Condition {
  return interactive
    ? {
        type: 'Interactive',
        status: 'True',
        reason: 'AsksItsClient',
        message: 'asks its client during calls; clients that can answer get instances of their own',
      }
    : { type: 'Interactive', status: 'False', reason: 'NoAsksSeen', message: '' };
}

/** None where tools are not compared, or are not known. */
function pinsCondition({ resource, pins }: Desired, { catalogued }: Observed): readonly Condition[] {
  if (pins === 'off' || catalogued === undefined) return [];
  const deviations = [...catalogued.judgement.deviating.values()];
  const type = 'ToolsApproved';
  if (deviations.length === 0) return [{ type, status: 'True', reason: 'AsApproved', message: '' }];
  const added = deviations.filter(({ state }) => state === 'new').length;
  const parts = [
    ...(deviations.length > added ? [`${deviations.length - added} not as approved`] : []),
    ...(added > 0 ? [`${added} new`] : []),
  ];
  const [reason, outcome] = holdsBack(pins)
    ? ['Held', 'held back until approved']
    : ['Flagged', 'still served'];
  const message = `tools: ${parts.join(', ')}; ${outcome}; see \`tutti pins ${resource.name}\``;
  return [{ type, status: 'False', reason, message }];
}

function withTransition(
  condition: Condition,
  previous: ApiServerStatus | undefined,
  nowMs: number,
): ApiCondition {
  const before = previous?.conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : isoTime(nowMs);
  return { ...condition, lastTransitionTime };
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
