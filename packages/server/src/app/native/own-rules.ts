// Who may use Tutti's own tools. These rules come before all policies, so that a policy can take away and never give.

import { ADMIN_ROLE } from '../../policy/principal.ts';
import type { Rule } from '../../policy/rule.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';

export const OWN_RULES: readonly Rule[] = [
  {
    name: `the tools of Tutti are for the role ${ADMIN_ROLE}`,
    effect: 'deny',
    exceptRoles: [ADMIN_ROLE],
    servers: [NATIVE_SERVER],
    tools: undefined,
    destructive: undefined,
  },
];
