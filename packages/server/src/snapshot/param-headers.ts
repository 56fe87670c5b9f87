// `x-mcp-header` of a tool's input schema: arguments that a client of a 2026-07-28 HTTP server repeats as `Mcp-Param-*`
// headers. The annotation is good on string, integer and boolean properties that are reached through `properties`
// alone; one anywhere else, or a name given twice in any case, makes the tool's definition invalid.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http

import type { ToolItem } from './types.ts';

export type ParamHeaders =
  | { readonly kind: 'valid'; readonly headers: ToolItem['paramHeaders'] }
  | { readonly kind: 'invalid'; readonly reason: string };

const ANNOTATION = 'x-mcp-header';
const HEADER_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ANNOTATED_TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);
const SCHEMA_KEYWORDS = [
  'items',
  'prefixItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
] as const;
/** Keywords whose value holds schemas by name. */
const SCHEMA_MAP_KEYWORDS = ['patternProperties', 'dependentSchemas', '$defs', 'definitions'] as const;

const NONE: ParamHeaders = { kind: 'valid', headers: [] };

/** Reads the annotations of a schema given as JSON text. Almost no schema has any, and then it is not parsed. */
export function readParamHeaders(inputSchema: Buffer): ParamHeaders {
  if (!inputSchema.includes(ANNOTATION)) return NONE;
  const schema: unknown = JSON.parse(inputSchema.toString('utf8'));
  const headers: { readonly header: string; readonly path: readonly string[] }[] = [];
  const fault = collect(schema, [], headers);
  return fault === undefined ? { kind: 'valid', headers } : { kind: 'invalid', reason: fault };
}

/** `path` is undefined where no annotation may stand. Returns the first fault. */
function collect(
  schema: unknown,
  path: readonly string[] | undefined,
  headers: { readonly header: string; readonly path: readonly string[] }[],
): string | undefined {
  if (!isObject(schema)) return undefined;
  if (ANNOTATION in schema) {
    const header = schema[ANNOTATION];
    if (path === undefined || path.length === 0) return `${ANNOTATION} stands where it has no meaning`;
    if (typeof header !== 'string' || !HEADER_TOKEN.test(header))
      return `${ANNOTATION} is not a name of a header`;
    if (!ANNOTATED_TYPES.has(schema['type']))
      return `${ANNOTATION} ${header} is not on a string, integer or boolean`;
    const lower = header.toLowerCase();
    if (headers.some((known) => known.header.toLowerCase() === lower))
      return `${ANNOTATION} ${header} stands twice`;
    headers.push({ header, path });
  }
  const { properties } = schema;
  if (isObject(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      const fault = collect(property, path === undefined ? undefined : [...path, name], headers);
      if (fault !== undefined) return fault;
    }
  }
  for (const nested of otherSchemas(schema)) {
    const fault = collect(nested, undefined, headers);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function otherSchemas(schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  const direct = SCHEMA_KEYWORDS.flatMap((keyword) => schema[keyword]);
  const named = SCHEMA_MAP_KEYWORDS.flatMap((keyword) => {
    const value = schema[keyword];
    return isObject(value) ? Object.values(value) : [];
  });
  return [...direct, ...named];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
