// The agent card of A2A 1.0 (https://a2a-protocol.org/v1.0.0/specification/, AgentCard), as far as it is read and
// written here. Cards of 0.3 (`url`, `preferredTransport`, `additionalInterfaces`) are read too. Whatever else a card
// holds is kept.

import { z } from 'zod';
import { ApiAgentSchema } from './agent.ts';

export const A2A_VERSION = '1.0';
/** Bytes of a card that is imported. */
export const MAX_CARD_BYTES = 64 * 1024;
/** Cards on one page. */
export const MAX_PAGE_CARDS = 100;
/** A card with more is no card. */
const MAX_SKILLS = 500;
const MAX_INTERFACES = 100;
const MAX_TEXT_CHARS = 20_000;

const text = z.string().max(MAX_TEXT_CHARS);
const texts = z.array(text).max(1_000);

/** What is read of a card; what else it holds stays. */
export const ReadCardSchema = z.looseObject({
  name: text.min(1),
  description: text.default(''),
  version: text.default(''),
  skills: z
    .array(
      z.looseObject({
        id: text.min(1),
        name: text.default(''),
        description: text.default(''),
        tags: texts.default([]),
      }),
    )
    .max(MAX_SKILLS)
    .default([]),
  supportedInterfaces: z
    .array(z.looseObject({ url: text, protocolBinding: text, protocolVersion: text.default('') }))
    .max(MAX_INTERFACES)
    .optional(),
  /** Of 0.3. */
  url: text.optional(),
  preferredTransport: text.optional(),
  additionalInterfaces: z
    .array(z.looseObject({ url: text, transport: text }))
    .max(MAX_INTERFACES)
    .optional(),
  protocolVersion: text.optional(),
});

export const AgentInterfaceSchema = z.object({
  url: z.string(),
  protocolBinding: z.string(),
  tenant: z.string(),
  protocolVersion: z.string(),
});

const extensionSchema = z.looseObject({
  uri: z.string(),
  description: z.string(),
  required: z.boolean(),
  params: z.record(z.string(), z.unknown()).optional(),
});

/** A card as Tutti writes it; what an import kept stands beside these. */
export const AgentCardSchema = z.looseObject({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  /** Where it is reached; the first is preferred. */
  supportedInterfaces: z.array(AgentInterfaceSchema),
  capabilities: z.looseObject({
    streaming: z.boolean(),
    pushNotifications: z.boolean(),
    extendedAgentCard: z.boolean(),
    extensions: z.array(extensionSchema),
  }),
  securitySchemes: z.record(z.string(), z.unknown()),
  securityRequirements: z.array(z.unknown()),
  defaultInputModes: z.array(z.string()),
  defaultOutputModes: z.array(z.string()),
  /** One for each capability. */
  skills: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      tags: z.array(z.string()),
      examples: z.array(z.string()),
      inputModes: z.array(z.string()),
      outputModes: z.array(z.string()),
      securityRequirements: z.array(z.unknown()),
    }),
  ),
  signatures: z.array(z.unknown()),
});

/** What became of an import. */
export const ApiImportedCardSchema = z.object({
  agent: ApiAgentSchema,
  /** What of the card did not fit, for people. */
  warnings: z.array(z.string()),
});

/** A page: there are more as long as there is a cursor. */
export const AgentCardListSchema = z.object({
  items: z.array(AgentCardSchema),
  nextCursor: z.string().optional(),
});

/** Whether a document is a card rather than a resource. */
export function isAgentCard(value: unknown): value is AgentCardInput {
  if (typeof value !== 'object' || value === null || 'apiVersion' in value || 'kind' in value) return false;
  return 'skills' in value && 'name' in value && ReadCardSchema.safeParse(value).success;
}

export type ReadCard = z.output<typeof ReadCardSchema>;
/** As it is written. */
export type AgentCardInput = z.input<typeof ReadCardSchema>;
export type AgentCard = z.infer<typeof AgentCardSchema>;
export type AgentInterface = z.infer<typeof AgentInterfaceSchema>;
export type ApiImportedCard = z.infer<typeof ApiImportedCardSchema>;
