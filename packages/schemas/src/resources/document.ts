// The native document: what stands around every spec. One file may hold several.

import { z } from 'zod';
import { mcpServerSpecSchema } from './mcp-server.ts';
import { serverName } from './server-name.ts';

export const API_VERSION = 'tutti.dev/v1alpha1';

/** The kinds that this version knows. */
export const KINDS: readonly string[] = ['MCPServer'];

const stringMap = z.record(z.string(), z.string());

export const mcpServerDocumentSchema = z
  .strictObject({
    $schema: z.string().optional().describe('For editors.'),
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('MCPServer'),
    metadata: z.strictObject({
      name: serverName.describe('Unique among all servers: lower-case letters, digits and `-`.'),
      labels: stringMap.prefault({}),
      annotations: stringMap.prefault({}),
    }),
    spec: mcpServerSpecSchema,
  })
  .meta({ title: 'MCPServer', description: 'A server that Tutti runs or dials.' });
