// Ends a legacy session at its server (2025-11-25, Streamable HTTP, session management): a courtesy, so it is bounded and
// its outcome does not matter.

import type { HttpContext } from './http-context.ts';

const SESSION_DELETE_MS = 2_000;

export function deleteSession(context: HttpContext): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      timer[Symbol.dispose]();
      resolve();
    };
    const request = context.exchange('DELETE', context.headers.forDelete(), null, {
      started: () => 'none',
      event() {},
      oversized() {},
      retry() {},
      ended: settle,
      failed: settle,
    });
    const timer = context.clock.after(SESSION_DELETE_MS, () => {
      request.abort();
      resolve();
    });
    request.send();
  });
}
