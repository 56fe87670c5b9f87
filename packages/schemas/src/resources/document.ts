// The native document: what stands around every spec. One file may hold several.

import { z } from 'zod';
import { gatewaySpecSchema } from './gateway.ts';
import { mcpServerSpecSchema } from './mcp-server.ts';
import { serverName } from './server-name.ts';
import { sourceSpecSchema } from './source.ts';
import { toolsetSpecSchema } from './toolset.ts';

export const API_VERSION = 'tutti.dev/v1alpha1';

/** The kinds that this version knows. */
export const KINDS: readonly string[] = ['MCPServer', 'Gateway', 'Toolset', 'Source'];

const stringMap = z.record(z.string(), z.string());

const head = <const Kind extends string>(kind: Kind) => ({
  $schema: z.string().optional().describe('For editors.'),
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(kind),
});

const metadata = <Name extends z.ZodType<string>>(name: Name) =>
  z.strictObject({ name, labels: stringMap.prefault({}), annotations: stringMap.prefault({}) });

export const mcpServerDocumentSchema = z
  .strictObject({
    ...head('MCPServer'),
    metadata: metadata(serverName.describe('Unique among all servers: lower-case letters, digits and `-`.')),
    spec: mcpServerSpecSchema,
  })
  .meta({ title: 'MCPServer', description: 'A server that Tutti runs or dials.' });

export const gatewayDocumentSchema = z
  .strictObject({
    ...head('Gateway'),
    metadata: metadata(z.literal('gateway').describe('There is one Gateway, and this is its name.')),
    spec: gatewaySpecSchema,
  })
  .meta({ title: 'Gateway', description: 'The settings of the endpoint that Tutti serves; one at most.' });

export const toolsetDocumentSchema = z
  .strictObject({
    ...head('Toolset'),
    metadata: metadata(
      serverName.describe('Unique among all toolsets; stands in its url, `/mcp/sets/<name>`.'),
    ),
    spec: toolsetSpecSchema,
  })
  .meta({ title: 'Toolset', description: 'A named view over many servers, with an endpoint of its own.' });
export const sourceDocumentSchema = z
  .strictObject({
    ...head('Source'),
    metadata: metadata(serverName.describe('Unique among all sources: lower-case letters, digits and `-`.')),
    spec: sourceSpecSchema,
  })
  .meta({ title: 'Source', description: 'A place that declarations are taken from.' });
