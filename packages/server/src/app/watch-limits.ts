// The limits of the endpoint are taken up at the start; a change of them is told and waits for the next one.

import { isDeepStrictEqual } from 'node:util';
import type { ResourceStore } from '../resources/store.ts';

/** Tells each time that the limits come to say something else. */
export function watchLimits(store: ResourceStore, changed: () => void): Disposable {
  let { limits } = store.settings();
  return store.watch(() => {
    const before = limits;
    ({ limits } = store.settings());
    if (!isDeepStrictEqual(limits, before)) changed();
  });
}
