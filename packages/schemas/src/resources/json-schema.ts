// The schemas as JSON Schema: for editors (`$schema`), for `/schemas/<kind>.json`, for generators.

import { z } from 'zod';
import {
  gatewayDocumentSchema,
  mcpServerDocumentSchema,
  sourceDocumentSchema,
  toolsetDocumentSchema,
} from './document.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** By kind, in lower case; each describes what people write. */
export function kindJsonSchemas(): Readonly<Record<string, JsonSchema>> {
  return {
    mcpserver: z.toJSONSchema(mcpServerDocumentSchema, { io: 'input' }),
    gateway: z.toJSONSchema(gatewayDocumentSchema, { io: 'input' }),
    toolset: z.toJSONSchema(toolsetDocumentSchema, { io: 'input' }),
    source: z.toJSONSchema(sourceDocumentSchema, { io: 'input' }),
  };
}
