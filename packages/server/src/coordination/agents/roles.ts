// Roles of agents: what each may do, as data. A role keeps the agents of one principal apart; it never gives an agent
// anything of another principal, which only an administrator has. Pure.

import { AGENT_PERMISSIONS, type AgentPermission } from '@tutti/schemas';

export interface AgentRole {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly AgentPermission[];
}

/** What agents of a role that nobody declared may do. */
const DEFAULT_PERMISSIONS: readonly AgentPermission[] = ['take', 'submit'];

const BUILT_IN: readonly AgentRole[] = [
  {
    name: 'Orchestrator',
    description: 'Plans the work of others, gives it out, and looks after it.',
    permissions: AGENT_PERMISSIONS,
  },
  {
    name: 'Planner',
    description: 'Splits work into tasks and gives them out.',
    permissions: ['take', 'submit', 'delegate'],
  },
  {
    name: 'Reviewer',
    description: 'Looks at what others have done and approves it.',
    permissions: ['take', 'submit', 'approve'],
  },
  {
    name: 'QA',
    description: 'Tests what others have made and approves it.',
    permissions: ['take', 'submit', 'approve'],
  },
  { name: 'Worker', description: 'Does tasks.', permissions: DEFAULT_PERMISSIONS },
  { name: 'SWE', description: 'Writes software.', permissions: ['take', 'submit', 'delegate'] },
  { name: 'Researcher', description: 'Finds things out.', permissions: DEFAULT_PERMISSIONS },
  { name: 'Data Analyst', description: 'Makes sense of data.', permissions: DEFAULT_PERMISSIONS },
];

/** Roles that are declared, by name. */
export type DeclaredRoles = Readonly<Record<string, readonly AgentPermission[]>>;

export function may(declared: DeclaredRoles, role: string, permission: AgentPermission): boolean {
  return permissionsOf(declared, role).includes(permission);
}

function permissionsOf(declared: DeclaredRoles, role: string): readonly AgentPermission[] {
  if (Object.hasOwn(declared, role)) return declared[role] ?? [];
  return BUILT_IN.find(({ name }) => name === role)?.permissions ?? DEFAULT_PERMISSIONS;
}

/** Those that are built in, as they are in force, then those that are declared beside them. */
export function allRoles(declared: DeclaredRoles): readonly AgentRole[] {
  const names = new Set(BUILT_IN.map(({ name }) => name));
  return [
    ...BUILT_IN.map((role) => ({ ...role, permissions: permissionsOf(declared, role.name) })),
    ...Object.entries(declared)
      .filter(([name]) => !names.has(name))
      .map(([name, permissions]) => ({ name, description: 'Declared in the Gateway.', permissions })),
  ];
}
