// Work that one agent gives to another.

import { AgentIdSchema, TaskIdSchema, TaskSubmissionSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { once } from './arguments.ts';
import { TaskStateSchema, taskText } from './shown.ts';

const { contextual_data, description, deadline, parent_task_id } = TaskSubmissionSchema.shape;

export function delegationTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'delegate_subtask',
      title: 'Give work to an agent',
      description:
        'Makes a task that only the named agent may do. A task of that id that is open already is given to the agent instead; whoever had it loses it, and what it left goes along.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'coordinator_agent_id',
      input: z.strictObject({
        coordinator_agent_id: AgentIdSchema.describe('Your agent. Its role has to allow delegate.'),
        assigned_agent_id: AgentIdSchema.describe('Who is to do it.'),
        subtask_id: TaskIdSchema.describe('The id of the task.'),
        subtask_description: description.describe('What is to be done.'),
        contextual_data: contextual_data.describe(
          'Any JSON that it should know; handed over with every attempt.',
        ),
        parent_task_id: parent_task_id.describe('The task that it is a part of.'),
        deadline: deadline.describe('When it is of no use any more: ISO 8601.'),
        ...once,
      }),
      output: z.object({ task: TaskStateSchema, ...noticed }),
      async call({ subtask_id: id, subtask_description: words, assigned_agent_id: agentId, ...args }, call) {
        const { domain } = await call.agents.look(agentId);
        const submission = TaskSubmissionSchema.parse({
          id,
          description: words,
          domain,
          assigned_agent_id: agentId,
          contextual_data: args.contextual_data,
          parent_task_id: args.parent_task_id,
          deadline: args.deadline,
        });
        const task = { ...submission, id, assigned_agent_id: agentId };
        return { task: await call.tasks.delegate(task, call.caller, call.once) };
      },
      text: ({ task }) => taskText(task),
    }),
  ];
}
