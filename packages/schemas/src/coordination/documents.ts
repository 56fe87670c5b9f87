// Agents, tasks, plans and budgets as documents, for `tutti apply`: in Tutti's own form, and agents and tasks as conductor's
// resources (`mcp.io/v1`) too, whose fields are mapped by name. A name is the id; a document without one gets an id that is
// made. A card of A2A is an agent too.

import { z } from 'zod';
import { API_VERSION } from '../resources/document.ts';
import { AgentRegistrationSchema, type AgentRegistrationInput } from './agent.ts';
import { type AgentCardInput, isAgentCard } from './agent-card.ts';
import { BudgetLimitsSchema, BudgetScopeSchema, type BudgetLimitsInput, type BudgetScope } from './budget.ts';
import { PlanSubmissionSchema, type PlanSubmissionInput } from './plan-submission.ts';
import { TaskSubmissionSchema, type TaskSubmissionInput } from './task.ts';

export const CONDUCTOR_API_VERSION = 'mcp.io/v1';

const stringMap = z.record(z.string(), z.string()).optional();
const metadata = z.strictObject({ name: z.string().optional(), labels: stringMap, annotations: stringMap });
/** What Kubernetes adds is passed over. */
const conductorMetadata = z.looseObject({ name: z.string() });

const TaskDocumentSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('Task'),
    metadata: metadata.optional(),
    spec: z.record(z.string(), z.unknown()),
  })
  .transform(({ metadata, spec }) => ({ id: metadata?.name, ...spec }));

const AgentDocumentSchema = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('Agent'),
    metadata: metadata.extend({ name: z.string() }),
    spec: z.record(z.string(), z.unknown()),
  })
  .transform(({ metadata, spec }) => ({ id: metadata.name, ...spec }));

const PlanDocumentSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Plan'),
  metadata: metadata.optional(),
  spec: PlanSubmissionSchema,
});

const BudgetDocumentSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Budget'),
  metadata: metadata.optional(),
  spec: z.strictObject({ scope: BudgetScopeSchema, limits: BudgetLimitsSchema }),
});

const ConductorTaskSchema = z
  .looseObject({
    metadata: conductorMetadata,
    spec: z.looseObject({
      requiredCapabilities: z.unknown(),
      retryPolicy: z.looseObject({ backoffStrategy: z.unknown() }).optional(),
    }),
  })
  .transform(({ metadata, spec: { requiredCapabilities, retryPolicy, ...spec } }) => {
    const { backoffStrategy, ...policy } = retryPolicy ?? {};
    return {
      ...spec,
      id: metadata.name,
      // It has no words for what is to be done.
      description: metadata.name,
      required_capabilities: requiredCapabilities,
      retryPolicy: { ...policy, ...(backoffStrategy === undefined ? {} : { backoff: backoffStrategy }) },
    };
  });

const ConductorAgentSchema = z
  .looseObject({ metadata: conductorMetadata, spec: z.record(z.string(), z.unknown()) })
  .transform(({ metadata, spec }) => ({ id: metadata.name, ...spec }));

export type WorkDocument =
  | { readonly kind: 'Task'; readonly task: TaskSubmissionInput }
  | { readonly kind: 'Agent'; readonly agent: AgentRegistrationInput }
  | { readonly kind: 'AgentCard'; readonly card: AgentCardInput }
  | {
      readonly kind: 'Plan';
      /** The same name again is the same plan. */
      readonly name: string | undefined;
      readonly plan: PlanSubmissionInput;
    }
  | { readonly kind: 'Budget'; readonly scope: BudgetScope; readonly limits: BudgetLimitsInput };

export type ReadWorkDocument =
  /** It speaks of something else. */
  | { readonly kind: 'other' }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'read'; readonly document: WorkDocument };

/** What is read is as it was written: durations keep their units. */
export function readWorkDocument(value: unknown): ReadWorkDocument {
  if (isAgentCard(value)) return { kind: 'read', document: { kind: 'AgentCard', card: value } };
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('apiVersion' in value))
    return { kind: 'other' };
  const { kind, apiVersion } = value;
  if (apiVersion !== API_VERSION && apiVersion !== CONDUCTOR_API_VERSION) return { kind: 'other' };
  const isConductors = apiVersion === CONDUCTOR_API_VERSION;
  if (kind === 'Task') {
    const mapped = (isConductors ? ConductorTaskSchema : TaskDocumentSchema).safeParse(value);
    if (!mapped.success) return invalid(mapped.error);
    if (isTask(mapped.data)) return { kind: 'read', document: { kind, task: mapped.data } };
    return invalid(TaskSubmissionSchema.safeParse(mapped.data).error);
  }
  if (kind === 'Agent') {
    const mapped = (isConductors ? ConductorAgentSchema : AgentDocumentSchema).safeParse(value);
    if (!mapped.success) return invalid(mapped.error);
    if (isAgent(mapped.data)) return { kind: 'read', document: { kind, agent: mapped.data } };
    return invalid(AgentRegistrationSchema.safeParse(mapped.data).error);
  }
  if (kind === 'Plan') return readPlan(value);
  return kind === 'Budget' ? readBudget(value) : { kind: 'other' };
}

function readPlan(value: unknown): ReadWorkDocument {
  const read = PlanDocumentSchema.safeParse(value);
  if (!read.success) return invalid(read.error);
  const written = WrittenPlanSchema.parse(value);
  const name = read.data.metadata?.name;
  return { kind: 'read', document: { kind: 'Plan', name, plan: written.spec } };
}

function readBudget(value: unknown): ReadWorkDocument {
  const read = BudgetDocumentSchema.safeParse(value);
  if (!read.success) return invalid(read.error);
  const { scope, limits } = WrittenBudgetSchema.parse(value).spec;
  return { kind: 'read', document: { kind: 'Budget', scope, limits } };
}

/** As they were written; they have been checked. */
const WrittenPlanSchema = z.object({
  spec: z.custom<PlanSubmissionInput>((spec) => PlanSubmissionSchema.safeParse(spec).success),
});
const WrittenBudgetSchema = z.object({
  spec: z.object({
    scope: BudgetScopeSchema,
    limits: z.custom<BudgetLimitsInput>((limits) => BudgetLimitsSchema.safeParse(limits).success),
  }),
});

function isTask(value: unknown): value is TaskSubmissionInput {
  return TaskSubmissionSchema.safeParse(value).success;
}

function isAgent(value: unknown): value is AgentRegistrationInput {
  return AgentRegistrationSchema.safeParse(value).success;
}

function invalid(error: z.ZodError | undefined): ReadWorkDocument {
  const issues = (error?.issues ?? []).map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  return { kind: 'invalid', message: issues.join('; ') };
}
