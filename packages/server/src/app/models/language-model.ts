// The library behind each type of provider, imported when the first question is asked. It reads no environment of its own:
// url and key are always given.

import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ModelProviderSettings } from '@tutti/schemas';

export interface ModelOptions {
  readonly url: string;
  /** Undefined: none is sent. */
  readonly key: string | undefined;
  readonly fetch: typeof fetch;
}

export async function openLanguageModel(
  { type, name, model }: Pick<ModelProviderSettings, 'type' | 'name' | 'model'>,
  { url, key, fetch }: ModelOptions,
): Promise<LanguageModelV4> {
  switch (type) {
    case 'openai': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const options = { name, baseURL: url, fetch, supportsStructuredOutputs: true };
      return createOpenAICompatible(key === undefined ? options : { ...options, apiKey: key })(model);
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      // Without one of ours it would look for one in the environment.
      return createAnthropic({ name, baseURL: url, apiKey: key ?? '', fetch })(model);
    }
  }
}
