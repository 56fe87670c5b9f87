// The content of a tool's result as text: texts as they are, everything else named in brackets.

import { arrayAt, isObject, objectAt, stringAt, type JsonObject } from './json.ts';

export function contentLines(result: JsonObject): string[] {
  const lines = arrayAt(result, 'content').map(blockText);
  if (lines.length > 0) return lines;
  const structured = result['structuredContent'];
  return structured === undefined ? [] : [JSON.stringify(structured, undefined, 2)];
}

function blockText(block: unknown): string {
  const type = stringAt(block, 'type') ?? 'unknown';
  const text = stringAt(block, 'text');
  if (type === 'text' && text !== undefined) return text;
  if (type === 'resource') {
    const resource = objectAt(block, 'resource');
    return stringAt(resource, 'text') ?? `[resource ${stringAt(resource, 'uri') ?? ''}]`;
  }
  if (type === 'resource_link') return `[resource ${stringAt(block, 'uri') ?? ''}]`;
  const data = stringAt(block, 'data');
  const mimeType = stringAt(block, 'mimeType');
  if (data !== undefined) {
    return `[${type} ${mimeType ?? ''}, ${Buffer.byteLength(data, 'base64')} bytes; -o json prints it]`;
  }
  return isObject(block) ? JSON.stringify(block) : '';
}
