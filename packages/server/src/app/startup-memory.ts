// Starting needs far more memory than running: modules are compiled, declarations parsed. V8 keeps the room for later;
// on a laptop that is better given back. Done when nothing is under way: once after the start, and once more when the
// store's thread has come to rest. V8 has no other way to ask for it.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../kernel/clock.ts';

/** After the start; by then servers that were known before are connected. */
const SETTLED_MS = 2_000;
/** After that; by then the store's thread rests. */
const RESTED_MS = 12_000;

/** Gives back the memory of the start once `isIdle`; looks again later while it is not. */
export function releaseStartupMemory(clock: Clock, isIdle: () => boolean): Disposable {
  let left = 2;
  let timer = clock.after(SETTLED_MS, look);
  function look(): void {
    if (!isIdle()) {
      timer = clock.after(SETTLED_MS, look);
      return;
    }
    collect();
    left -= 1;
    if (left > 0) timer = clock.after(RESTED_MS, look);
  }
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof found === 'function') found({ type: 'major', flavor: 'last-resort' });
}
