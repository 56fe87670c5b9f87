// What a request's failure on its link means for the call: may it be sent again, what is the caller told.

import { AppError } from '../../kernel/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { RequestFailure } from './link.ts';

/** Statuses by which servers say that they don't know the session. */
const SESSION_GONE: ReadonlySet<number> = new Set([400, 404]);

/** Only what the server certainly did not do may be sent again: it refused the session before looking at the call. The
 *  link knows whether the session is gone, and then closes at once; if it does not, nothing is sent again. */
export function mayResend(exchange: Exchange, failure: RequestFailure): boolean {
  return (
    failure.kind === 'http' && SESSION_GONE.has(failure.status) && !exchange.resent && !exchange.finished
  );
}

export function describeFailure(failure: RequestFailure): string {
  if (failure.kind !== 'http') return failure.reason;
  const body = failure.body.toString('utf8', 0, 200).replaceAll(/\s+/g, ' ').trim();
  return `HTTP ${failure.status}${body === '' ? '' : `: ${body}`}`;
}

export function failureError(server: string, failure: RequestFailure): AppError {
  const text = `${server}: ${describeFailure(failure)}`;
  if (failure.kind === 'network') {
    if (!failure.sent) return new AppError('unavailable', text);
    return new AppError('outcome_unknown', `${text}; the call may or may not have been carried out.`);
  }
  return new AppError(failure.kind === 'garbage' ? 'upstream_invalid' : 'unavailable', text);
}
