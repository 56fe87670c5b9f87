import { toolsetSpecSchema, type ToolsetSpec } from '@tutti/schemas';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { CatalogView } from '../../../src/gateway/routing/catalog-view.ts';
import { listPage } from '../../../src/gateway/routing/lists.ts';
import { type Selection, WHOLE_CATALOG } from '../../../src/gateway/routing/selection.ts';
import { toolsetSelection } from '../../../src/gateway/routing/toolset-selection.ts';
import type { View } from '../../../src/gateway/routing/view.ts';
import { createCatalogWorld, KUBERNETES, type Lists } from '../../snapshot/catalog-world.ts';
import { tools } from '../../snapshot/found.ts';

const toolset = (spec: object): ToolsetSpec => toolsetSpecSchema.parse(spec);
const namesOf = (view: View): readonly string[] =>
  [...view.groups()].flatMap((group) => group.tools.map(({ exposedName }) => exposedName));
const page = (view: View, cursor?: string): string => String(listPage(view, 'tools', cursor, '{'));

const FILES: Lists = {
  tools: tools('read', 'write'),
  prompts: ['{"name":"ask"}', '{"name":"tell"}'],
  resources: ['{"uri":"file:///a","name":"a"}', '{"uri":"file:///b/c","name":"c"}'],
  resourceTemplates: ['{"uriTemplate":"file:///b/{x}","name":"t"}'],
};

describe('a view of the whole catalog', () => {
  test('shows families first, then servers, and pages go on from there', () => {
    verifies('FAM-01', 'CAT-03');
    const world = createCatalogWorld();
    world.put('z', { tools: tools('t') });
    world.put('a', { tools: tools('t') }, KUBERNETES);
    const view = new CatalogView(world.snapshot, WHOLE_CATALOG);
    expect(namesOf(view)).toEqual(['kubernetes_t', 'z_t']);
    const cursor = Buffer.from(JSON.stringify(['!kubernetes', 't', 0])).toString('base64url');
    expect(page(view, cursor)).toBe(`{"tools":[${tools('z_t').join(',')}]}`);
  });

  test('tells which lists changed, and nothing of what nobody sees', () => {
    verifies('CAT-03');
    const world = createCatalogWorld();
    const view = new CatalogView(world.snapshot, WHOLE_CATALOG);
    expect([...view.follow(world.put('files', FILES))]).toEqual(['tools', 'prompts', 'resources']);
    expect([...view.follow(world.put('files', FILES))]).toEqual([]);
    expect([...view.follow(world.put('files', { ...FILES, prompts: [] }))]).toEqual(['prompts']);
    expect([...view.follow(world.put('files', { tools: FILES.tools ?? [] }))]).toEqual(['resources']);
    // The same tools, now the family's.
    expect([...view.follow(world.put('files', { tools: FILES.tools ?? [] }, KUBERNETES))]).toEqual(['tools']);
  });
});

