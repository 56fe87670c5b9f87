// Waits until a server has shown what it offers, or until it is clear that it will not for now.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Desired } from './desired.ts';
import type { Observed } from './observe.ts';

export interface DiscoveryWatch {
  readonly clock: Clock;
  readonly observed: () => Observed | undefined;
  /** Called after each change of what is observed of any server. Dispose to stop. */
  watch(listener: () => void): Disposable;
}

/** Rejects with an AppError that says why there is nothing to see. */
export async function awaitDiscovery(
  { resource: { name, spec }, identityDigest }: Desired,
  { clock, observed, ...changes }: DiscoveryWatch,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timeoutMs = spec.health.startupTimeoutMs + spec.timeoutMs;
  const look = (): void => {
    const now = observed();
    if (now?.discovery?.live === true && now.discovery.configDigest === identityDigest) return resolve();
    const why = now === undefined ? undefined : whyNot(now);
    if (why !== undefined) reject(new AppError('unavailable', `${name} can't be looked at: ${why}`));
  };
  using _watching = changes.watch(look);
  using _timer = clock.after(timeoutMs, () =>
    reject(new AppError('timeout', `${name} did not show what it offers within ${timeoutMs} ms`)),
  );
  look();
  await promise;
}

function whyNot({ phase, end, admission }: Observed): string | undefined {
  if (phase === 'ended') return end?.reason ?? 'it ended';
  return phase === 'idle' && admission?.kind === 'hold' ? admission.reason : undefined;
}
