// What each role may do, as a table.

import { AGENT_PERMISSIONS, type AgentPermission } from '@tutti/schemas';
import { expect, test } from 'vitest';
import { allRoles, type DeclaredRoles, may } from '../../../src/coordination/agents/roles.ts';
import { verifies } from '../../../../../test/verifies.ts';

const BASIC: readonly AgentPermission[] = ['take', 'submit'];

test.each<[string, readonly AgentPermission[]]>([
  ['Orchestrator', AGENT_PERMISSIONS],
  ['Planner', ['take', 'submit', 'delegate']],
  ['Reviewer', ['take', 'submit', 'approve']],
  ['QA', ['take', 'submit', 'approve']],
  ['Worker', BASIC],
  ['SWE', ['take', 'submit', 'delegate']],
  ['Researcher', BASIC],
  ['Data Analyst', BASIC],
  ['somebody else', BASIC],
  ['constructor', BASIC],
])('%s', (role, permissions) => {
  verifies('AGT-07');
  expect(AGENT_PERMISSIONS.filter((permission) => may({}, role, permission))).toEqual(permissions);
});

test('roles are declared beside those that there are, or in their place', () => {
  verifies('AGT-07');
  const declared: DeclaredRoles = { Worker: ['take'], Lead: ['submit', 'delegate'] };
  expect(may(declared, 'Worker', 'submit')).toBe(false);
  expect(may(declared, 'Lead', 'delegate')).toBe(true);
  expect(may(declared, 'Lead', 'take')).toBe(false);
  const roles = allRoles(declared);
  expect(roles.map(({ name }) => name).toSorted()).toEqual([
    'Data Analyst',
    'Lead',
    'Orchestrator',
    'Planner',
    'QA',
    'Researcher',
    'Reviewer',
    'SWE',
    'Worker',
  ]);
  expect(roles.find(({ name }) => name === 'Worker')?.permissions).toEqual(['take']);
});
