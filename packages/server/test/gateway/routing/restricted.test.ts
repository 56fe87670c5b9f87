// What somebody may not use is in no list and behind no name, whichever view they look at.

import { toolsetSpecSchema } from '@tutti/schemas';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { CatalogView } from '../../../src/gateway/routing/catalog-view.ts';
import { restricted } from '../../../src/gateway/routing/restricted-selection.ts';
import { WHOLE_CATALOG } from '../../../src/gateway/routing/selection.ts';
import { toolsetSelection } from '../../../src/gateway/routing/toolset-selection.ts';
import { createServerView, type View } from '../../../src/gateway/routing/view.ts';
import { Views } from '../../../src/gateway/routing/views.ts';
import { accessOf } from '../../../src/policy/access.ts';
import { LOCAL, type Principal } from '../../../src/policy/principal.ts';
import { decideRest, decideTool, type Rule } from '../../../src/policy/rule.ts';
import { createSnapshotPublisher } from '../../../src/snapshot/publisher.ts';
import { NATIVE_SERVER } from '../../../src/snapshot/types.ts';
import { createCatalogWorld, KUBERNETES } from '../../snapshot/catalog-world.ts';
import { tools } from '../../snapshot/found.ts';

const rule = (change: Partial<Rule>): Rule => ({
  name: 'r',
  effect: 'deny',
  servers: ['*'],
  tools: undefined,
  destructive: undefined,
  ...change,
});
const namesOf = (view: View): readonly string[] =>
  [...view.groups()].flatMap((group) => group.tools.map(({ exposedName }) => exposedName));

const TOOLS = ['read', 'write', 'wipe'];
const SAFE = '{"name":"safe","annotations":{"readOnlyHint":true}}';
const FULL = {
  tools: [...tools(...TOOLS), SAFE],
  prompts: ['{"name":"ask"}'],
  resources: ['{"uri":"file:///a","name":"a"}'],
  resourceTemplates: ['{"uriTemplate":"file:///b/{x}","name":"t"}'],
};

function worldOf() {
  const world = createCatalogWorld();
  world.put('one', FULL);
  world.put('two', FULL);
  world.put('k1', { tools: tools('pods', 'drain') }, KUBERNETES);
  world.put('k2', { tools: tools('pods', 'drain') }, KUBERNETES);
  return world;
}

const someGlobs = (...from: readonly string[]) => fc.subarray([...from], { minLength: 1 });
const anyRule = fc.record({
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  servers: someGlobs('*', 'one', 't*', 'k1', 'k?'),
  tools: fc.option(someGlobs('*', 'read', 'w*', 'safe', 'drain'), { nil: undefined }),
  destructive: fc.option(fc.boolean(), { nil: undefined }),
});

test('a view shows and calls just what the rules allow, whatever they are', () => {
  verifies('GW-23', 'SEC-03');
  const { snapshot } = worldOf();
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 5 }), (changes) => {
      const rules = changes.map(rule);
      const may = (server: string, tool: string): boolean =>
        decideTool(rules, { server, tool, isDestructive: () => tool !== 'safe' }).effect === 'allow';
      const rest = (server: string): boolean => decideRest(rules, server).effect === 'allow';
      const view = new CatalogView(snapshot, restricted(WHOLE_CATALOG, rules));
      const shown = new Set(namesOf(view));
      for (const server of ['one', 'two']) {
        const own = createServerView(server, () => snapshot.servers.get(server), rules);
        for (const tool of [...TOOLS, 'safe']) {
          const name = `${server}_${tool}`;
          const expected = may(server, tool);
          expect([
            name,
            shown.has(name),
            view.tool(name) !== undefined,
            own.tool(tool) !== undefined,
          ]).toEqual([name, expected, expected, expected]);
        }
        expect(own.tool('not-listed') !== undefined).toBe(may(server, 'not-listed'));
        expect(view.prompt(`${server}_ask`) !== undefined).toBe(rest(server));
        expect(own.prompt('ask') !== undefined).toBe(rest(server));
        expect(own.resource('file:///a') !== undefined).toBe(rest(server));
        const groups = [...own.groups()].flatMap((group) => [
          ...group.prompts,
          ...group.resources,
          ...group.resourceTemplates,
        ]);
        expect(groups.length).toBe(rest(server) ? 3 : 0);
      }
      // Two servers have the uri: the first one's, if it is shown.
      const holder = view.resource('file:///a')?.server;
      expect(holder === undefined || rest(holder)).toBe(true);
      if (rest('one')) expect(holder).toBe('one');
      expect(view.resource('tutti://two/file%3A%2F%2F%2Fa') !== undefined).toBe(rest('two'));
      for (const tool of ['pods', 'drain']) {
        const target = view.tool(`kubernetes_${tool}`);
        const members = target?.kind === 'family' ? [...target.item.members.keys()] : [];
        expect(members).toEqual(['k1', 'k2'].filter((server) => may(server, tool)));
      }
    }),
    { numRuns: 300 },
  );
});

