// How long to wait before trying again. Pure: chance comes in as a number.

export interface BackoffPolicy {
  readonly initialMs: number;
  readonly factor: number;
  /** No delay is longer, chance included. */
  readonly maxMs: number;
  /** The share of a delay, 0 to 1, by which chance may shorten or lengthen it. */
  readonly jitter: number;
}

/** The delay after so many failures in a row (from 1). `chance` is in [0, 1); 0.5 is the delay itself. */
export function backoffDelayMs(policy: BackoffPolicy, failures: number, chance: number): number {
  const growth = policy.factor ** Math.max(0, failures - 1);
  const base = Math.min(policy.maxMs, policy.initialMs * growth);
  const varied = base * (1 + policy.jitter * (2 * chance - 1));
  return Math.round(Math.min(policy.maxMs, varied));
}
