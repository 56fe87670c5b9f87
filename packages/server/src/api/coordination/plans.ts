// Plans over HTTP: many tasks that need each other, submitted at once.

import { type ApiSubmittedPlan, PlanSubmissionSchema } from '@tutti/schemas';
import type { Hono } from 'hono';
import { planOptions } from '../../coordination/plan-submitter.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_TASK_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';

export function addPlanRoutes(api: Hono<ApiEnv>, { coordination }: Pick<ApiDeps, 'coordination'>): void {
  api.post('/plans', async (c) => {
    const { body, once } = await readBody(c, PlanSubmissionSchema, MAX_TASK_BODY_BYTES);
    const { tasks, ...rest } = body;
    const plan = await coordination.tasks.submitPlan({ tasks }, planOptions(rest), callerOf(c), once);
    return c.json({
      plan_id: plan.planId,
      tasks: plan.tasks.map(({ name: id, task }) => ({ id, task })),
      longest_chain: plan.chain,
    } satisfies ApiSubmittedPlan);
  });
}
