// Pages of a list, put together from the items' own bytes. Families come first, then servers in the order of their names,
// and within a server its own order. A cursor names the last item given, so that a page after it starts right whatever changed meanwhile.

import { z } from 'zod';
import { LIST_PAGE_SIZE } from '../limits.ts';
import type { ListKind } from '../protocol/methods.ts';
import type { Group, View } from './view.ts';

interface Item {
  readonly bytes: Buffer;
  readonly exposedBytes: Buffer;
}

const positionSchema = z.tuple([z.string(), z.string(), z.int().min(0)]);

/** Group, name of the last item given, its place at that time. */
type Position = z.infer<typeof positionSchema>;

/**
 * The result of a list, JSON text: `opening`, which begins the object, then `"tools":[…]` and `"nextCursor"` when there
 * is more. Made in one piece, because a page may have a megabyte. Undefined for a cursor that was not given out here.
 */
export function listPage(
  view: View,
  kind: ListKind,
  cursor: string | undefined,
  opening: string,
): Buffer | undefined {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  const federated = view.server === undefined;
  const chosen: Buffer[] = [];
  let last: Position | undefined;
  let more = false;
  for (const group of view.groups()) {
    const { key } = group;
    if (after !== undefined && key < after[0]) continue;
    const items = itemsOf(group, kind);
    let index = after !== undefined && key === after[0] ? startAfter(items, kind, after) : 0;
    for (; index < items.length; index++) {
      if (chosen.length === LIST_PAGE_SIZE) {
        more = true;
        break;
      }
      const item = items[index];
      if (item === undefined) break;
      chosen.push(federated ? item.exposedBytes : item.bytes);
      last = [key, nameOf(item, kind), index];
    }
    if (more) break;
  }
  return writePage(`${opening}"${kind}":[`, chosen, more ? last : undefined);
}

type ListItem = Item & Readonly<Partial<Record<'name' | 'uri' | 'uriTemplate', string>>>;

function itemsOf(group: Group, kind: ListKind): readonly ListItem[] {
  return group[kind];
}

function nameOf(item: ListItem, kind: ListKind): string {
  if (kind === 'resources') return item.uri ?? '';
  if (kind === 'resourceTemplates') return item.uriTemplate ?? '';
  return item.name ?? '';
}

function startAfter(items: readonly ListItem[], kind: ListKind, [, name, place]: Position): number {
  const found = items.findIndex((item) => nameOf(item, kind) === name);
  return found === -1 ? Math.min(place, items.length) : found + 1;
}

function writePage(opening: string, items: readonly Buffer[], next: Position | undefined): Buffer {
  const cursor = next === undefined ? '' : `,"nextCursor":${JSON.stringify(encodeCursor(next))}`;
  const head = Buffer.from(opening);
  const tail = Buffer.from(`]${cursor}}`);
  let size = head.length + tail.length + Math.max(0, items.length - 1);
  for (const item of items) size += item.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = head.copy(bytes, 0);
  for (let index = 0; index < items.length; index++) {
    if (index > 0) bytes[at++] = COMMA;
    at += items[index]?.copy(bytes, at) ?? 0;
  }
  tail.copy(bytes, at);
  return bytes;
}

const COMMA = 0x2c;

function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decodeCursor(cursor: string): Position | undefined {
  try {
    return positionSchema.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
