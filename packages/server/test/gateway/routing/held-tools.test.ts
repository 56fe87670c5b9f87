// Tools that are held back: in no list, and nobody hears of one that would not be theirs.

import { toolsetSpecSchema } from '@tutti/schemas';
import { beforeEach, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { CatalogView } from '../../../src/gateway/routing/catalog-view.ts';
import { restricted } from '../../../src/gateway/routing/restricted-selection.ts';
import { type Selection, WHOLE_CATALOG } from '../../../src/gateway/routing/selection.ts';
import { toolsetSelection } from '../../../src/gateway/routing/toolset-selection.ts';
import { createServerView, type View } from '../../../src/gateway/routing/view.ts';
import type { Rule } from '../../../src/policy/rule.ts';
import { createCatalogWorld, KUBERNETES } from '../../snapshot/catalog-world.ts';
import { tools } from '../../snapshot/found.ts';

let world: ReturnType<typeof createCatalogWorld>;
beforeEach(() => {
  world = createCatalogWorld();
  world.put('files', { tools: tools('read', 'write') }, undefined, undefined, ['read']);
});

const view = (selection: Selection): View => new CatalogView(world.snapshot, selection);
const ofServer = (rules: readonly Rule[] = []): View =>
  createServerView('files', () => world.snapshot.servers.get('files'), rules);
const deny = (...names: readonly string[]): readonly Rule[] => [
  { name: 'r', effect: 'deny', servers: ['*'], tools: names, destructive: undefined },
];
const named = (one: View): readonly string[] =>
  [...one.groups()].flatMap((group) => group.tools.map(({ exposedName }) => exposedName));

test('are not listed and not found, and whoever calls one hears why', () => {
  verifies('CAT-08');
  const whole = view(WHOLE_CATALOG);
  expect(named(whole)).toEqual(['files_write']);
  expect(whole.tool('files_read')).toBeUndefined();
  expect(whole.withheld('files_read')).toContain('`tutti pins files`');
  expect(whole.withheld('files_write')).toBeUndefined();
  expect(whole.withheld('files_nothing')).toBeUndefined();
  expect(ofServer().tool('read')).toBeUndefined();
  expect(ofServer().withheld('read')).toContain('`tutti pins files`');
});

test('where tools are held back, a name that the server did not list is not passed on', () => {
  verifies('CAT-08');
  expect(ofServer().tool('unlisted')).toBeUndefined();
  world.put('files', { tools: tools('read') });
  expect(ofServer().tool('unlisted')).toMatchObject({ server: 'files', item: undefined });
});

test('are told of under the name that a toolset gives them, and only where it has them', () => {
  verifies('CAT-08', 'CAT-05');
  const set = (spec: object): View => view(toolsetSelection(toolsetSpecSchema.parse(spec)));
  const renamed = set({ tools: [{ tool: 'read', as: 'mine' }] });
  expect(renamed.withheld('mine')).toContain('`tutti pins files`');
  expect(renamed.withheld('files_read')).toBeUndefined();
  expect(set({ tools: [{ tool: 'write' }] }).withheld('files_read')).toBeUndefined();
  expect(set({ servers: ['other'] }).withheld('files_read')).toBeUndefined();
});

test('are not told of to those who may not use them', () => {
  verifies('CAT-08');
  for (const rules of [deny('read'), deny('*')]) {
    expect(view(restricted(WHOLE_CATALOG, rules)).withheld('files_read')).toBeUndefined();
    expect(ofServer(rules).withheld('read')).toBeUndefined();
  }
  expect(view(restricted(WHOLE_CATALOG, deny('write'))).withheld('files_read')).toBeDefined();
});

test('leave their family, which says so of the member', () => {
  verifies('CAT-08', 'FAM-02');
  world.put('east', { tools: tools('pods') }, KUBERNETES, undefined, ['pods']);
  world.put('west', { tools: tools('pods') }, KUBERNETES);
  const [family] = world.snapshot.families.values();
  const [tool] = family?.tools ?? [];
  expect([...(tool?.members.keys() ?? [])]).toEqual(['west']);
  expect(tool?.heldMembers).toEqual(['east']);
  world.put('west', { tools: tools('pods') }, KUBERNETES, undefined, ['pods']);
  expect(view(WHOLE_CATALOG).withheld('kubernetes_pods')).toContain('`tutti pins east`');
});
