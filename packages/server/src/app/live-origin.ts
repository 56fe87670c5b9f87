// Which hosts and origins a listener takes, as the Gateway says it now.

import type { OriginPolicy } from '../policy/origin.ts';
import type { ResourceStore } from '../resources/store.ts';

export function liveOrigin(boundHost: string, store: Pick<ResourceStore, 'settings'>): OriginPolicy {
  return {
    boundHost,
    get allowedHosts() {
      return store.settings().allowedHosts;
    },
  };
}
