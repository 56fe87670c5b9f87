// A route to one server says what that server says, so its first request waits until the server has said it.

import type { Clock } from '../../kernel/clock.ts';
import type { ServerEntry } from '../../snapshot/types.ts';
import type { Snapshots } from '../ports.ts';

/** Undefined when there is nothing to wait for: what the server offers is known, or it will not be for now. */
export function whenKnown(snapshots: Snapshots, clock: Clock, server: string): Promise<void> | undefined {
  const entry = snapshots.current().servers.get(server);
  if (isDecided(entry)) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      subscription[Symbol.dispose]();
      timer[Symbol.dispose]();
      resolve();
    };
    const subscription = snapshots.subscribe((next) => {
      if (isDecided(next.servers.get(server))) done();
    });
    const timer = clock.after(entry?.limits.startupTimeoutMs ?? 0, done);
  });
}

function isDecided(entry: ServerEntry | undefined): boolean {
  return entry === undefined || entry.segment !== undefined || entry.admission.kind === 'hold';
}
