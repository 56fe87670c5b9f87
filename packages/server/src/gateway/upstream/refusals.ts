// Why a server takes no call now, in words for the caller.

import { AppError } from '../../kernel/errors.ts';
import type { Admission } from '../../snapshot/types.ts';
import type { OpenCircuit } from '../ports.ts';

export function openError(server: string, { unanswered, reason, retryAtMs }: OpenCircuit): AppError {
  const text = `${server} left ${unanswered} calls in a row unanswered (the last one: ${reason}); next try at ${new Date(retryAtMs).toISOString()}`;
  return new AppError('unavailable', text, { details: { server, state: 'CircuitOpen', retryAtMs } });
}

export type Hold = Admission & { readonly kind: 'hold' };

/** Whether it is held because it wants credentials. */
export function wantsLogin({ state }: Hold): boolean {
  return state === 'Auth Required';
}

/** `wwwAuthenticate` is how it asked for credentials, if it did. */
export function heldError(server: string, hold: Hold, wwwAuthenticate: string | undefined): AppError {
  const { state, reason, retryAtMs } = hold;
  const retry = retryAtMs === undefined ? '' : `; next attempt at ${new Date(retryAtMs).toISOString()}`;
  const text = `${server} is ${state}: ${reason}${retry}`;
  const details = { server, state, retryAtMs };
  return wantsLogin(hold)
    ? new AppError('unauthorized', text, { details: { ...details, wwwAuthenticate } })
    : new AppError('unavailable', text, { details });
}
