// Why a server takes no call now, in words for the caller.

import { AppError } from '../../kernel/errors.ts';
import type { Admission } from '../../snapshot/types.ts';
import type { OpenCircuit } from '../ports.ts';

export function openError(server: string, { unanswered, reason, retryAtMs }: OpenCircuit): AppError {
  const text = `${server} left ${unanswered} calls in a row unanswered (the last one: ${reason}); next try at ${new Date(retryAtMs).toISOString()}`;
  return new AppError('unavailable', text, { details: { server, state: 'CircuitOpen', retryAtMs } });
}

export function heldError(server: string, hold: Admission & { readonly kind: 'hold' }): AppError {
  const retry =
    hold.retryAtMs === undefined ? '' : `; next attempt at ${new Date(hold.retryAtMs).toISOString()}`;
  return new AppError('unavailable', `${server} is ${hold.state}: ${hold.reason}${retry}`, {
    details: { server, state: hold.state, retryAtMs: hold.retryAtMs },
  });
}
