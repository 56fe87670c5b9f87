// Lists that come in pages.

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
}

/** All pages, or as many items as are wanted. */
export async function allPages<Item>(
  limit: number | undefined,
  read: (cursor: string | undefined, limit: number | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (;;) {
    const rest = limit === undefined ? undefined : limit - items.length;
    const page = await read(cursor, rest);
    items.push(...page.items.slice(0, rest));
    cursor = page.nextCursor;
    if (cursor === undefined || items.length === limit) return items;
  }
}
