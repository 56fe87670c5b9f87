// A record of the catalog, and the names of a holder, as text for whatever keeps them. Items are kept as the text that they
// came in.

import { z } from 'zod';
import type { CatalogRecord } from '../../reconcile/mcp-server/catalog-store.ts';
import type { ServerNames } from '../../snapshot/names.ts';

const jsonText = z
  .string()
  .refine(isJson, 'is not JSON')
  .transform((text) => Buffer.from(text));
const given = z.array(z.tuple([z.string(), z.string()])).transform((pairs) => new Map(pairs));

const namesSchema = z.strictObject({
  prefix: z.string(),
  given: z.strictObject({
    tools: given,
    prompts: given,
    resources: given,
    resourceTemplates: given,
  }),
});

const recordSchema = z.strictObject({
  version: z.literal(1),
  server: z.string(),
  retiredAtMs: z.number().optional(),
  /** In records of versions that kept names with what was shown. */
  names: namesSchema.optional(),
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

export interface ParsedRecord {
  readonly record: CatalogRecord;
  readonly names: ServerNames | undefined;
}

/** Throws where the text is no record. */
export function parseRecord(text: string): ParsedRecord {
  const { server, retiredAtMs, names, discovery } = recordSchema.parse(JSON.parse(text));
  if (discovery === undefined) return { record: { server, retiredAtMs, discovery: undefined }, names };
  const { configDigest, found } = discovery;
  const { era, protocolVersion, capabilities, serverInfo, instructions } = found.handshake;
  const handshake = { era, protocolVersion, capabilities, serverInfo, instructions };
  return {
    record: { server, retiredAtMs, discovery: { configDigest, found: { ...found, handshake } } },
    names,
  };
}

/** Throws where the text does not hold names. */
export function parseNames(text: string): ServerNames {
  return namesSchema.parse(JSON.parse(text));
}

export function formatNames({ prefix, given }: ServerNames): string {
  const { tools, prompts, resources, resourceTemplates } = given;
  return JSON.stringify({
    prefix,
    given: {
      tools: [...tools],
      prompts: [...prompts],
      resources: [...resources],
      resourceTemplates: [...resourceTemplates],
    },
  });
}

export function formatRecord({ server, retiredAtMs, discovery }: CatalogRecord): string {
  return JSON.stringify({
    version: 1,
    server,
    retiredAtMs,
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
