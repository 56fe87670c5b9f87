// What the failure of a request, or the end of a connection, means for the callers: what are they told.

import { AppError } from '../../kernel/errors.ts';
import type { InstanceEnd } from '../ports.ts';
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
  const end = authRequiredEnd(failure);
  if (end === undefined) return new AppError('unavailable', describeFailure(failure));
  return new AppError('unauthorized', end.reason, { details: { wwwAuthenticate: end.wwwAuthenticate } });
}

/** For the call of a client. */
export function failureError(server: string, failure: RequestFailure): AppError {
  const end = authRequiredEnd(failure);
  if (end !== undefined) return endError(server, end);
  const text = `${server}: ${describeFailure(failure)}`;
  if (failure.kind === 'network') {
    if (!failure.sent) return new AppError('unavailable', text);
    return new AppError('outcome_unknown', `${text}; the call may or may not have been carried out.`);
  }
  return new AppError(failure.kind === 'garbage' ? 'upstream_invalid' : 'unavailable', text);
}

/** What a failure to connect or to shake hands makes of the connection. */
export function handshakeEnd(error: unknown): InstanceEnd {
  const reason = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AppError) || error.code !== 'unauthorized') return { kind: 'handshake', reason };
  const { wwwAuthenticate } = error.details;
  return {
    kind: 'auth_required',
    reason,
    wwwAuthenticate: typeof wwwAuthenticate === 'string' ? wwwAuthenticate : undefined,
  };
}

/** The end of a connection whose server wants credentials; undefined for any other failure. */
export function authRequiredEnd(failure: RequestFailure): InstanceEnd | undefined {
  if (failure.kind !== 'http' || failure.status !== 401) return undefined;
  const { wwwAuthenticate } = failure;
  return { kind: 'auth_required', reason: describeFailure(failure), wwwAuthenticate };
}

/** For callers whose server is gone. */
export function endError(server: string, end: InstanceEnd | undefined): AppError {
  const text = `${server}: ${end?.reason ?? 'not connected'}`;
  if (end?.kind !== 'auth_required') return new AppError('unavailable', text, { details: { server } });
  return new AppError('unauthorized', text, { details: { server, wwwAuthenticate: end.wwwAuthenticate } });
}
