// Work is split, its parts find somebody, and what comes back is put together. Nothing is submitted here: submit_plan and
// delegate_subtask do that.

import {
  AvailableModelSchema,
  CompareModelsSchema,
  DecompositionRequestSchema,
  DecompositionSchema,
  MergedResultSchema,
  MergeRequestSchema,
  ModelComparisonSchema,
  PlanSchema,
  SubtaskAssignmentSchema,
  SubtaskSchema,
  MAX_SUBTASKS,
} from '@tutti/schemas';
import { z } from 'zod';
import { decomposeTask } from '../../../coordination/decomposition/decompose.ts';
import { mergeResults } from '../../../coordination/merging/merge-results.ts';
import { AppError } from '../../../kernel/errors.ts';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { asAgent } from './arguments.ts';
import { createWaiting } from './waiting.ts';

const MAX_MODELS = 100;

/** Told as it has to be; what is wrong with it is told in the words of plans. */
const ownPlan = z
  .unknown()
  .optional()
  .meta({
    ...z.toJSONSchema(PlanSchema, { io: 'input', unrepresentable: 'any' }),
    description: 'Your own plan, which is checked instead of made.',
  });

export function decompositionTools(running: Running): readonly NativeTool[] {
  const waiting = createWaiting();

  return [
    agentTool(running, {
      name: 'decompose_task',
      title: 'Split a task',
      description:
        'Splits a task into subtasks: as your own plan says, by the model that is configured, or without one by the structure of its text. `method` says which. Nothing is submitted.',
      effect: 'reads',
      actor: 'agent_id',
      input: DecompositionRequestSchema.extend({
        task: DecompositionRequestSchema.shape.task.describe('Its text, or {id, description}.'),
        available_models: DecompositionRequestSchema.shape.available_models.describe(
          'Who could do parts of it, and what they can.',
        ),
        plan: ownPlan,
        ...asAgent,
      }),
      output: DecompositionSchema.extend(noticed),
      async call({ agent_id: _agent, ...request }, { context, deps }) {
        const { provider: name, onFailure } = deps.settings().coordination.decomposition;
        const provider = deps.models.find(name);
        const made = await waiting.during(
          { seconds: 0, what: 'the task is being split', context, clock: deps.clock },
          () => decomposeTask({ provider, onFailure }, request, context.signal),
        );
        if (made.kind === 'decomposed') return made;
        throw new AppError(made.code === 'invalid_plan' ? 'invalid_params' : 'unavailable', made.message, {
          details: { kind: made.code },
        });
      },
      text: ({ method, subtasks, note }) =>
        [
          `${subtasks.length} subtasks (${method}):`,
          ...subtasks.map(
            ({ id, description, required_capabilities: needed }) =>
              `${id}: ${description}${needed.length === 0 ? '' : ` (${needed.join(', ')})`}`,
          ),
          ...(note === undefined ? [] : [`Not by the model: ${note}`]),
        ].join('\n'),
    }),
    agentTool(running, {
      name: 'assign_subtasks',
      title: 'Say who does what',
      description:
        'Says which subtask suits which model or agent, by what they can do, their free slots and what they have shown. delegate_subtask gives them the work.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        subtasks: z.array(SubtaskSchema).min(1).max(MAX_SUBTASKS).describe('As decompose_task answers.'),
        available_models: z
          .array(AvailableModelSchema)
          .max(MAX_MODELS)
          .default([])
          .describe('Left out: the agents that are ready. Ids of agents are known by what they registered.'),
        ...asAgent,
      }),
      output: SubtaskAssignmentSchema.extend(noticed),
      call: ({ subtasks, available_models: models }, { agents }) =>
        Promise.resolve(agents.assign(subtasks, models)),
      text: ({ assignments, unassigned }) =>
        [
          ...assignments.map(({ subtask_id: id, model_id: who, reason }) => `${id}: ${who}, ${reason}`),
          ...unassigned.map(({ subtask_id: id, reason }) => `${id}: nobody, ${reason}`),
        ].join('\n'),
    }),
    agentTool(running, {
      name: 'merge_results',
      title: 'Put results together',
      description:
        'Makes one result of several: one after the other (concatenate), JSON objects into one (json), what most say (vote), the highest score (best), or by the model that is configured (model).',
      effect: 'reads',
      actor: 'agent_id',
      input: MergeRequestSchema.safeExtend(asAgent),
      output: MergedResultSchema.extend(noticed),
      async call({ agent_id: _agent, ...request }, { context, deps }) {
        const provider = deps.models.find(deps.settings().coordination.decomposition.provider);
        const merged = await waiting.during(
          { seconds: 0, what: 'the results are being merged', context, clock: deps.clock },
          () => mergeResults(request, provider, context.signal),
        );
        if (merged.kind === 'merged') return merged;
        const code = merged.code === 'model_failed' ? 'unavailable' : 'invalid_params';
        throw new AppError(code, merged.message, { details: { kind: merged.code } });
      },
      text: ({ content, conflicts = [] }) =>
        conflicts.length === 0
          ? content
          : `${content}\nThey disagree about: ${conflicts.map(({ path }) => path).join(', ')}`,
    }),
    agentTool(running, {
      name: 'compare_models',
      title: 'Compare agents',
      description:
        'Who is to be preferred, the best first: by what they can do, and by what was measured of them in tasks that they did.',
      effect: 'reads',
      actor: 'agent_id',
      input: CompareModelsSchema.extend({
        model_ids: CompareModelsSchema.shape.model_ids.describe('Ids of agents.'),
        capabilities: CompareModelsSchema.shape.capabilities.describe(
          'What it is about; left out: everything.',
        ),
        ...asAgent,
      }),
      output: z.object({ models: z.array(ModelComparisonSchema), ...noticed }),
      call: async ({ model_ids: ids, capabilities = [] }, { agents }) => ({
        models: [...(await agents.compare(ids, capabilities))],
      }),
      text: ({ models }) =>
        models
          .map(
            ({ model_id: id, capable, missing_capabilities: missing, measured, success_rate: rate }) =>
              `${id}: ${capable ? 'can do it' : `lacks ${missing.join(', ')}`}; ${measured === 0 ? 'nothing measured' : `${Math.round(100 * (rate ?? 0))} % of ${measured} tasks succeeded`}`,
          )
          .join('\n'),
    }),
  ];
}
