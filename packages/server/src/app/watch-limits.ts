// The limits of the endpoint are taken up at the start; a change of them is told and waits for the next one.

import { isDeepStrictEqual } from 'node:util';
import type { ResourceStore } from '../resources/store.ts';

/** Warns each time that the limits come to say something else. */
export function watchLimits(store: ResourceStore, warn: (message: string) => void): Disposable {
  let { limits } = store.settings();
  return store.watch(() => {
    const before = limits;
    ({ limits } = store.settings());
    if (!isDeepStrictEqual(limits, before))
      warn('the limits of the Gateway changed; the next start takes them up');
  });
}
