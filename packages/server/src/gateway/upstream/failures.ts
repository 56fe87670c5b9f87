// What a request's failure on its link means for the call: what is the caller told.

import { AppError } from '../../kernel/errors.ts';
import type { RequestFailure } from './link.ts';

export function describeFailure(failure: RequestFailure): string {
  if (failure.kind !== 'http') return failure.reason;
  const body = failure.body.toString('utf8', 0, 200).replaceAll(/\s+/g, ' ').trim();
  return `HTTP ${failure.status}${body === '' ? '' : `: ${body}`}`;
}

/** Whether the server let a call down, rather than that it refuses a caller. */
export function isUnanswered(failure: RequestFailure): boolean {
  return failure.kind === 'http' ? failure.status >= 500 : failure.kind !== 'session_lost';
}

/** For a request of the gateway's own. */
export function ownFailure(failure: RequestFailure): AppError {
  const wantsLogin = failure.kind === 'http' && failure.status === 401;
  return new AppError(wantsLogin ? 'unauthorized' : 'unavailable', describeFailure(failure));
}

/** For the call of a client. */
export function failureError(server: string, failure: RequestFailure): AppError {
  const text = `${server}: ${describeFailure(failure)}`;
  if (failure.kind === 'network') {
    if (!failure.sent) return new AppError('unavailable', text);
    return new AppError('outcome_unknown', `${text}; the call may or may not have been carried out.`);
  }
  return new AppError(failure.kind === 'garbage' ? 'upstream_invalid' : 'unavailable', text);
}
