// JSON-RPC errors that the gateway itself answers with.

import { AppError, ERROR_CODES, type ErrorDetails } from '../../kernel/errors.ts';

/** Codes that revision 2026-07-28 reserves. */
export const HEADER_MISMATCH = -32020;
export const MISSING_CLIENT_CAPABILITY = -32021;
export const UNSUPPORTED_PROTOCOL_VERSION = -32022;
/** Resource not found, before 2026-07-28. */
export const LEGACY_RESOURCE_NOT_FOUND = -32002;
export const INVALID_PARAMS = -32602;
export const METHOD_NOT_FOUND = -32601;

/** A JSON-RPC error, not yet addressed to anybody. `data` is serialisable. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
  /** The server wants credentials: on a route of its own its client hears so as it would from the server itself. */
  readonly challenge?: Challenge | undefined;
}

/** A 401 (RFC 9110, 15.5.2). */
export interface Challenge {
  /** The header, verbatim; undefined when the server sent none. */
  readonly wwwAuthenticate: string | undefined;
}

export function rpcError(code: number, message: string, data?: unknown): RpcError {
  return { code, message, data };
}

/** A fault of ours, of which clients need not know more. */
export const INTERNAL_ERROR: RpcError = {
  code: -32603,
  message: 'Internal error; it is in the log of tutti.',
  data: undefined,
};

export function rpcErrorOf(error: AppError): RpcError {
  const answer = {
    code: ERROR_CODES[error.code].rpc,
    message: error.message,
    data: detailsOrUndefined(error),
  };
  if (error.code !== 'unauthorized') return answer;
  const { wwwAuthenticate } = error.details;
  return {
    ...answer,
    challenge: { wwwAuthenticate: typeof wwwAuthenticate === 'string' ? wwwAuthenticate : undefined },
  };
}

function detailsOrUndefined(error: AppError): ErrorDetails {
  return { kind: error.code, ...error.details };
}
