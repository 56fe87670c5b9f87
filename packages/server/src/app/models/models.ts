// The models that the Gateway declares now, by name.

import type { GatewaySettings } from '@tutti/schemas';
import type { ModelProvider } from '../../coordination/decomposition/ports.ts';
import { createModelProvider, type ModelProviderDeps } from './create-model-provider.ts';

export interface Models {
  /** The one with the name; the first one without. Undefined when there is none. */
  find(name?: string): ModelProvider | undefined;
}

export function createModels(
  deps: ModelProviderDeps & { readonly settings: () => Pick<GatewaySettings, 'models'> },
): Models {
  return {
    find(name) {
      const { providers } = deps.settings().models;
      const found = name === undefined ? providers[0] : providers.find((one) => one.name === name);
      return found === undefined ? undefined : createModelProvider(found, deps);
    },
  };
}
