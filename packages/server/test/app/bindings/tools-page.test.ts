import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { ApiTool } from '@tutti/schemas';
import { MAX_PAGE_BYTES, MAX_PAGE_TOOLS, toolsPage } from '../../../src/app/bindings/tools-page.ts';
import { createNameBook } from '../../../src/snapshot/names.ts';
import { buildSegment } from '../../../src/snapshot/segment.ts';
import { type ToolGroup, toolsOfServer } from '../../../src/app/bindings/tools.ts';
import { EMPTY_SNAPSHOT } from '../../../src/snapshot/builder.ts';
import { found, tools } from '../../snapshot/found.ts';

function segment(server: string, declared: readonly string[]): ToolGroup {
  const built = buildSegment(
    {
      server,
      transport: 'stdio',
      prefix: server,
      found: found({ tools: declared }),
      cached: false,
      isAllowed: () => true,
    },
    createNameBook(),
  );
  return toolsOfServer(built.segment, EMPTY_SNAPSHOT, () => undefined);
}

/** All pages, as a client reads them. */
function all(segments: readonly ToolGroup[], query: Parameters<typeof toolsPage>[1] = { query: undefined }) {
  const items: ApiTool[] = [];
  const sizes: number[] = [];
  let cursor: string | undefined;
  do {
    const page = toolsPage(segments, { ...query, cursor });
    items.push(...page.items);
    sizes.push(page.items.length);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { names: items.map(({ exposedName }) => exposedName), sizes };
}

const named = (count: number): string[] => Array.from({ length: count }, (_, n) => `t${n}`);
const big = (name: string, bytes: number): string =>
  JSON.stringify({ name, description: 'x'.repeat(bytes), inputSchema: { type: 'object' } });

describe('pages of tools', () => {
  test('together hold each tool once, in order', () => {
    verifies('OPS-05');
    const segments = [segment('a', tools(...named(1_500))), segment('b', []), segment('c', tools('x', 'y'))];
    const { names, sizes } = all(segments);
    expect(names).toEqual([...named(1_500).map((name) => `a_${name}`), 'c_x', 'c_y']);
    expect(sizes).toEqual([MAX_PAGE_TOOLS, 502]);
    expect(all(segments, { query: undefined, limit: 1_000_000 }).sizes).toEqual(sizes);
    expect(toolsPage(segments, { query: undefined, limit: 2 }).items).toHaveLength(2);
  });

  test('go on where they ended, whatever changed', () => {
    const before = [segment('a', tools('1', '2', '3')), segment('b', tools('1'))];
    const { nextCursor: cursor } = toolsPage(before, { query: undefined, limit: 2 });
    const after = (...segments: ToolGroup[]): string[] =>
      toolsPage(segments, { query: undefined, cursor }).items.map(({ exposedName }) => exposedName);
    expect(after(...before)).toEqual(['a_3', 'b_1']);
    expect(after(segment('a', tools('0', '1', '2', '3')))).toEqual(['a_3']);
    expect(after(segment('a', tools('1', '3', '4')))).toEqual(['a_3', 'a_4']);
    expect(after(segment('b', tools('1')))).toEqual(['b_1']);
    expect(() => toolsPage(before, { query: undefined, cursor: 'made up' })).toThrow(
      'start again without it',
    );
  });

  test('look into so much only', () => {
    const large = Array.from({ length: 10 }, (_, n) => big(`t${n}`, MAX_PAGE_BYTES / 4));
    const { names, sizes } = all([segment('a', large)]);
    expect(names).toHaveLength(10);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5);
    // One that fits no page stands on a page of its own.
    expect(all([segment('a', [big('one', MAX_PAGE_BYTES * 2), big('two', 1)])]).sizes).toEqual([1, 1]);
    // A search that finds nothing takes as many, too.
    expect(all([segment('a', large)], { query: 'nowhere' }).sizes.length).toBeGreaterThan(1);
  });

  test('are searched in names, titles and descriptions, escaped or not', () => {
    const segments = [
      segment('a', [
        ...tools('NAMED'),
        '{"name":"b","title":"A \\u00dcber title","inputSchema":{}}',
        '{"name":"c","description":"Says \\"quoted\\" words","inputSchema":{}}',
        '{"name":"d","inputSchema":{"description":"named quoted über"}}',
      ]),
    ];
    const search = (query: string): string[] => all(segments, { query }).names;
    expect(search('named')).toEqual(['a_NAMED']);
    expect(search('Über')).toEqual(['a_b']);
    expect(search('"quoted"')).toEqual(['a_c']);
    expect(search('a_')).toHaveLength(4);
  });

  test('of one name look into nothing else', () => {
    const segments = [segment('a', [...tools('t'), big('u', MAX_PAGE_BYTES * 2)]), segment('b', tools('t'))];
    expect(all(segments, { query: undefined, name: 't' })).toEqual({ names: ['a_t', 'b_t'], sizes: [2] });
    expect(all(segments, { query: undefined, name: 'b_t' }).names).toEqual(['b_t']);
  });
});
