// Failures with a stable code. Expected outcomes are tagged values; an AppError is what stops a request.
// One table maps a code to every edge, so that a failure means the same over JSON-RPC, HTTP and the shell.
// -32000 and -32001 mean what MCP's SDKs mean by them: connection closed, request timed out.

export const ERROR_CODES = {
  // what the caller sent
  invalid_request: { rpc: -32600, http: 400, exit: 2 },
  invalid_params: { rpc: -32602, http: 400, exit: 2 },
  invalid_config: { rpc: -32602, http: 422, exit: 2 },
  parse_error: { rpc: -32700, http: 400, exit: 2 },
  method_not_found: { rpc: -32601, http: 404, exit: 3 },
  not_found: { rpc: -32602, http: 404, exit: 3 },
  conflict: { rpc: -32600, http: 409, exit: 4 },
  too_large: { rpc: -32600, http: 413, exit: 4 },
  refused: { rpc: -32600, http: 403, exit: 4 },
  unauthorized: { rpc: -32600, http: 401, exit: 4 },
  // what stands in the way
  overloaded: { rpc: -32003, http: 503, exit: 5 },
  unavailable: { rpc: -32000, http: 503, exit: 5 },
  timeout: { rpc: -32001, http: 504, exit: 5 },
  cancelled: { rpc: -32006, http: 499, exit: 130 },
  outcome_unknown: { rpc: -32007, http: 502, exit: 5 },
  upstream_invalid: { rpc: -32008, http: 502, exit: 5 },
  // our own
  internal: { rpc: -32603, http: 500, exit: 1 },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Values that explain an error; serialisable, never a secret. */
export type ErrorDetails = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** A failure. The message says what happened and what to do next. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The error as an AppError: itself, or an internal one that keeps the cause. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('internal', message, { cause: error });
}