test('a family names the members that are allowed, in its schema too', () => {
  verifies('GW-23', 'FAM-01');
  const view = new CatalogView(
    worldOf().snapshot,
    restricted(WHOLE_CATALOG, [rule({ servers: ['k2'], tools: ['drain'] })]),
  );
  const target = view.tool('kubernetes_drain');
  expect(String(target?.item?.exposedBytes)).toContain('"enum":["k1"]');
  expect(String(view.tool('kubernetes_pods')?.item?.exposedBytes)).toContain('"enum":["k1","k2"]');
});

test('a name of a toolset lets nothing in', () => {
  verifies('GW-23', 'CAT-05');
  const spec = toolsetSpecSchema.parse({ tools: [{ server: 'one', as: 'x_{tool}' }], prompts: true });
  const rules = [rule({ servers: ['one'], tools: ['w*'] })];
  const view = new CatalogView(worldOf().snapshot, restricted(toolsetSelection(spec), rules));
  expect(namesOf(view)).toEqual(['x_read', 'x_safe']);
  expect(view.tool('x_wipe')).toBeUndefined();
});

test('what is not restricted stays the very same list', () => {
  const { snapshot } = worldOf();
  const segment = snapshot.servers.get('one')?.segment;
  const shown = restricted(WHOLE_CATALOG, [rule({ servers: ['two'] })]);
  expect(segment && shown.ofServer(segment, undefined).tools).toBe(segment?.tools);
  expect(shown.showsServer('two')).toBe(false);
});

test("Tutti's own tools don't count for the length of a list", () => {
  verifies('CAT-09');
  const world = createCatalogWorld();
  world.put('one', { tools: tools('t') });
  const view = new CatalogView(world.snapshot, WHOLE_CATALOG);
  const before = view.toolBytes;
  view.follow(world.put(NATIVE_SERVER, { tools: tools('core_x', 'core_y') }));
  expect([view.toolBytes, namesOf(view).length]).toEqual([before, 3]);
  view.follow(world.put(NATIVE_SERVER, { tools: tools('core_x') }));
  expect([view.toolBytes, namesOf(view).length]).toEqual([before, 2]);
});

describe('views', () => {
  const dev = (id: string): Principal => ({ id, type: 'user', roles: ['dev'] });

  function open() {
    const snapshots = createSnapshotPublisher({
      listenerFailed: (error) => {
        throw error;
      },
    });
    const changed: number[] = [];
    const views = new Views({
      snapshots,
      toolsets: { current: () => new Map(), subscribe: () => ({ [Symbol.dispose]() {} }) },
      changed: (changes) => changed.push(changes.size),
      first: undefined,
    });
    const { snapshot } = worldOf();
    snapshots.update(() => snapshot);
    return { views, snapshots, changed };
  }

  test('are shared by those who may do the same, and by no others', () => {
    verifies('SEC-03');
    const { views } = open();
    const rules = [rule({ roles: ['dev'], servers: ['two'] })];
    const [a, b, c] = [dev('a'), dev('b'), LOCAL].map((who) => accessOf(who, rules));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three');
    for (const place of [{ kind: 'all' as const }, { kind: 'server' as const, name: 'one' }]) {
      expect(views.of(place, a)).toBe(views.of(place, b));
      expect(views.of(place, a)).not.toBe(views.of(place, c));
    }
    expect(views.of({ kind: 'server', name: 'two' }, a)).toBeUndefined();
    expect(views.of({ kind: 'server', name: 'two' }, c)).toBeDefined();
    using alone = views.alone('one');
    expect(alone.of(a)).toBe(alone.of(b));
    expect(alone.of(a)).not.toBe(views.of({ kind: 'server', name: 'one' }, a));
    const own = alone.of(c);
    expect(own && alone.has(own)).toBe(true);
    expect(own && views.again(own, a)).toBe(alone.of(a));
    using elsewhere = views.alone('two');
    expect(elsewhere.of(a)).toBeUndefined();
  });

  test('go when nobody may do just that any more', () => {
    const { views } = open();
    const before = accessOf(dev('a'), [rule({ servers: ['two'] })]);
    const after = accessOf(dev('a'), []);
    const view = views.of({ kind: 'all' }, before);
    views.keep([after]);
    expect(views.of({ kind: 'all' }, before)).not.toBe(view);
    expect(view && views.again(view, after)).toBe(views.of({ kind: 'all' }, after));
  });

  test('go with those that are alone on a port, while the port stays', () => {
    const { views } = open();
    using alone = views.alone('one');
    const before = accessOf(dev('a'), [rule({ servers: ['two'] })]);
    const after = accessOf(dev('a'), []);
    const [gone, kept] = [alone.of(before), alone.of(after)];
    views.keep([after]);
    expect(gone && alone.has(gone)).toBe(false);
    expect(kept && alone.has(kept)).toBe(true);
    expect(gone && views.again(gone, after)).toBe(kept);
  });
});
