// Plans: many tasks that need each other, submitted at once.

import { AgentIdSchema, PlanSchema, PlanSubmissionSchema } from '@tutti/schemas';
import { z } from 'zod';
import { planOptions } from '../../../coordination/plan-submitter.ts';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { once } from './arguments.ts';
import { TaskStateSchema, taskText } from './shown.ts';

const { shape } = PlanSubmissionSchema;

/** Told as it has to be, and checked with all that belongs to it, so that everything that is wrong is told at once. */
const planned = z.unknown().meta({
  ...z.toJSONSchema(PlanSchema.shape.tasks, { io: 'input', unrepresentable: 'any' }),
  description:
    'depends_on names tasks of this plan by their ids. write_set: globs over the files that the task may write.',
});

const PlannedSchema = z.object({
  id: z.string().describe('In the plan.'),
  task: TaskStateSchema.optional(),
});

export function planTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'submit_plan',
      title: 'Submit a plan',
      description:
        'Submits many tasks that need each other, all of them or none. Before, the plan is checked: cycles, tasks that no agent could do, files that two tasks at once may write, budgets.',
      effect: 'changes',
      actor: 'agent_id',
      input: z.strictObject({
        ...shape,
        tasks: planned,
        parent_task_id: shape.parent_task_id.describe('The task that all of them are a part of.'),
        workflow_id: shape.workflow_id.describe('The run that they count for.'),
        project_id: shape.project_id.describe('The project that they count for.'),
        priority: shape.priority.describe('1 to 10; low is 2, medium 5, high 8.'),
        deadline: shape.deadline.describe('When they are of no use any more: ISO 8601.'),
        budget: shape.budget.describe('What all of them together may use.'),
        on_unsatisfiable: shape.on_unsatisfiable.describe(
          'Whether a task that no registered agent could do may wait for one.',
        ),
        dry_run: shape.dry_run.describe('Check it, and submit nothing.'),
        agent_id: AgentIdSchema.optional().describe('Your agent, if you are one: in whose name.'),
        ...once,
      }),
      output: z.object({
        plan_id: z.string().optional().describe('Left out after a dry run.'),
        tasks: z.array(PlannedSchema),
        longest_chain: z.int().describe('Tasks that have to wait for each other.'),
        ...noticed,
      }),
      async call({ tasks: planTasks, ...args }, { tasks, caller, once: asked }) {
        const plan = await tasks.submitPlan({ tasks: planTasks }, planOptions(args), caller, asked);
        return {
          plan_id: plan.planId,
          tasks: plan.tasks.map(({ name: id, task }) => ({ id, task })),
          longest_chain: plan.chain,
        };
      },
      text: ({ plan_id: planId, tasks, longest_chain: chain }) =>
        planId === undefined
          ? `The plan of ${tasks.length} tasks is valid; its longest chain has ${chain}. Nothing was submitted.`
          : [
              `Plan ${planId}:`,
              ...tasks.map(({ id, task }) => `${id}: ${task === undefined ? 'gone' : taskText(task)}`),
            ].join('\n'),
    }),
  ];
}
