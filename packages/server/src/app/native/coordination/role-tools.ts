// Roles of agents, and what each allows.

import { AGENT_PERMISSIONS, AgentIdSchema, WordSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { asAgent, once } from './arguments.ts';
import { AgentStateSchema, agentText } from './shown.ts';

const RoleSchema = z.object({
  name: z.string(),
  description: z.string(),
  permissions: z.array(z.enum(AGENT_PERMISSIONS)),
});

export function roleTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'list_roles',
      title: 'List roles',
      description:
        'The roles of agents and what each may do. A role of any other name may do what a Worker may.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject(asAgent),
      output: z.object({ roles: z.array(RoleSchema), ...noticed }),
      call: (_args, { agents }) =>
        Promise.resolve({
          roles: agents.roles().map((role) => ({ ...role, permissions: [...role.permissions] })),
        }),
      text: ({ roles }) =>
        roles.map(({ name, permissions }) => `${name}: ${permissions.join(', ')}`).join('\n'),
    }),
    agentTool(running, {
      name: 'assign_role',
      title: 'Assign a role',
      description: 'Gives an agent a role. Yours has to allow assign_roles, as that of an Orchestrator does.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'assigning_agent_id',
      input: z.strictObject({
        agent_id: AgentIdSchema.describe('Whose role it is to be.'),
        role: WordSchema.describe('One of list_roles, or a name of your own.'),
        assigning_agent_id: AgentIdSchema.describe('Your agent.'),
        ...once,
      }),
      output: z.object({ agent: AgentStateSchema, ...noticed }),
      call: async ({ agent_id: id, role }, { agents, caller, once: asked }) => ({
        agent: await agents.setRole(id, role, caller, asked),
      }),
      text: ({ agent }) => agentText(agent),
    }),
  ];
}
