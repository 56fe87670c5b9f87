// Headers that a modern MCP client sends with a tool call: the name, and the arguments that the tool's schema marks
// with `x-mcp-header`.

import { isObject, objectAt, stringAt } from './json.ts';

/** The value as a header may carry it. */
export function headerValue(value: string): string {
  const isPlain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value);
  return isPlain ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

export function paramHeaders(inputSchema: unknown, args: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  collect(inputSchema, args, headers);
  return headers;
}

function collect(schema: unknown, args: unknown, headers: Record<string, string>): void {
  if (!isObject(args)) return;
  for (const [key, property] of Object.entries(objectAt(schema, 'properties') ?? {})) {
    const value = args[key];
    const header = stringAt(property, 'x-mcp-header');
    if (header === undefined) collect(property, value, headers);
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      headers[`mcp-param-${header.toLowerCase()}`] = headerValue(String(value));
    }
  }
}
