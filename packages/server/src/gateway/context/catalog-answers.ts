// What the search tools answer out of a view: JSON text, each within its budget.

import { matchesGlob } from '@tutti/schemas';
import { z } from 'zod';
import type { Group, View } from '../routing/view.ts';
import { fit, MAX_ANSWER_BYTES } from './budget.ts';
import { brief, toolText } from './tool-text.ts';

type Tool = Group['tools'][number];

export interface ListOptions {
  readonly schema: boolean;
  readonly cursor: string | undefined;
}

/** Undefined for a cursor that was not given out here. */
export function listTools(tools: readonly Tool[], options: ListOptions, more = ''): string | undefined {
  return list('tools', tools, options.cursor, options.schema ? wholeTool : briefTool, more);
}

export function allTools(view: View): Tool[] {
  return [...view.groups()].flatMap(({ tools }) => tools);
}

export interface ToolFilterOptions {
  readonly pattern: string | undefined;
  readonly description: string | undefined;
  readonly caseSensitive: boolean;
}

export function filterTools(view: View, { pattern, description, caseSensitive }: ToolFilterOptions): Tool[] {
  const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase());
  return allTools(view).filter(({ exposedName, exposedBytes }) => {
    if (pattern !== undefined && !matchesGlob(fold(pattern), fold(exposedName))) return false;
    return description === undefined || fold(toolText(exposedBytes).description).includes(fold(description));
  });
}

export function wholeTool({ exposedBytes }: Tool): string {
  return exposedBytes.toString();
}

function briefTool({ exposedName, exposedBytes }: Tool): string {
  const { title, description } = toolText(exposedBytes);
  return JSON.stringify({ name: exposedName, description: brief(description === '' ? title : description) });
}

const shownSchema = z.object({
  name: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  mimeType: z.string().optional().catch(undefined),
});

export function listResources(view: View, cursor: string | undefined): string | undefined {
  const all = [...view.groups()].flatMap(({ resources }) => resources);
  return list('resources', all, cursor, ({ exposedUri, bytes }) => {
    const { name, description = '', mimeType } = shownSchema.parse(JSON.parse(bytes.toString()));
    return JSON.stringify({ uri: exposedUri, name, mimeType, description: brief(description) });
  });
}

/** The resource as its server declares it, under the uri that is known here. */
export function describeResource(view: View, uri: string): string | undefined {
  for (const { resources } of view.groups())
    for (const { exposedUri, exposedBytes } of resources)
      if (exposedUri === uri) return exposedBytes.toString();
  return undefined;
}

export function listPrompts(view: View, cursor: string | undefined): string | undefined {
  const all = [...view.groups()].flatMap(({ prompts }) => prompts);
  return list('prompts', all, cursor, ({ exposedName, bytes }) => {
    const { description = '' } = shownSchema.parse(JSON.parse(bytes.toString()));
    return JSON.stringify({ name: exposedName, description: brief(description) });
  });
}

function list<T>(
  name: string,
  all: readonly T[],
  cursor: string | undefined,
  textOf: (item: T) => string,
  more = '',
): string | undefined {
  const from = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isSafeInteger(from) || from < 0 || from > all.length) return undefined;
  const { items, next } = fit(all.length, from, (index) => {
    const item = all[index];
    return item === undefined ? '' : textOf(item);
  });
  const cut = next === undefined ? '' : `,"next_cursor":"${next}"`;
  return `{"${name}":[${items.join(',')}],"total":${all.length}${cut}${more}}`;
}

/** Definitions by name, best first, as many as fit. */
export function foundTools(view: View, names: readonly string[], schema: boolean): string {
  const tools = names.flatMap((name) => {
    const target = view.tool(name);
    return target?.item ?? [];
  });
  const { items } = fit(tools.length, 0, (index) => {
    const tool = tools[index];
    if (tool === undefined) return '';
    return schema ? wholeTool(tool) : briefTool(tool);
  });
  const left = tools.length - items.length;
  const cut = left === 0 ? '' : `,"left_out":${left},"budget_bytes":${MAX_ANSWER_BYTES}`;
  return `{"tools":[${items.join(',')}]${cut}}`;
}
