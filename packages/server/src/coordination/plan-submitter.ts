// Plans that are submitted: checked as data against the agents that there are and the budget that is given, and then all
// of their tasks at once.

import type { ApiTask, BudgetAmounts, Plan, PlanSubmission, TaskSubmission } from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import { wordsOf } from './agents/candidate.ts';
import type { Caller } from './agents/registry.ts';
import { requireServed } from './domains.ts';
import type { Engine } from './engine.ts';
import type { CapableAgent } from './plans/check-capabilities.ts';
import { planBudgets } from './plans/plan-budgets.ts';
import { type CheckedPlan, validatePlan } from './plans/validate-plan.ts';
import type { Once } from './tasks/book.ts';
import { requireSame } from './tasks/once.ts';
import { readAnswer, readTask } from './tasks/reads.ts';
import { answeredRow } from './tasks/task-row.ts';
import { type PlanCommon, planIdOf, plannedTasks, planSubmission } from './tasks/submit-plan.ts';

/** Findings whose words stand in the error. */
const MAX_TOLD = 20;

export interface PlanOptions {
  /** What holds for each of its tasks. */
  readonly common: Pick<TaskSubmission, PlanCommon>;
  /** What the plan as a whole may use. */
  readonly budget?: BudgetAmounts | undefined;
  /** Whether tasks may wait for an agent that could do them. */
  readonly mayWait: boolean;
  /** It is checked and no more. */
  readonly isTrial: boolean;
}

/** What was said beside the tasks. */
export function planOptions({
  budget,
  on_unsatisfiable: onUnsatisfiable,
  dry_run: isTrial,
  domain,
  parent_task_id,
  workflow_id,
  project_id,
  priority,
  deadline,
}: Omit<PlanSubmission, 'tasks'>): PlanOptions {
  return {
    common: { domain, parent_task_id, workflow_id, project_id, priority, deadline },
    budget,
    mayWait: onUnsatisfiable === 'wait',
    isTrial,
  };
}

export interface SubmittedPlan {
  /** Undefined: it was checked only. */
  readonly planId: string | undefined;
  readonly tasks: readonly { readonly name: string; readonly task: ApiTask | undefined }[];
  /** Tasks of the longest chain. */
  readonly chain: number;
}

type SubmitPlan = (input: unknown, options: PlanOptions, by: Caller, once?: Once) => Promise<SubmittedPlan>;

export function createPlanSubmitter({
  database,
  directory,
  ledger,
  makeId,
  domains,
  requirePermission,
  view,
}: Engine): SubmitPlan {
  /** Those that tasks of the domain may go to. */
  function agentsOf(domain: string): readonly CapableAgent[] {
    return [...directory.all()]
      .filter(({ row }) => row.domain === domain)
      .map(({ row }) => ({
        id: row.id,
        capabilities: wordsOf(row.capabilities),
        tags: wordsOf(row.tags),
      }));
  }

  async function show(planId: string, plan: Plan): Promise<SubmittedPlan['tasks']> {
    return await Promise.all(
      plannedTasks(planId, plan).map(async ({ name, taskId }) => {
        const row = await readTask(database.read, taskId);
        return { name, task: row === undefined ? undefined : await view(row) };
      }),
    );
  }

  /** The same again. It is not checked as if it were new: it may have used up the budget that it kept to. */
  async function earlierPlan(input: unknown, once: Once): Promise<SubmittedPlan | undefined> {
    const answer = await readAnswer(database.read, once);
    if (answer === undefined) return undefined;
    requireSame(answer, once);
    const checked = validatePlan(input);
    if (checked.kind === 'invalid') throw refusal(checked);
    const planId = planIdOf(answeredRow(answer.answer));
    return { planId, chain: checked.chain, tasks: await show(planId, checked.plan) };
  }

  return async (input, { common, budget, mayWait, isTrial }, by, once) => {
    requirePermission(by, 'submit');
    const earlier = once === undefined ? undefined : await earlierPlan(input, once);
    if (earlier !== undefined) return earlier;
    requireServed(domains(), common.domain);
    const checked = validatePlan(input, {
      agents: mayWait ? undefined : agentsOf(common.domain),
      budgets: await planBudgets(database, { own: budget, ...common }),
    });
    if (checked.kind === 'invalid') throw refusal(checked);
    const { plan, chain } = checked;
    if (isTrial)
      return {
        planId: undefined,
        chain,
        tasks: plan.tasks.map(({ id: name }) => ({ name, task: undefined })),
      };
    const first = await ledger.submit(
      planSubmission({ planId: makeId('plan'), plan, common, by, domains: domains(), once }),
    );
    const planId = planIdOf(first);
    return { planId, chain, tasks: await show(planId, plan) };
  };
}

function refusal({ findings, more }: Extract<CheckedPlan, { kind: 'invalid' }>): AppError {
  const told = findings.slice(0, MAX_TOLD).map(({ code, path, message }) => `${path}: ${message} (${code})`);
  const left = findings.length - told.length + more;
  if (left > 0) told.push(`and ${left} more`);
  return new AppError('invalid_params', `Nothing was submitted. The plan has faults:\n${told.join('\n')}`, {
    details: { kind: 'invalid_plan', findings: [...new Set(findings.map(({ code }) => code))] },
  });
}
