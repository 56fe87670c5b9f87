// Denied is told from not there, for metrics only.

import { describe, expect, test } from 'vitest';
import { type DeniedItem, isDenied } from '../../../src/gateway/routing/denied.ts';
import type { Rule } from '../../../src/policy/rule.ts';
import { createCatalogWorld, KUBERNETES } from '../../snapshot/catalog-world.ts';
import { tools } from '../../snapshot/found.ts';

const deny = (change: Partial<Rule>): Rule => ({
  name: 'r',
  effect: 'deny',
  servers: ['*'],
  tools: undefined,
  destructive: undefined,
  ...change,
});

const world = createCatalogWorld();
world.put('one', {
  tools: tools('read', 'wipe'),
  prompts: ['{"name":"ask"}'],
  resources: ['{"uri":"file:///a","name":"a"}'],
});
world.put('k1', { tools: tools('pods') }, KUBERNETES);
world.put('k2', { tools: tools('pods') }, KUBERNETES);
const { snapshot } = world;
const shared = [...snapshot.families.values()][0]?.tools[0]?.exposedName ?? '';

const isDeniedAt = (server: string | undefined, rules: Rule[], kind: DeniedItem, name: string): boolean =>
  isDenied(snapshot, { server }, rules, { kind, name });

describe('at the endpoint of all', () => {
  test.each([
    ['a tool of a denied server', [deny({ servers: ['one'] })], 'tool', 'one_read', true],
    ['a denied tool', [deny({ tools: ['wipe'] })], 'tool', 'one_wipe', true],
    ['a tool beside it', [deny({ tools: ['wipe'] })], 'tool', 'one_read', false],
    ['no tool at all', [deny({})], 'tool', 'one_nothing', false],
    ['nothing is denied', [], 'tool', 'one_read', false],
    ['a prompt of a denied server', [deny({})], 'prompt', 'one_ask', true],
    ['a prompt beside denied tools', [deny({ tools: ['*'] })], 'prompt', 'one_ask', false],
    ['a resource of a denied server', [deny({})], 'resource', 'file:///a', true],
    ['a resource that is not listed', [deny({})], 'resource', 'file:///b', false],
    ['a shared tool, one member denied', [deny({ servers: ['k1'] })], 'tool', shared, false],
    ['a shared tool, all members denied', [deny({ servers: ['k*'] })], 'tool', shared, true],
  ] as const)('%s', (_, rules, kind, name, expected) => {
    expect(isDeniedAt(undefined, [...rules], kind, name)).toBe(expected);
  });
});

describe('at the endpoint of one server', () => {
  test.each([
    ['a denied tool', [deny({ tools: ['wipe'] })], 'tool', 'wipe', true],
    ['one that is not listed, where its name is denied', [deny({ tools: ['w*'] })], 'tool', 'wonder', true],
    ['one that is not there', [deny({ tools: ['wipe'] })], 'tool', 'wonder', false],
    ['a prompt', [deny({ tools: ['wipe'] }), deny({})], 'prompt', 'ask', true],
  ] as const)('%s', (_, rules, kind, name, expected) => {
    expect(isDeniedAt('one', [...rules], kind, name)).toBe(expected);
  });
});
