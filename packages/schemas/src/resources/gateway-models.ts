// Models that Tutti itself may ask: to split a task, to merge results. Without one it does what can be done without.

import { z } from 'zod';
import { byteSize } from './byte-size.ts';
import { defined } from './defined.ts';
import { durationMs } from './duration.ts';
import { isUrlTemplate } from './url-template.ts';

const MAX_PROVIDERS = 50;
const MAX_NAME_LENGTH = 63;
const MAX_MODEL_LENGTH = 256;
const REFERENCE = /\$\{[A-Za-z_]\w*\}/;

/** What speaks the API: `openai` is any service with the chat completions of OpenAI. */
export const MODEL_PROVIDER_TYPES = ['openai', 'anthropic'] as const;

const DEFAULT_URLS = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
} as const;

export const providerName = z
  .string()
  .max(MAX_NAME_LENGTH, `longer than ${MAX_NAME_LENGTH} characters; shorten it`)
  .regex(
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    'use lower-case letters, digits and `-`, with a letter or digit at both ends',
  );

const provider = z
  .strictObject({
    name: providerName.describe('What other settings, and answers, call it.'),
    type: z
      .enum(MODEL_PROVIDER_TYPES)
      .describe('The API: `openai` is any service with the chat completions of OpenAI.'),
    url: z
      .string()
      .refine(isUrlTemplate, 'must be an `http://` or `https://` url')
      .optional()
      .describe('Where the API begins, with its version. Default: that of the vendor.'),
    model: z.string().min(1).max(MAX_MODEL_LENGTH).describe("The model, by the service's own name."),
    key: z
      .string()
      .refine((text) => REFERENCE.test(text), 'a key does not stand in a declaration; write `${VAR}`')
      .optional()
      .describe('The key of the API as `${VAR}`. Left out: none is sent, as local services want it.'),
    timeout: durationMs({ minMs: 100, maxMs: 3_600_000 })
      .prefault('60s')
      .describe('Time for one question with all of its tries.'),
    retries: z
      .int()
      .min(0)
      .max(5)
      .prefault(2)
      .describe('Further tries when the service is busy or fails; it may say how long to wait.'),
    maxInput: byteSize(1024, 16 * 1024 ** 2)
      .prefault('256Ki')
      .describe('The longest question, in bytes of text.'),
    maxOutputTokens: z
      .int()
      .min(16)
      .max(1_000_000)
      .prefault(8_192)
      .describe('Tokens that the model may answer with.'),
    maxResponse: byteSize(1024, 64 * 1024 ** 2)
      .prefault('2Mi')
      .describe('The largest answer of the service, in bytes.'),
  })
  .transform(({ timeout, maxInput, maxResponse, url, ...rest }) =>
    defined({
      ...rest,
      url: url ?? DEFAULT_URLS[rest.type],
      timeoutMs: timeout,
      maxInputBytes: maxInput,
      maxResponseBytes: maxResponse,
    }),
  );

export const gatewayModelsSchema = z
  .strictObject({
    providers: z
      .array(provider)
      .max(MAX_PROVIDERS)
      .prefault([])
      .describe('Services that answer. The first one is asked where no other is named.'),
  })
  .superRefine(({ providers }, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of providers.entries()) {
      if (seen.has(name))
        context.addIssue({
          code: 'custom',
          path: ['providers', index, 'name'],
          message: `\`${name}\` is the name of another provider; choose another`,
        });
      seen.add(name);
    }
  })
  .describe('Models that Tutti itself may ask.');

export type ModelProviderSettings = z.output<typeof provider>;
