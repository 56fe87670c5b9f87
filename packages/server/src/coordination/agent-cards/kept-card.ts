// What is kept of an imported card beside the registration, as a column of JSON.

import { AgentInterfaceSchema, type AgentInterface } from '@tutti/schemas';
import { z } from 'zod';
import { parsed } from '../tasks/task-row.ts';

const KeptCardSchema = z.object({
  interfaces: z.array(AgentInterfaceSchema),
  fields: z.record(z.string(), z.unknown()),
});

export interface KeptCard {
  /** Where the agent is reached beside Tutti; the first is preferred. */
  readonly interfaces: readonly AgentInterface[];
  /** Fields of the card that a registration has no place for, as they came. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function keptText({ interfaces, fields }: KeptCard): string {
  return JSON.stringify({ interfaces, fields } satisfies KeptCard);
}

export function keptCard(agentId: string, text: string): KeptCard {
  return parsed(KeptCardSchema, text, `the card of ${agentId}`);
}
