// One page of the tools of a catalog, for the API. However many tools there are, one answer looks into so many bytes only:
// the process serves calls meanwhile. A page may hold fewer than its limit, or none, and still have a next one.

import type { ApiTool } from '@tutti/schemas';
import { z } from 'zod';
import type { ToolPage, ToolQuery } from '../../api/deps.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ToolGroup } from './tools.ts';

/** Tools of one page. */
export const MAX_PAGE_TOOLS = 1_000;
/** Declarations that are looked into for one page, and one more. */
export const MAX_PAGE_BYTES = 2 << 20;

const shownToolSchema = z.object({
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown(),
});

/** `groups` in the order of their keys. */
export function toolsPage(groups: Iterable<ToolGroup>, query: Omit<ToolQuery, 'server' | 'set'>): ToolPage {
  const limit = Math.min(query.limit ?? MAX_PAGE_TOOLS, MAX_PAGE_TOOLS);
  const wanted = query.query?.toLowerCase();
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const items: ApiTool[] = [];
  let looked = 0;
  let last: string | undefined;
  for (const group of groups) {
    const start = startOf(group, cursor);
    for (const [place, tool] of group.tools.entries()) {
      if (place < start) continue;
      if (query.name !== undefined && query.name !== group.nameOf(tool) && query.name !== tool.name) continue;
      if (items.length >= limit || looked > MAX_PAGE_BYTES) return { items, nextCursor: last };
      looked += group.bytesOf(tool).length;
      const shown = shownTool(group, tool, wanted);
      if (shown !== undefined) items.push(shown);
      last = writeCursor(group.key, tool.name, place);
    }
  }
  return { items, nextCursor: undefined };
}

type Cursor = readonly [key: string, tool: string, place: number];

/** Where it goes on behind the tool that the cursor names; its place counts when the tool is gone. */
function startOf({ key, tools }: ToolGroup, cursor: Cursor | undefined): number {
  if (cursor === undefined || key > cursor[0]) return 0;
  if (key < cursor[0]) return Infinity;
  const found = tools.findIndex(({ name }) => name === cursor[1]);
  return found === -1 ? cursor[2] : found + 1;
}

/** `<group>.<tool>.<place>`, the names in base64url. */
const CURSOR = /^([\w-]*)\.([\w-]*)\.(\d{1,9})$/;

function writeCursor(key: string, tool: string, place: number): string {
  return `${Buffer.from(key).toString('base64url')}.${Buffer.from(tool).toString('base64url')}.${place}`;
}

function readCursor(cursor: string): Cursor {
  const [, key, tool, place] = CURSOR.exec(cursor) ?? [];
  if (key === undefined || tool === undefined)
    throw new AppError('invalid_params', '"cursor" is none that was given out; start again without it.');
  const plain = (text: string): string => Buffer.from(text, 'base64url').toString();
  return [plain(key), plain(tool), Number(place)];
}

function shownTool(
  group: ToolGroup,
  tool: ToolGroup['tools'][number],
  wanted: string | undefined,
): ApiTool | undefined {
  const exposedName = group.nameOf(tool);
  const text = group.bytesOf(tool).toString();
  const isNamed = wanted === undefined || exposedName.toLowerCase().includes(wanted);
  // Where nothing is escaped, what the text does not hold stands in no member of it.
  if (!isNamed && !text.includes('\\') && !text.toLowerCase().includes(wanted)) return undefined;
  const { title, description, inputSchema } = shownToolSchema.parse(JSON.parse(text));
  const said = `${exposedName} ${title ?? ''} ${description ?? ''}`.toLowerCase();
  if (wanted !== undefined && !said.includes(wanted)) return undefined;
  const pin = group.pinOf?.(tool);
  return {
    server: group.server,
    ...('members' in tool && { members: [...tool.members.keys()] }),
    name: tool.name,
    exposedName,
    ...(title !== undefined && { title }),
    ...(pin !== undefined && { pin }),
    ...(description !== undefined && { description }),
    inputSchema,
  };
}
