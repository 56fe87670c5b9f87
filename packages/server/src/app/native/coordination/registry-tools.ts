// Agents come, are found, and go.

import {
  AgentIdSchema,
  AgentRegistrationSchema,
  ApiAgentSchema,
  WordSchema,
  WordsSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { agentId, asAgent, once } from './arguments.ts';
import { AgentBriefSchema, AgentStateSchema, agentText } from './shown.ts';
import { statusOf, StatusWordSchema } from './status-words.ts';

const MAX_FOUND = 200;

export function registryTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'register_agent',
      title: 'Register an agent',
      description:
        'Registers you as an agent that can be given tasks. The same id again changes what you say of yourself. Then call next_task.',
      effect: 'changes',
      isRepeatable: true,
      actor: undefined,
      input: AgentRegistrationSchema.extend(once),
      output: z.object({ agent: AgentStateSchema, ...noticed }),
      async call({ idempotency_key: _key, ...registration }, { agents, caller, once: asked }) {
        const agent = await agents.register(registration, caller, asked);
        return { agent, notice: await agents.notice(agent.id, caller) };
      },
      text: ({ agent }) =>
        `${agentText(agent)} It has to call at least every ${2 * agent.heartbeatInterval} s, or it is taken for dead.`,
    }),
    agentTool(running, {
      name: 'deregister_agent',
      title: 'Deregister an agent',
      description: 'Takes your agent away. Tasks that it has are offered to others.',
      effect: 'destroys',
      actor: undefined,
      input: z.strictObject({ agent_id: agentId, ...once }),
      output: z.object({ deregistered: z.string() }),
      async call({ agent_id: id }, { agents, caller, once: asked }) {
        await agents.deregister(id, caller, asked);
        return { deregistered: id };
      },
      text: ({ deregistered }) => `Agent ${deregistered} is gone; its tasks are offered to others.`,
    }),
    agentTool(running, {
      name: 'find_agents',
      title: 'Find agents',
      description: 'Agents that are registered, by what they can do and how they are; by id.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        capabilities: WordsSchema.optional().describe('They have all of these.'),
        role: WordSchema.optional(),
        statuses: z.array(StatusWordSchema).optional(),
        model_type: z.string().optional(),
        group: WordSchema.optional(),
        domain: WordSchema.optional(),
        active_within_seconds: z.number().min(0).optional().describe('Heard of within so many seconds.'),
        limit: z.int().min(1).max(MAX_FOUND).default(50),
        cursor: z.string().optional().describe('The next_cursor of the answer before.'),
        ...asAgent,
      }),
      output: z.object({ agents: z.array(AgentBriefSchema), next_cursor: z.string().optional(), ...noticed }),
      async call(
        { statuses, model_type: modelType, active_within_seconds: activeWithinSeconds, ...args },
        { agents },
      ) {
        const { items, nextCursor } = agents.find({
          ...args,
          modelType,
          activeWithinSeconds,
          statuses: statuses?.map(statusOf),
        });
        return { agents: [...items], next_cursor: nextCursor };
      },
      text: ({ agents: found }) =>
        found.length === 0
          ? 'There are no such agents.'
          : found
              .map(
                ({ id, role, status, phase, capabilities }) =>
                  `${id} (${role}): ${status}, ${phase}; ${capabilities.join(', ')}`,
              )
              .join('\n'),
    }),
    agentTool(running, {
      name: 'get_agent_status',
      title: 'Status of an agent',
      description: 'How one agent is: what it says of itself, whether it was heard of, what it has done.',
      effect: 'reads',
      actor: undefined,
      input: z.strictObject({ agent_id: AgentIdSchema.describe('Any agent.') }),
      output: z.object({ agent: ApiAgentSchema }),
      call: async ({ agent_id: id }, { agents }) => ({ agent: await agents.look(id) }),
      text: ({ agent }) => agentText(agent),
    }),
  ];
}
