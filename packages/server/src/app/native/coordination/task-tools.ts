// Tasks from outside: they are submitted, looked at, cancelled, and done again.

import {
  AgentIdSchema,
  ApiTaskSchema,
  TASK_STATUSES,
  TaskContextSchema,
  TaskIdSchema,
  TaskSubmissionSchema,
  WordSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { asAgent, once, taskId } from './arguments.ts';
import { contextText } from './knowledge-words.ts';
import { jsonText, TaskBriefSchema, TaskStateSchema, taskText, workText } from './shown.ts';

const MAX_LISTED = 100;
const MAX_REASON_CHARS = 4_000;

const asSubmitter = {
  agent_id: AgentIdSchema.optional().describe('Your agent, if you are one: in whose name.'),
};

const { shape } = TaskSubmissionSchema;
const submission = TaskSubmissionSchema.extend({
  description: shape.description.describe('What is to be done, for whoever does it.'),
  required_capabilities: shape.required_capabilities.describe('Whoever does it has all of these.'),
  requiredTags: shape.requiredTags.describe('And all of these tags.'),
  preferredTags: shape.preferredTags.describe('Tags that make an agent suit better.'),
  priority: shape.priority.describe('1 to 10; low is 2, medium 5, high 8.'),
  payload: shape.payload.describe('Any JSON that the work needs.'),
  contextual_data: shape.contextual_data.describe('Any JSON; handed over with every attempt.'),
  deadline: shape.deadline.describe('When it is of no use any more: ISO 8601.'),
  timeout: shape.timeout.describe('Of one attempt: seconds, or text like 30s, 5m, 1h.'),
  depends_on: shape.depends_on.describe('Ids of tasks that have to be completed before.'),
  assigned_agent_id: shape.assigned_agent_id.describe('Only this agent may do it.'),
  on_unsatisfiable: shape.on_unsatisfiable.describe('What becomes of it when no agent could ever do it.'),
  ...asSubmitter,
  ...once,
});

export function taskTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'create_task',
      title: 'Create a task',
      description:
        'Submits a task for whichever agent suits it best. wait_for_task waits for its end. When no registered agent could ever do it, the answer says so.',
      effect: 'changes',
      actor: 'agent_id',
      input: submission,
      output: z.object({ task: TaskStateSchema, ...noticed }),
      call: async ({ agent_id: _agent, idempotency_key: _key, ...task }, { tasks, caller, once: asked }) => ({
        task: await tasks.submit(task, caller, asked),
      }),
      text: ({ task }) => taskText(task),
    }),
    agentTool(running, {
      name: 'get_task',
      title: 'One task',
      description: 'A task with all that it carries: payload, context, result.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({ task_id: taskId, ...asAgent }),
      output: z.object({ task: ApiTaskSchema, ...noticed }),
      call: async ({ task_id: id }, { tasks }) => ({ task: await tasks.get(id) }),
      text: ({ task }) => {
        const lines = [taskText(task), workText(task)];
        if (task.result !== undefined) lines.push(`Result: ${jsonText(task.result)}`);
        return lines.join('\n');
      },
    }),
    agentTool(running, {
      name: 'get_task_context',
      title: 'What to know for a task',
      description: 'What a task needs, what became of that, and what its project knows of it.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({ task_id: taskId, ...asAgent }),
      output: TaskContextSchema.extend(noticed),
      call: async ({ task_id: id }, { tasks, deps }) => deps.coordination.contexts.of(await tasks.get(id)),
      text: contextText,
    }),
    agentTool(running, {
      name: 'list_tasks',
      title: 'List tasks',
      description: 'Tasks, the newest first, without what they carry.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        statuses: z.array(z.enum(TASK_STATUSES)).optional(),
        assigned_agent_id: AgentIdSchema.optional().describe('Those that this agent has or had last.'),
        parent_task_id: TaskIdSchema.optional(),
        domain: WordSchema.optional(),
        limit: z.int().min(1).max(MAX_LISTED).default(20),
        cursor: z.string().optional().describe('The next_cursor of the answer before.'),
        ...asAgent,
      }),
      output: z.object({ tasks: z.array(TaskBriefSchema), next_cursor: z.string().optional(), ...noticed }),
      async call(
        { assigned_agent_id: agentId, parent_task_id: parentId, statuses, domain, limit, cursor },
        { tasks },
      ) {
        const page = await tasks.list({ agentId, parentId, statuses, domain, limit, cursor });
        return { tasks: [...page.items], next_cursor: page.nextCursor };
      },
      text: ({ tasks, next_cursor: next }) =>
        tasks.length === 0
          ? 'There are no such tasks.'
          : tasks.map((task) => `${taskText(task)} ${firstLine(task.description)}`).join('\n') +
            (next === undefined ? '' : `\nMore with cursor ${next}.`),
    }),
    agentTool(running, {
      name: 'cancel_task',
      title: 'Cancel a task',
      description:
        'Ends a task that you submitted. Whoever works on it is told. One of another agent needs a role with cancel_others.',
      effect: 'destroys',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        task_id: taskId,
        reason: z
          .string()
          .max(MAX_REASON_CHARS)
          .optional()
          .describe('For people, and for whoever works on it.'),
        ...asSubmitter,
        ...once,
      }),
      output: z.object({ task: TaskStateSchema, ...noticed }),
      call: async ({ task_id: id, reason }, { tasks, caller, once: asked }) => ({
        task: await tasks.cancel(id, reason, caller, asked),
      }),
      text: ({ task }) => taskText(task),
    }),
    agentTool(running, {
      name: 'retry_task',
      title: 'Do a task again',
      description: 'Offers a failed or cancelled task again, with all of its attempts.',
      effect: 'changes',
      actor: 'agent_id',
      input: z.strictObject({ task_id: taskId, ...asSubmitter, ...once }),
      output: z.object({ task: TaskStateSchema, ...noticed }),
      call: async ({ task_id: id }, { tasks, caller, once: asked }) => ({
        task: await tasks.retry(id, caller, asked),
      }),
      text: ({ task }) => taskText(task),
    }),
  ];
}

const MAX_LINE_CHARS = 120;

function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line.length <= MAX_LINE_CHARS ? line : `${line.slice(0, MAX_LINE_CHARS)}…`;
}
