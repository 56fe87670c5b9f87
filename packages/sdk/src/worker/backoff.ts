// How long is waited after so many failures in a row, and waiting itself.

export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Doubles with each failure up to the limit, and is spread by a fifth so that many workers do not come back at once. */
export function backoffMs({ initialMs, maxMs }: Backoff, failures: number, random: () => number): number {
  const fullMs = Math.min(maxMs, initialMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return fullMs * (0.8 + 0.4 * random());
}

/** Resolves after the time, or at once when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Whether the promise was settled within the time. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = new AbortController();
  return await Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    pause(ms, settled.signal).then(() => false),
  ]).finally(() => settled.abort());
}
