// The agent card of A2A 1.0 (https://a2a-protocol.org/v1.0.0/specification/, AgentCard), as far as it is read and
// written here. Cards of 0.3 (`url`, `preferredTransport`, `additionalInterfaces`) are read too. Whatever else a card
// holds is kept.

import { z } from 'zod';

export const A2A_VERSION = '1.0';
/** A card with more is no card. */
const MAX_SKILLS = 500;
const MAX_INTERFACES = 100;
const MAX_TEXT_CHARS = 20_000;

const text = z.string().max(MAX_TEXT_CHARS);
const texts = z.array(text).max(1_000);

const skillSchema = z.looseObject({
  id: text.min(1),
  name: text.default(''),
  description: text.default(''),
  tags: texts.default([]),
});

const interfaceSchema = z.looseObject({
  url: text,
  protocolBinding: text,
  protocolVersion: text.default(''),
});

export const readCardSchema = z.looseObject({
  name: text.min(1),
  description: text.default(''),
  version: text.default(''),
  skills: z.array(skillSchema).max(MAX_SKILLS).default([]),
  supportedInterfaces: z.array(interfaceSchema).max(MAX_INTERFACES).optional(),
  /** Of 0.3. */
  url: text.optional(),
  preferredTransport: text.optional(),
  additionalInterfaces: z
    .array(z.looseObject({ url: text, transport: text }))
    .max(MAX_INTERFACES)
    .optional(),
  protocolVersion: text.optional(),
});

export type ReadCard = z.infer<typeof readCardSchema>;

export interface AgentCard {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly supportedInterfaces: readonly AgentInterface[];
  readonly provider?: { readonly organization: string; readonly url: string };
  readonly capabilities: AgentCapabilities;
  readonly securitySchemes: Readonly<Record<string, unknown>>;
  readonly securityRequirements: readonly unknown[];
  readonly defaultInputModes: readonly string[];
  readonly defaultOutputModes: readonly string[];
  readonly skills: readonly AgentSkill[];
  readonly signatures: readonly unknown[];
}

export interface AgentInterface {
  readonly url: string;
  readonly protocolBinding: string;
  readonly tenant: string;
  readonly protocolVersion: string;
}

interface AgentCapabilities {
  readonly streaming: boolean;
  readonly pushNotifications: boolean;
  readonly extensions: readonly {
    readonly uri: string;
    readonly description: string;
    readonly required: boolean;
    readonly params: Readonly<Record<string, unknown>>;
  }[];
  readonly extendedAgentCard: boolean;
}

interface AgentSkill {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly securityRequirements: readonly unknown[];
}
