// HTTP statuses of JSON-RPC errors in the modern era (2026-07-28, basic/transports/streamable-http).

import {
  HEADER_MISMATCH,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  UNSUPPORTED_PROTOCOL_VERSION,
} from '../protocol/rpc.ts';

export function httpStatusOf(errorCode: number | undefined): number {
  switch (errorCode) {
    case METHOD_NOT_FOUND:
      return 404;
    case HEADER_MISMATCH:
    case MISSING_CLIENT_CAPABILITY:
    case UNSUPPORTED_PROTOCOL_VERSION:
      return 400;
    default:
      return 200;
  }
}