describe('a toolset', () => {
  const world = createCatalogWorld();
  world.put('files', FILES);
  world.put('notes', { ...FILES, resources: ['{"uri":"note:///a","name":"a"}'], resourceTemplates: [] });
  const viewOf = (spec: object): CatalogView =>
    new CatalogView(world.snapshot, toolsetSelection(toolset(spec)));

  test('shows all tools of its servers when it names none, and neither prompts nor resources', () => {
    verifies('CAT-05');
    const view = viewOf({ servers: ['files'] });
    expect(namesOf(view)).toEqual(['files_read', 'files_write']);
    expect(view.prompt('files_ask')).toBeUndefined();
    expect(view.resource('file:///a')).toBeUndefined();
    expect([...view.entries()].map(({ name }) => name)).toEqual(['files']);
  });

  test('shows no tools where it says so', () => {
    expect(namesOf(viewOf({ tools: [] }))).toEqual([]);
  });

  test('shows prompts and resources by their own names', () => {
    verifies('CAT-05', 'CAT-02');
    const view = viewOf({ tools: [], prompts: ['a*'], resources: ['file:///b/*'] });
    expect(view.prompt('files_ask')?.server).toBe('files');
    expect(view.prompt('notes_ask')?.server).toBe('notes');
    expect(view.prompt('files_tell')).toBeUndefined();
    expect(view.resource('file:///b/c')?.server).toBe('files');
    expect(view.resource('file:///b/unlisted')?.server).toBe('files');
    expect(view.resource('file:///a')).toBeUndefined();
    expect(view.resource('tutti://files/file%3A%2F%2F%2Fa')).toBeUndefined();
    expect(view.resource('note:///a')).toBeUndefined();
    const all = viewOf({ servers: ['notes'], tools: [], prompts: true, resources: true });
    expect(all.prompt('notes_tell')?.server).toBe('notes');
    expect(all.resource('note:///a')?.server).toBe('notes');
    // Nobody lists it here, and only this server can have it.
    expect(all.resource('file:///a')?.server).toBe('notes');
  });

  test('makes names of those of server and tool', () => {
    verifies('CAT-05');
    const view = viewOf({ tools: [{ tool: 'read', as: 'get.{tool}_{server}' }] });
    expect(namesOf(view)).toEqual(['get.read_files', 'get.read_notes']);
    expect(page(view)).toContain('{"name":"get.read_files","inputSchema":{"type":"object"}}');
    const own = createCatalogWorld();
    own.put('s', { tools: tools('t'.repeat(70)) });
    const cut = new CatalogView(own.snapshot, toolsetSelection(toolset({ tools: [{ as: '{tool}' }] })));
    expect(namesOf(cut)[0]).toMatch(/^t{55}_[a-z2-7]{8}$/);
  });

  test('leaves what it shows as before as it is when its rules change', () => {
    verifies('CAT-05');
    const view = viewOf({ tools: [{ server: 'files', tool: 'read', as: 'cat' }, { tool: '*' }] });
    const [files, notes] = [...view.groups()];
    const next = { tools: [{ tool: '*' }], exclude: [{ server: 'files', tool: 'write' }] };
    expect([...view.select(toolsetSelection(toolset(next)))]).toEqual(['tools']);
    expect([...view.groups()][0]).not.toBe(files);
    expect([...view.groups()][1]).toBe(notes);
    expect(view.tool('files_read')).toMatchObject({ server: 'files' });
    expect([view.tool('cat'), view.tool('files_write')]).toEqual([undefined, undefined]);
    expect([...view.select(toolsetSelection(toolset(next)))]).toEqual([]);
  });

  test('keeps a name with its first holder, whoever comes', () => {
    verifies('CAT-05', 'CAT-01');
    const own = createCatalogWorld();
    own.put('m', { tools: tools('t') });
    const view = new CatalogView(own.snapshot, toolsetSelection(toolset({ tools: [{ as: '{tool}' }] })));
    view.follow(own.put('a', { tools: tools('t') }));
    const target = view.tool('t');
    expect(target?.kind === 'server' && target.server).toBe('m');
    expect(namesOf(view)[0]).toMatch(/^t_[a-z2-7]{8}$/);
    view.follow(own.remove('m'));
    expect(namesOf(view)).toHaveLength(1);
  });
});

// A view that followed every change shows what one shows that is made now.

const change = fc.record({
  server: fc.constantFrom('a', 'b', 'c'),
  lists: fc.option(
    fc.record({
      tools: fc.subarray([...tools('t', 'u', 'v'), '{"name":"t","description":"otherwise"}']),
      prompts: fc.subarray(['{"name":"p"}', '{"name":"q"}']),
      resources: fc.subarray(['{"uri":"x:1","name":"1"}', '{"uri":"x:2","name":"2"}']),
    }),
    { nil: undefined },
  ),
  isMember: fc.boolean(),
  leaves: fc.boolean(),
});
const SELECTIONS: Readonly<Record<string, Selection>> = {
  whole: WHOLE_CATALOG,
  some: toolsetSelection(
    toolset({ servers: ['a', 'b'], tools: [{ tool: 't' }, { server: 'b' }], prompts: ['p'] }),
  ),
  renamed: toolsetSelection(
    toolset({
      tools: [{ server: 'a', tool: 't', as: 'first' }, {}],
      exclude: [{ tool: 'v' }],
      resources: true,
    }),
  ),
};

test.each(Object.keys(SELECTIONS))('a view (%s) follows change by change', (kind) => {
  verifies('CAT-05', 'CAT-03', 'FAM-03');
  const selection = SELECTIONS[kind] ?? WHOLE_CATALOG;
  const LISTS = ['tools', 'prompts', 'resources'] as const;
  const shown = (view: View): readonly string[] =>
    LISTS.map((list) => String(listPage(view, list, undefined, '{')));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const world = createCatalogWorld();
      const view = new CatalogView(world.snapshot, selection);
      for (const { server, lists, isMember, leaves } of changes) {
        const before = shown(view);
        const next = leaves
          ? world.remove(server)
          : world.put(server, lists, isMember ? KUBERNETES : undefined);
        const changed = view.follow(next);
        const after = shown(view);
        expect([...changed].sort()).toEqual(
          LISTS.filter((_, index) => before[index] !== after[index]).sort(),
        );
        expect(after).toEqual(shown(new CatalogView(next, selection)));
        for (const { key, tools: items } of view.groups())
          for (const { exposedName } of items) {
            const target = view.tool(exposedName);
            if (target?.kind === 'server') expect(target.server).toBe(key);
            else expect(`!${target?.family.name}`).toBe(key);
          }
      }
    }),
    { numRuns: 150 },
  );
});
