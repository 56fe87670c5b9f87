// A record of the catalog as text, for whatever keeps it. Items are kept as the text that they came in.

import { z } from 'zod';
import type { CatalogRecord } from '../../reconcile/mcp-server/catalog-store.ts';

const jsonText = z
  .string()
  .refine(isJson, 'is not JSON')
  .transform((text) => Buffer.from(text));
const given = z.array(z.tuple([z.string(), z.string()])).transform((pairs) => new Map(pairs));

const recordSchema = z.strictObject({
  version: z.literal(1),
  server: z.string(),
  retiredAtMs: z.number().optional(),
  names: z.strictObject({
    prefix: z.string(),
    given: z.strictObject({
      tools: given,
      prompts: given,
      resources: given,
      resourceTemplates: given,
    }),
  }),
  discovery: z
    .strictObject({
      configDigest: z.string(),
      found: z.strictObject({
        handshake: z.strictObject({
          era: z.enum(['legacy', 'modern']),
          protocolVersion: z.string(),
          capabilities: jsonText,
          serverInfo: jsonText.optional(),
          instructions: z.string().optional(),
        }),
        tools: z.array(jsonText),
        prompts: z.array(jsonText),
        resources: z.array(jsonText),
        resourceTemplates: z.array(jsonText),
      }),
    })
    .optional(),
});

/** Throws where the text is no record. */
export function parseRecord(text: string): CatalogRecord {
  const { server, retiredAtMs, names, discovery } = recordSchema.parse(JSON.parse(text));
  if (discovery === undefined) return { server, retiredAtMs, names, discovery: undefined };
  const { configDigest, found } = discovery;
  const { era, protocolVersion, capabilities, serverInfo, instructions } = found.handshake;
  return {
    server,
    retiredAtMs,
    names,
    discovery: {
      configDigest,
      found: { ...found, handshake: { era, protocolVersion, capabilities, serverInfo, instructions } },
    },
  };
}

export function formatRecord({ server, retiredAtMs, names, discovery }: CatalogRecord): string {
  const { tools, prompts, resources, resourceTemplates } = names.given;
  return JSON.stringify({
    version: 1,
    server,
    retiredAtMs,
    names: {
      prefix: names.prefix,
      given: {
        tools: [...tools],
        prompts: [...prompts],
        resources: [...resources],
        resourceTemplates: [...resourceTemplates],
      },
    },
    discovery: discovery && {
      configDigest: discovery.configDigest,
      found: {
        handshake: {
          ...discovery.found.handshake,
          capabilities: discovery.found.handshake.capabilities.toString(),
          serverInfo: discovery.found.handshake.serverInfo?.toString(),
        },
        tools: discovery.found.tools.map(String),
        prompts: discovery.found.prompts.map(String),
        resources: discovery.found.resources.map(String),
        resourceTemplates: discovery.found.resourceTemplates.map(String),
      },
    },
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a text that is no record. */
export function describeRecordError(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return issue === undefined ? error.message : `${issue.path.join('.')}: ${issue.message}`;
  }
  return error instanceof Error ? error.message : String(error);
}
