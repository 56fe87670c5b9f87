// One page of the tools of a catalog, for the API. However many tools there are, one answer looks into so many bytes only:
// the process serves calls meanwhile. A page may hold fewer than its limit, or none, and still have a next one.

import type { ApiTool } from '@tutti/schemas';
import { z } from 'zod';
import type { ToolPage, ToolQuery } from '../../api/deps.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Segment, ToolItem } from '../../snapshot/types.ts';

/** Tools of one page. */
export const MAX_PAGE_TOOLS = 1_000;
/** Declarations that are looked into for one page, and one more. */
export const MAX_PAGE_BYTES = 2 << 20;

const shownToolSchema = z.object({
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown(),
});

/** `segments` in the order of their servers. */
export function toolsPage(segments: readonly Segment[], query: Omit<ToolQuery, 'server'>): ToolPage {
  const limit = Math.min(query.limit ?? MAX_PAGE_TOOLS, MAX_PAGE_TOOLS);
  const wanted = query.query?.toLowerCase();
  const items: ApiTool[] = [];
  let looked = 0;
  let last: string | undefined;
  for (const { segment, start } of after(segments, query.cursor)) {
    const { server } = segment;
    for (const [place, tool] of segment.tools.entries()) {
      if (place < start) continue;
      if (query.name !== undefined && query.name !== tool.exposedName && query.name !== tool.name) continue;
      if (items.length >= limit || looked > MAX_PAGE_BYTES) return { items, nextCursor: last };
      looked += tool.bytes.length;
      const shown = shownTool(server, tool, wanted);
      if (shown !== undefined) items.push(shown);
      last = writeCursor(server, tool.name, place);
    }
  }
  return { items, nextCursor: undefined };
}

/** What is left of each server behind the tool that the cursor names; its place counts when the tool is gone. */
function after(
  segments: readonly Segment[],
  cursor: string | undefined,
): { readonly segment: Segment; readonly start: number }[] {
  if (cursor === undefined) return segments.map((segment) => ({ segment, start: 0 }));
  const [server, name, place] = readCursor(cursor);
  return segments
    .filter((segment) => segment.server >= server)
    .map((segment) => {
      if (segment.server !== server) return { segment, start: 0 };
      const found = segment.tools.findIndex((tool) => tool.name === name);
      return { segment, start: found === -1 ? place : found + 1 };
    });
}

/** `<server>.<tool>.<place>`, the names in base64url. */
const CURSOR = /^([\w-]*)\.([\w-]*)\.(\d{1,9})$/;

function writeCursor(server: string, tool: string, place: number): string {
  return `${Buffer.from(server).toString('base64url')}.${Buffer.from(tool).toString('base64url')}.${place}`;
}

function readCursor(cursor: string): readonly [server: string, tool: string, place: number] {
  const [, server, tool, place] = CURSOR.exec(cursor) ?? [];
  if (server === undefined || tool === undefined)
    throw new AppError('invalid_params', '"cursor" is none that was given out; start again without it.');
  const plain = (text: string): string => Buffer.from(text, 'base64url').toString();
  return [plain(server), plain(tool), Number(place)];
}

function shownTool(
  server: string,
  { name, exposedName, bytes }: ToolItem,
  wanted: string | undefined,
): ApiTool | undefined {
  const text = bytes.toString();
  const isNamed = wanted === undefined || exposedName.toLowerCase().includes(wanted);
  // Where nothing is escaped, what the text does not hold stands in no member of it.
  if (!isNamed && !text.includes('\\') && !text.toLowerCase().includes(wanted)) return undefined;
  const { title, description, inputSchema } = shownToolSchema.parse(JSON.parse(text));
  const said = `${exposedName} ${title ?? ''} ${description ?? ''}`.toLowerCase();
  if (wanted !== undefined && !said.includes(wanted)) return undefined;
  return {
    server,
    name,
    exposedName,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    inputSchema,
  };
}
