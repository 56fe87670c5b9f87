// merge_results and compare_models: what they are asked and what they answer.

import { z } from 'zod';
import { TaskIdSchema, WordSchema, WordsSchema } from './names.ts';

/** Results that are merged at once. */
export const MAX_RESULTS = 100;
/** Characters of one result. */
export const MAX_RESULT_CHARS = 1024 ** 2;
/** Characters of all of them together. */
export const MAX_MERGED_CHARS = 4 * 1024 ** 2;

export const MERGE_STRATEGIES = [
  /** One after the other, in their order. */
  'concatenate',
  /** JSON objects into one; what does not fit together is told. */
  'json',
  /** What most say. */
  'vote',
  /** The one with the highest score. */
  'best',
  /** A configured model makes one of them all. */
  'model',
] as const;

export const MergeRequestSchema = z
  .strictObject({
    results: z
      .array(
        z.strictObject({
          subtask_id: TaskIdSchema,
          model_id: WordSchema,
          content: z.string().max(MAX_RESULT_CHARS),
          /** For `best`: higher is better. */
          score: z.number().optional(),
        }),
      )
      .min(1)
      .max(MAX_RESULTS),
    strategy: z.enum(MERGE_STRATEGIES).default('concatenate'),
  })
  .refine(({ results }) => results.reduce((sum, one) => sum + one.content.length, 0) <= MAX_MERGED_CHARS, {
    error: `the results have more than ${MAX_MERGED_CHARS} characters together; merge some of them first`,
    path: ['results'],
  });

export const MergedResultSchema = z.object({
  strategy: z.enum(MERGE_STRATEGIES),
  content: z.string(),
  /** Whose content it is, where it is that of one. */
  model_id: z.string().optional(),
  /** `json`: what two say differently; the value of the first is in the content. */
  conflicts: z
    .array(
      z.object({ path: z.string(), values: z.array(z.object({ model_id: z.string(), value: z.json() })) }),
    )
    .optional(),
  /** `vote`: who says the same, most first. */
  votes: z.array(z.object({ model_ids: z.array(z.string()), content: z.string() })).optional(),
  /** `model`: who merged them. */
  provider: z.string().optional(),
  tokens: z.int().optional(),
});

/** What was measured of one model at one class of tasks. */
export const ModelFiguresSchema = z.strictObject({
  model_id: WordSchema,
  task_class: WordSchema,
  succeeded: z.int().min(0),
  failed: z.int().min(0),
  /** Of all of them together. */
  duration_ms: z.number().min(0),
  cost_micros: z.number().min(0),
});

export const ModelComparisonSchema = z.object({
  model_id: z.string(),
  /** Whether it declares all that is asked for. */
  capable: z.boolean(),
  missing_capabilities: z.array(z.string()),
  /** How often it was measured. */
  measured: z.int(),
  success_rate: z.number().optional(),
  /** The success rate that it has at least, with 95 % certainty: few measurements prove little. */
  proven_rate: z.number(),
  mean_duration_ms: z.number().optional(),
  mean_cost_micros: z.number().optional(),
});

export const CompareModelsSchema = z.strictObject({
  model_ids: z.array(WordSchema).min(1).max(100),
  capabilities: WordsSchema.optional(),
});

export const SubtaskAssignmentSchema = z.object({
  assignments: z.array(z.object({ subtask_id: z.string(), model_id: z.string(), reason: z.string() })),
  unassigned: z.array(z.object({ subtask_id: z.string(), reason: z.string() })),
});

export type MergeRequest = z.infer<typeof MergeRequestSchema>;
export type MergedResult = z.infer<typeof MergedResultSchema>;
export type ModelFigures = z.infer<typeof ModelFiguresSchema>;
export type ModelComparison = z.infer<typeof ModelComparisonSchema>;
export type SubtaskAssignment = z.infer<typeof SubtaskAssignmentSchema>;
