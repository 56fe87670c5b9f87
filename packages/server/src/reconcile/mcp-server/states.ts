// The names of states, by transport. Pure.

import type { ApiServerState, ServerType } from '@tutti/schemas';
import type { InstanceEnd } from '../../snapshot/observation.ts';
import type { Admission } from '../../snapshot/types.ts';

/** States in which the gateway may not have an instance. */
export type HoldState = Exclude<ApiServerState, 'Running' | 'Starting' | 'Connected' | 'Connecting'>;

export type Dial = Admission & { readonly kind: 'dial' };
export type Rest = Admission & { readonly kind: 'rest'; readonly state: HoldState };
export type Hold = Admission & { readonly kind: 'hold'; readonly state: HoldState };

export function restingState(type: ServerType): HoldState {
  return type === 'stdio' ? 'Stopped' : 'Disconnected';
}

export function stateAfterEnd(type: ServerType, end: InstanceEnd['kind']): HoldState {
  if (end === 'closed' || end === 'idle') return restingState(type);
  if (end === 'auth_required') return 'Auth Required';
  return type === 'stdio' || end === 'handshake' ? 'Failed' : 'Disconnected';
}

export function startingState(type: ServerType): ApiServerState {
  return type === 'stdio' ? 'Starting' : 'Connecting';
}

export function readyState(type: ServerType): ApiServerState {
  return type === 'stdio' ? 'Running' : 'Connected';
}
