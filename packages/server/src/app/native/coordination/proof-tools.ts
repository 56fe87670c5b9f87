// Proofs of done work: brought by who did it, judged by others. And what a task waits for, and what is left of budgets.

import {
  ApiBudgetSchema,
  ApiEvidenceSchema,
  ApiTaskWhySchema,
  ApprovalSchema,
  BUDGET_SCOPES,
  TaskProofSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { asAgent, claimed, once, reportOf, taskId } from './arguments.ts';
import { TaskStateSchema, taskText } from './shown.ts';

/** Budgets that one answer shows. */
const MAX_SHOWN = 200;

const judged = z.object({
  task: TaskStateSchema.extend({ evidence: ApiEvidenceSchema.optional() }),
  ...noticed,
});
const text = ({ task }: z.output<typeof judged>): string => taskText(task);

const { proof, decision, comment } = ApprovalSchema.shape;

export function proofTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      name: 'prove_task',
      title: 'Prove that a task is done',
      description:
        'Brings evidence for a task of yours that waits for proofs; without any, what there is is looked at again, and reviewers too. The answer says what is still missing, and what to do.',
      effect: 'changes',
      actor: 'agent_id',
      input: z.strictObject({
        ...claimed,
        evidence: TaskProofSchema.shape.evidence.describe('By the ids of the proofs that the task demands.'),
        ...once,
      }),
      output: judged,
      call: async ({ evidence, ...args }, { tasks, caller, once: asked }) => ({
        task: await tasks.prove({ ...reportOf(args), evidence, once: asked }, caller),
      }),
      text,
    }),
    agentTool(running, {
      name: 'approve_task',
      title: 'Approve a task, or reject it',
      description:
        'Says what you think of the work of another agent that waits for approval. As an agent you need a role with approve; your latest word counts. Look at it first with get_task.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        task_id: taskId,
        decision,
        comment: comment.describe('For whoever did the work; with a rejection: what has to change.'),
        proof: proof.default('reviewer_approval').describe('The id of the proof that it is for.'),
        agent_id: asAgent.agent_id.describe('Your agent, if you are one: in whose name.'),
        ...once,
      }),
      output: judged,
      call: async ({ task_id: id, idempotency_key: _key, ...approval }, call) => ({
        task: await call.tasks.approve(
          id,
          approval,
          { ...call.caller, roles: call.context.roles },
          call.once,
        ),
      }),
      text,
    }),
    agentTool(running, {
      name: 'why_task',
      title: 'Why a task stands where it stands',
      description:
        'Why it waits, why this agent has it, how earlier attempts ended, and what would move it on.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({ task_id: taskId, ...asAgent }),
      output: ApiTaskWhySchema.extend(noticed),
      call: async ({ task_id: id }, { tasks }) => await tasks.why(id),
      text: ({ summary, next }) => [summary, ...next.map((step) => `Next: ${step}`)].join('\n'),
    }),
    agentTool(running, {
      name: 'list_budgets',
      title: 'What is left of budgets',
      description:
        'Limits of projects, runs, agents and trees of tasks, with what of them is reserved, spent and left.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        kind: z.enum(BUDGET_SCOPES).optional().describe('Only those of this kind.'),
        id: z.string().max(128).optional().describe('Only those of this project, run, agent or task.'),
        ...asAgent,
      }),
      output: z.object({
        budgets: z.array(ApiBudgetSchema),
        more: z.int().describe('Those that are left out; ask for one kind and id.'),
        ...noticed,
      }),
      async call({ kind, id }, { budgets }) {
        const found = (await budgets.list()).filter(
          ({ scope }) => (kind === undefined || scope.kind === kind) && (id === undefined || scope.id === id),
        );
        return { budgets: found.slice(0, MAX_SHOWN), more: Math.max(0, found.length - MAX_SHOWN) };
      },
      text: ({ budgets, more }) =>
        budgets.length === 0
          ? 'Nothing is limited there.'
          : budgets
              .map(
                ({ scope, unit, limit, available }) =>
                  `${scope.kind} ${scope.id}: ${available} of ${limit} ${unit} are left`,
              )
              .join('\n') + (more === 0 ? '' : `\nand ${more} more`),
    }),
  ];
}
