// Discoveries for tests.

import type { Discovered } from '../../src/snapshot/observation.ts';
import type { Handshake } from '../../src/snapshot/types.ts';

export const HANDSHAKE: Handshake = {
  era: 'legacy',
  protocolVersion: '2025-11-25',
  capabilities: Buffer.from('{"tools":{}}'),
  serverInfo: Buffer.from('{"name":"s","version":"1"}'),
  instructions: undefined,
};

type Lists = { readonly [K in 'tools' | 'prompts' | 'resources' | 'resourceTemplates']?: readonly string[] };

/** What a server shows, each item as JSON text. */
export function found(lists: Lists, handshake: Partial<Handshake> = {}): Discovered {
  const bytes = (items: readonly string[] = []): readonly Buffer[] => items.map((item) => Buffer.from(item));
  return {
    handshake: { ...HANDSHAKE, ...handshake },
    tools: bytes(lists.tools),
    prompts: bytes(lists.prompts),
    resources: bytes(lists.resources),
    resourceTemplates: bytes(lists.resourceTemplates),
  };
}

/** Tools with nothing but a name and a schema. */
export function tools(...names: readonly string[]): readonly string[] {
  return names.map((name) => JSON.stringify({ name, inputSchema: { type: 'object' } }));
}
