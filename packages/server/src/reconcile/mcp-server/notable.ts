// Which occurrences are worth an event, and its words. Pure.

import type { OpenCircuit } from '../../snapshot/observation.ts';
import type { ServerReason } from '../../resources/events/reasons.ts';
import { isFirstStart, type Observed, type Occurrence } from './observe.ts';

export interface Notable {
  readonly reason: ServerReason;
  readonly message: string;
}

/** The event that an occurrence amounts to, given what was known before and after it. */
export function notableOf(before: Observed, occurrence: Occurrence, after: Observed): Notable | undefined {
  if (before === after) return undefined;
  switch (occurrence.kind) {
    case 'declared':
      return before.generation === undefined
        ? { reason: 'MCPServerCreated', message: `generation ${occurrence.generation} of its declaration` }
        : { reason: 'MCPServerUpdated', message: `generation ${occurrence.generation} of its declaration` };
    case 'dialled':
      return dialled(before, occurrence.attempt, occurrence.fresh);
    case 'ready':
      return before.failures > 0
        ? {
            reason: 'MCPServerRecoverySucceeded',
            message: `ready after ${before.failures} failures in a row`,
          }
        : { reason: 'MCPServerStarted', message: `ready, protocol ${occurrence.handshake.protocolVersion}` };
    case 'discovered':
      return { reason: 'MCPServerToolsDiscovered', message: countsOf(occurrence.found) };
    case 'ended':
    case 'unhealthy':
      return trouble(after);
    case 'held':
      return held(after);
    case 'rested':
      return { reason: 'MCPServerStopped', message: occurrence.admission.reason };
    case 'circuit':
      return after.circuit === undefined
        ? { reason: 'MCPServerCircuitClosed', message: 'it answers calls again' }
        : { reason: 'MCPServerCircuitOpened', message: circuitText(after.circuit) };
    case 'connecting':
    case 'healthy':
    case 'interactive':
    case 'wanted':
    case 'restart_requested':
    case 'start_requested':
    case 'loaded':
    case 'repinned':
    case 'catalogued':
      break;
  }
  return undefined;
}

/** In words: why calls are refused for now. */
export function circuitText({ unanswered, reason, retryAtMs }: OpenCircuit): string {
  return `left ${unanswered} calls in a row unanswered (the last one: ${reason}); next try at ${new Date(retryAtMs).toISOString()}`;
}

function dialled(before: Observed, attempt: number, fresh: boolean): Notable {
  const message = `attempt ${attempt - before.attemptBase}`;
  if (!fresh) return { reason: 'MCPServerRecoveryStarted', message };
  if (isFirstStart(before) || before.wanted) return { reason: 'MCPServerStarting', message };
  return { reason: 'MCPServerRestarting', message };
}

function trouble({ phase, end, unhealthy, failures }: Observed): Notable | undefined {
  if (unhealthy !== undefined)
    return {
      reason: 'MCPServerHealthCheckFailed',
      message: `${unhealthy.failures} in a row: ${unhealthy.reason}`,
    };
  if (phase !== 'ended' || end === undefined) return undefined;
  if (end.kind === 'closed') return { reason: 'MCPServerStopped', message: end.reason };
  return { reason: 'MCPServerFailed', message: `${end.reason} (failure ${failures} in a row)` };
}

function held({ admission, phase }: Observed): Notable | undefined {
  if (admission?.kind !== 'hold') return undefined;
  if (phase === 'idle') return { reason: 'MCPServerStopped', message: admission.reason };
  if (admission.retryAtMs === undefined)
    return { reason: 'MCPServerRecoveryFailed', message: admission.reason };
  return undefined;
}

function countsOf(found: {
  readonly tools: readonly unknown[];
  readonly prompts: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly resourceTemplates: readonly unknown[];
}): string {
  return [
    `${found.tools.length} tools`,
    `${found.prompts.length} prompts`,
    `${found.resources.length} resources`,
    `${found.resourceTemplates.length} resource templates`,
  ].join(', ');
}
