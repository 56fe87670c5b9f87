// Rules as tables: who they are about, which of them decides, and how much of a server they leave.

import { describe, expect, test } from 'vitest';
import { accessOf, isAdmitted } from '../../src/policy/access.ts';
import type { Principal } from '../../src/policy/principal.ts';
import { decideRest, decideTool, isAbout, type Rule, scopeOf } from '../../src/policy/rule.ts';
import { verifies } from '../../../../test/verifies.ts';

const dev: Principal = { id: 'alice', type: 'user', roles: ['dev', 'qa'] };
const admin: Principal = { id: 'root', type: 'user', roles: ['admin'] };

let count = 0;
const rule = (change: Partial<Rule>): Rule => ({
  name: `r${(count += 1)}`,
  effect: 'deny',
  servers: ['*'],
  tools: undefined,
  destructive: undefined,
  ...change,
});
const tool = (server: string, name: string, destructive = true) => ({
  server,
  tool: name,
  isDestructive: () => destructive,
});

describe('a rule is about', () => {
  test.each<[string, Partial<Rule>, boolean]>([
    ['everybody, where nobody is named', {}, true],
    ['those with the role', { roles: ['ops', 'qa'] }, true],
    ['nobody without it', { roles: ['ops'] }, false],
    ['those with the id', { principals: ['alice'] }, true],
    ['no other', { principals: ['alic'] }, false],
    ['those with the role or the id', { roles: ['ops'], principals: ['alice'] }, true],
    ['no glob of an id', { principals: ['*'] }, false],
    ['nobody with an excepted role', { exceptRoles: ['dev'] }, false],
    ['the others then', { exceptRoles: ['admin'] }, true],
  ])('%s', (_, change, expected) => {
    verifies('SEC-03');
    expect(isAbout(rule(change), dev)).toBe(expected);
  });
});

describe('of a tool decides', () => {
  test.each<[string, Partial<Rule>[], ReturnType<typeof tool>, string]>([
    ['nothing, and then it is allowed', [], tool('a', 'x'), 'allow'],
    ['a rule about the server', [{ servers: ['a'] }], tool('a', 'x'), 'deny'],
    ['no rule about another one', [{ servers: ['b*'] }], tool('a', 'x'), 'allow'],
    ['a rule about the tool', [{ tools: ['x?', 'y'] }], tool('a', 'xz'), 'deny'],
    ['no rule about another one', [{ tools: ['x?'] }], tool('a', 'x'), 'allow'],
    ['the first that fits', [{ effect: 'allow', tools: ['x'] }, {}], tool('a', 'x'), 'allow'],
    ['the first that fits, whatever comes later', [{}, { effect: 'allow' }], tool('a', 'x'), 'deny'],
    ['a rule about what destroys', [{ destructive: true }], tool('a', 'x', true), 'deny'],
    ['not of what does not', [{ destructive: true }], tool('a', 'x', false), 'allow'],
    ['a rule about what does not', [{ destructive: false }], tool('a', 'x', false), 'deny'],
  ])('%s', (_, changes, target, expected) => {
    verifies('GW-23', 'SEC-03');
    expect(decideTool(changes.map(rule), target).effect).toBe(expected);
  });

  test('a rule that can be named', () => {
    const rules = [rule({ tools: ['y'] }), rule({ name: 'policies[1]' })];
    expect(decideTool(rules, tool('a', 'x'))).toEqual({ effect: 'deny', rule: 'policies[1]' });
    expect(decideTool(rules, tool('a', 'x')).rule).toBe('policies[1]');
  });

  test('no look at its annotations unless a rule depends on them', () => {
    const target = {
      server: 'a',
      tool: 'x',
      isDestructive: () => {
        throw new Error('looked');
      },
    };
    expect(decideTool([rule({ servers: ['b'], destructive: true }), rule({})], target).effect).toBe('deny');
  });
});

test.each<[string, Partial<Rule>[], string, string]>([
  ['nothing', [], 'allow', 'all true'],
  ['all denied', [{}], 'deny', 'none false'],
  ['another server denied', [{ servers: ['b'] }], 'allow', 'all true'],
  ['a tool denied', [{ tools: ['x'] }], 'allow', 'some true'],
  ['what destroys denied', [{ destructive: true }], 'allow', 'some true'],
  ['a tool allowed, the rest denied', [{ effect: 'allow', tools: ['x'] }, {}], 'deny', 'some false'],
  ['a tool denied, the rest allowed', [{ tools: ['x'] }, { effect: 'allow' }, {}], 'allow', 'some true'],
  ['all allowed before all is denied', [{ effect: 'allow' }, {}], 'allow', 'all true'],
  ['a tool denied, then all denied', [{ tools: ['x'] }, {}], 'deny', 'none false'],
])('prompts, resources and the scope with %s', (_, changes, rest, scope) => {
  verifies('GW-23');
  const rules = changes.map(rule);
  expect(decideRest(rules, 'a').effect).toBe(rest);
  const { tools, rest: allowed } = scopeOf(rules, 'a');
  expect(`${tools} ${allowed}`).toBe(scope);
});

test('those who may do the same have the same digest, whoever they are', () => {
  verifies('SEC-03');
  const rules = [rule({ roles: ['dev'] }), rule({ principals: ['root'], effect: 'allow' }), rule({})];
  const other: Principal = { id: 'bob', type: 'user', roles: ['dev'] };
  expect(accessOf(dev, rules).digest).toBe(accessOf(other, rules).digest);
  expect(accessOf(dev, rules).digest).not.toBe(accessOf(admin, rules).digest);
  expect(accessOf(admin, rules).rules.map(({ name }) => name)).toEqual(
    rules.slice(1).map(({ name }) => name),
  );
});

test.each([
  ['nobody is named', {}, true],
  ['a role of theirs', { roles: ['qa'] }, true],
  ['no role of theirs', { roles: ['ops'] }, false],
  ['their id', { roles: ['ops'], principals: ['alice'] }, true],
  ['another id', { principals: ['bob'] }, false],
])('somebody is let in where there is named: %s', (_, admits, expected) => {
  verifies('CAT-05');
  expect(isAdmitted(admits, dev)).toBe(expected);
  expect(isAdmitted(admits, admin)).toBe(true);
});
