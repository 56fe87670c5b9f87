// Projects and goals: what work is for, and how far it is.

import {
  type ApiGoal,
  ApiGoalSchema,
  type ApiProgress,
  type ApiProject,
  ApiProjectSchema,
  ExternalLinkSchema,
  GOAL_STATUSES,
  GoalChangeSchema,
  GoalIdSchema,
  MAX_PROJECT_PAGE,
  NewGoalSchema,
  NewProjectSchema,
  PROJECT_STATUSES,
  ProjectChangeSchema,
  ProjectIdSchema,
  WorkflowLinkSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { asAgent, once } from './arguments.ts';

const changed = { ...asAgent, ...once };
const projectId = ProjectIdSchema.describe('The id of the project.');
const goalId = GoalIdSchema.describe('The id of the goal.');
const page = {
  limit: z.int().min(1).max(MAX_PROJECT_PAGE).default(20),
  cursor: z.string().optional().describe('The next_cursor of the answer before.'),
  ...asAgent,
};
const OneProject = z.object({ project: ApiProjectSchema, ...noticed });
const OneGoal = z.object({ goal: ApiGoalSchema, ...noticed });

export function projectTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'create_project',
      title: 'Create a project',
      description: 'Makes a project, which goals, tasks, budgets and knowledge can belong to.',
      effect: 'changes',
      actor: 'agent_id',
      input: NewProjectSchema.extend(changed),
      output: OneProject,
      call: async (
        { agent_id: _agent, idempotency_key: _key, ...project },
        { caller, once: asked, deps },
      ) => ({ project: await deps.coordination.projects.create(project, caller, asked) }),
      text: ({ project }) => projectText(project),
    }),
    agentTool(running, {
      name: 'get_project',
      title: 'One project',
      description: 'A project, how many goals it has of each status, and how far its tasks are.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({ project_id: projectId, ...asAgent }),
      output: OneProject,
      call: async ({ project_id: id }, { deps }) => ({ project: await deps.coordination.projects.get(id) }),
      text: ({ project }) => projectText(project),
    }),
    agentTool(running, {
      name: 'list_projects',
      title: 'List projects',
      description: 'Projects, the newest first, and how far they are.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({ status: z.enum(PROJECT_STATUSES).optional(), ...page }),
      output: z.object({
        projects: z.array(ApiProjectSchema),
        next_cursor: z.string().optional(),
        ...noticed,
      }),
      async call({ status, limit, cursor }, { deps }) {
        const { items, nextCursor } = await deps.coordination.projects.list({
          statuses: status === undefined ? undefined : [status],
          limit,
          cursor,
        });
        return { projects: [...items], next_cursor: nextCursor };
      },
      text: ({ projects, next_cursor: next }) => listText(projects.map(projectText), next),
    }),
    agentTool(running, {
      name: 'update_project',
      title: 'Change a project',
      description: 'Changes what is given of a project: name, description, lead, status.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: ProjectChangeSchema.extend({ project_id: projectId, ...changed }),
      output: OneProject,
      call: async (
        { project_id: id, agent_id: _agent, idempotency_key: _key, ...change },
        { caller, once: asked, deps },
      ) => ({ project: await deps.coordination.projects.update(id, change, caller, asked) }),
      text: ({ project }) => projectText(project),
    }),
    agentTool(running, {
      name: 'create_goal',
      title: 'Create a goal',
      description: 'Makes a goal, of a project or by itself. create_task takes its id as goal_id.',
      effect: 'changes',
      actor: 'agent_id',
      input: NewGoalSchema.extend(changed),
      output: OneGoal,
      call: async ({ agent_id: _agent, idempotency_key: _key, ...goal }, { caller, once: asked, deps }) => ({
        goal: await deps.coordination.projects.createGoal(goal, caller, asked),
      }),
      text: ({ goal }) => goalText(goal),
    }),
    agentTool(running, {
      name: 'get_goal',
      title: 'One goal',
      description: 'A goal, the workflows that are linked to it, and how far its tasks are.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({ goal_id: goalId, ...asAgent }),
      output: OneGoal,
      call: async ({ goal_id: id }, { deps }) => ({ goal: await deps.coordination.projects.goal(id) }),
      text: ({ goal }) => goalText(goal),
    }),
    agentTool(running, {
      name: 'list_goals',
      title: 'List goals',
      description: 'Goals, the newest first, and how far they are.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        project_id: projectId.optional(),
        status: z.enum(GOAL_STATUSES).optional(),
        ...page,
      }),
      output: z.object({ goals: z.array(ApiGoalSchema), next_cursor: z.string().optional(), ...noticed }),
      async call({ project_id: project, status, limit, cursor }, { deps }) {
        const { items, nextCursor } = await deps.coordination.projects.goals({
          projectId: project,
          statuses: status === undefined ? undefined : [status],
          limit,
          cursor,
        });
        return { goals: [...items], next_cursor: nextCursor };
      },
      text: ({ goals, next_cursor: next }) => listText(goals.map(goalText), next),
    }),
    agentTool(running, {
      name: 'update_goal',
      title: 'Change a goal',
      description: 'Changes what is given of a goal: name, description, project, status.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: GoalChangeSchema.extend({ goal_id: goalId, ...changed }),
      output: OneGoal,
      call: async (
        { goal_id: id, agent_id: _agent, idempotency_key: _key, ...change },
        { caller, once: asked, deps },
      ) => ({ goal: await deps.coordination.projects.updateGoal(id, change, caller, asked) }),
      text: ({ goal }) => goalText(goal),
    }),
    agentTool(running, {
      name: 'link_workflow_to_goal',
      title: 'Link a workflow to a goal',
      description: 'Says which goal a workflow works for.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: WorkflowLinkSchema.extend({ goal_id: goalId, ...changed }),
      output: OneGoal,
      call: async ({ agent_id: _agent, idempotency_key: _key, ...link }, { caller, once: asked, deps }) => ({
        goal: await deps.coordination.projects.linkWorkflow(link, caller, asked),
      }),
      text: ({ goal }) => goalText(goal),
    }),
    agentTool(running, {
      name: 'link_step_to_external_task',
      title: 'Link a step to a task elsewhere',
      description:
        'Says what a step of a workflow is called in another system, instead of what was said before.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: ExternalLinkSchema.extend(changed),
      output: ExternalLinkSchema.loose().extend(noticed),
      async call({ agent_id: _agent, idempotency_key: _key, ...link }, { caller, once: asked, deps }) {
        await deps.coordination.projects.linkStep(link, caller, asked);
        return link;
      },
      text: ({ workflow_id, step_id, external_system, external_task_id }) =>
        `The step ${step_id} of ${workflow_id} is ${external_task_id} in ${external_system}.`,
    }),
  ];
}

function projectText({ id, name, status, goals, progress }: ApiProject): string {
  const all = Object.values(goals).reduce((sum, one) => sum + one, 0);
  return `Project ${id} "${name}" is ${status}; ${goals.done} of ${all} goals done; ${progressText(progress)}.`;
}

function goalText({ id, name, status, project_id: project, progress }: ApiGoal): string {
  const where = project === undefined ? '' : ` of ${project}`;
  return `Goal ${id} "${name}"${where} is ${status}; ${progressText(progress)}.`;
}

function progressText({ tasks, completed, failed, cancelled, share }: ApiProgress): string {
  if (share === undefined) return 'no tasks yet';
  return `${completed} of ${tasks - cancelled} tasks completed (${Math.round(share * 100)} %), ${failed} failed`;
}

function listText(lines: readonly string[], next: string | undefined): string {
  if (lines.length === 0) return 'There are none.';
  return lines.join('\n') + (next === undefined ? '' : `\nMore with cursor ${next}.`);
}
