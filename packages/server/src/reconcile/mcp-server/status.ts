// The status of a server, derived from what was observed and nothing else. Pure; the previous status only tells since
// when a condition is as it is.

import type { ApiCondition, ApiServerState, ApiServerStatus } from '@tutti/schemas';
import type { Desired } from './desired.ts';
import { failuresAt, lastErrorAt, type Observed } from './observe.ts';
import { readyState, startingState, stateAfterEnd } from './states.ts';

type Condition = Required<Pick<ApiCondition, 'type' | 'status' | 'reason' | 'message'>>;

export function statusOf(
  desired: Desired,
  observed: Observed,
  nowMs: number,
  previous: ApiServerStatus | undefined,
): ApiServerStatus {
  const { restart } = desired.resource.spec;
  const state = stateOf(desired, observed);
  const reason = reasonOf(observed);
  const live = observed.phase === 'ready' ? observed.protocol : undefined;
  const conditions = [
    readyCondition(observed, state, reason),
    suspendedCondition(desired),
    secretsCondition(desired),
    interactiveCondition(observed),
  ];
  return {
    state,
    reason,
    lastError: lastErrorAt(observed, restart, nowMs),
    lastConnected: isoTime(observed.lastConnectedMs),
    lastAttempt: isoTime(observed.lastAttemptMs),
    nextRetryAfter: isoTime(observed.admission?.kind === 'hold' ? observed.admission.retryAtMs : undefined),
    restartCount: Math.max(0, observed.attempt - observed.attemptBase - 1),
    consecutiveFailures: failuresAt(observed, restart, nowMs),
    observedGeneration: observed.generation,
    conditions: conditions.map((condition) => withTransition(condition, previous, nowMs)),
    era: live?.era,
    protocolVersion: live?.protocolVersion,
  };
}

function stateOf({ resource }: Desired, { admission, phase, end }: Observed): ApiServerState {
  const { type } = resource.spec;
  if (admission?.kind === 'hold') return admission.state;
  if (phase === 'ready') return readyState(type);
  return end === undefined ? startingState(type) : stateAfterEnd(type, end.kind);
}

function reasonOf({ admission, phase, end, unhealthy, attempt }: Observed): string | undefined {
  if (admission?.kind === 'hold') {
    const next = isoTime(admission.retryAtMs);
    return next === undefined ? admission.reason : `${admission.reason}; next attempt at ${next}`;
  }
  if (unhealthy !== undefined)
    return `fails its checks (${unhealthy.failures} in a row): ${unhealthy.reason}`;
  if (phase === 'ready') return undefined;
  if (phase === 'ended') return end?.reason;
  return phase === 'idle' ? 'is about to be started' : `attempt ${attempt} waits for the MCP handshake`;
}

function readyCondition(observed: Observed, state: ApiServerState, reason: string | undefined): Condition {
  if (observed.phase === 'ready' && observed.unhealthy === undefined && observed.admission?.kind === 'dial')
    return { type: 'Ready', status: 'True', reason: 'Ready', message: 'takes calls' };
  return {
    type: 'Ready',
    status: 'False',
    reason: observed.unhealthy === undefined ? state.replaceAll(' ', '') : 'Unhealthy',
    message: reason ?? '',
  };
}

function suspendedCondition({ resource }: Desired): Condition {
  return resource.spec.suspended
    ? {
        type: 'Suspended',
        status: 'True',
        reason: 'Declared',
        message: 'the declaration says `suspended: true`',
      }
    : { type: 'Suspended', status: 'False', reason: 'NotSuspended', message: '' };
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
