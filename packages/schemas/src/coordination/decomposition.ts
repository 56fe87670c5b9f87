// decompose_task: what it is asked and what it answers.

import { z } from 'zod';
import { AvailableModelSchema, PlanFindingSchema, PlanTaskSchema, SubtaskSchema } from './plan.ts';
import { TaskIdSchema } from './names.ts';

/** Parts of one task. */
export const MAX_SUBTASKS = 100;
const MAX_MODELS = 100;
const MAX_DESCRIPTION_CHARS = 20_000;

const description = z.string().max(MAX_DESCRIPTION_CHARS).regex(/\S/, 'must not be empty');

export const DecompositionRequestSchema = z.strictObject({
  /** Its words, or the task itself. */
  task: z.union([
    description,
    z.object({
      id: TaskIdSchema.optional(),
      description,
    }),
  ]),
  available_models: z.array(AvailableModelSchema).max(MAX_MODELS).default([]),
  /** The caller's own plan, which is checked instead of made. */
  plan: z.unknown().optional(),
});

/** How the parts came about. `plan`: as the caller planned. `model`: a model split it. `split`: by its own structure. */
export const DECOMPOSITION_METHODS = ['plan', 'model', 'split'] as const;

export const DecompositionSchema = z.object({
  method: z.enum(DECOMPOSITION_METHODS),
  subtasks: z.array(z.union([PlanTaskSchema, SubtaskSchema])),
  /** The model that split it. */
  provider: z.string().optional(),
  model: z.string().optional(),
  /** Tokens that the model was asked and answered with, where it says so. */
  tokens: z.int().optional(),
  /** Why it was not done by the model that is configured. */
  note: z.string().optional(),
});

export const DecompositionFailureSchema = z.object({
  code: z.enum(['invalid_plan', 'model_failed']),
  message: z.string(),
  findings: z.array(PlanFindingSchema).optional(),
});

export type DecompositionRequest = z.infer<typeof DecompositionRequestSchema>;
export type Decomposition = z.infer<typeof DecompositionSchema>;
export type DecompositionFailure = z.infer<typeof DecompositionFailureSchema>;
