// Waiting for a condition, never for a time.

import { setTimeout as sleep } from 'node:timers/promises';

const DEFAULT_TIMEOUT_MS = 20_000;
const POLL_MS = 25;

/**
 * Calls `probe` again and again until it returns something other than undefined, null and false, which is the answer.
 * What it throws counts as "not yet"; the last of it is the cause of the error at the timeout. `what` names the
 * condition in that error. (For a block of expectations that returns nothing, use `vi.waitFor`.)
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly what?: string } = {},
): Promise<Exclude<T, undefined | null | false | void>> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (isFound(found)) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`${options.what ?? 'the condition'} did not hold within ${timeoutMs} ms`, {
        cause: last,
      });
    }
    await sleep(POLL_MS);
  }
}

function isFound<T>(value: T): value is Exclude<T, undefined | null | false | void> {
  return value !== undefined && value !== null && value !== false;
}
