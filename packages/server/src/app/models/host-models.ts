// The models of the Gateway that is in force, with what its declaration may see of the environment.

import type { ResourceStore } from '../../resources/store.ts';
import type { createAllowedEnvironment } from '../allowed-environment.ts';
import type { ModelProviderDeps } from './create-model-provider.ts';
import { createModels, type Models } from './models.ts';

export interface HostModelsDeps extends Omit<ModelProviderDeps, 'variables'> {
  readonly store: Pick<ResourceStore, 'gateway' | 'settings'>;
  readonly environmentOf: ReturnType<typeof createAllowedEnvironment>;
}

export function createHostModels({ store, environmentOf, ...deps }: HostModelsDeps): Models {
  return createModels({
    ...deps,
    settings: () => store.settings(),
    variables() {
      const declared = store.gateway();
      return declared === undefined ? {} : environmentOf(declared.origin);
    },
  });
}
