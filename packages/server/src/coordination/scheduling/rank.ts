// The place of a task in line: the higher priority first, then the older. A waiting task gains one step of priority for
// every PRIORITY_STEP_MS, so that none waits for ever behind those that keep coming.

/** How much longer than a task of the next higher priority a task may wait. */
export const PRIORITY_STEP_MS = 10 * 60_000;

/** The lower, the sooner. `sinceMs`: when it was submitted. */
export function rankMs(priority: number, sinceMs: number): number {
  return sinceMs - priority * PRIORITY_STEP_MS;
}
