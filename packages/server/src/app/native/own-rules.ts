// Who may use Tutti's own tools. These rules come before all policies, so that a policy can take away and never give.

import type { CoordinationSettings } from '@tutti/schemas';
import { ADMIN_ROLE, AGENT_ROLE, LOCAL } from '../../policy/principal.ts';
import type { Rule } from '../../policy/rule.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';
import { COORDINATION_TOOLS, FILE_TOOLS } from './coordination/coordination-names.ts';

type Shown = CoordinationSettings['tools'];

export interface OwnSettings {
  readonly coordination: {
    readonly tools: Shown;
    readonly files: Pick<CoordinationSettings['files'], 'roots'>;
  };
}

/** As the Gateway that is in force has it. */
export function ownRules({ coordination: { tools, files } }: OwnSettings): readonly Rule[] {
  return [...ALWAYS, ...(files.roots.length === 0 ? WITHOUT_FILES : []), ...COORDINATION[tools]];
}

const own = { effect: 'deny', servers: [NATIVE_SERVER], destructive: undefined } as const;
const coordination = { ...own, tools: [...COORDINATION_TOOLS, ...FILE_TOOLS] } as const;

const ALWAYS: readonly Rule[] = [
  {
    ...own,
    name: `the tools of Tutti are for the roles ${ADMIN_ROLE} and ${AGENT_ROLE}`,
    tools: undefined,
    exceptRoles: [ADMIN_ROLE, AGENT_ROLE, ...LOCAL.roles],
  },
  {
    ...own,
    name: `the tools that manage Tutti are for the role ${ADMIN_ROLE}`,
    tools: ['core_*'],
    exceptRoles: [ADMIN_ROLE],
  },
];

const WITHOUT_FILES: readonly Rule[] = [
  {
    ...own,
    name: 'no roots of files are declared; see coordination.files of the Gateway',
    tools: FILE_TOOLS,
    exceptRoles: undefined,
  },
];

/** A list of tools is read by a model in every conversation: whoever did not ask for these does not get them in it. */
const COORDINATION: Readonly<Record<Shown, readonly Rule[]>> = {
  on: [],
  auto: [
    {
      ...coordination,
      name: `the tools of agents and tasks are shown at /mcp to the roles ${AGENT_ROLE} and ${ADMIN_ROLE}, and at /mcp/${NATIVE_SERVER}; see coordination.tools of the Gateway`,
      exceptRoles: [ADMIN_ROLE, AGENT_ROLE],
      isForCatalog: true,
    },
  ],
  off: [{ ...coordination, name: 'coordination.tools of the Gateway is off' }],
};
