// Starting needs far more memory than running: modules are compiled, declarations parsed. V8 keeps the room for later;
// on a laptop that is better given back. Done once, when nothing is under way; V8 has no other way to ask for it.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../kernel/clock.ts';

/** After the start; by then servers that were known before are connected. */
const SETTLED_MS = 2_000;

/** Gives back the memory of the start once `isIdle`; looks again later while it is not. */
export function releaseStartupMemory(clock: Clock, isIdle: () => boolean): Disposable {
  let timer = clock.after(SETTLED_MS, look);
  function look(): void {
    if (isIdle()) collect();
    else timer = clock.after(SETTLED_MS, look);
  }
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof found === 'function') found({ type: 'major', flavor: 'last-resort' });
}
