// Plans over HTTP: many tasks that need each other, submitted at once.

import { ApiSubmittedPlanSchema, PlanSubmissionSchema } from '@tutti/schemas';
import { planOptions } from '../../coordination/plan-submitter.ts';
import { post, type RouteGroup } from '../route.ts';
import { MAX_TASK_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';

export const PLAN_ROUTES: RouteGroup = {
  tag: 'Plans',
  about: 'Many tasks that need each other, all of them or none.',
  routes: [
    post('/api/v1/plans', 'Submits a plan, or with `dry_run` only checks it.')
      .body(PlanSubmissionSchema, MAX_TASK_BODY_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(ApiSubmittedPlanSchema, async ({ c, body, once }, { coordination }) => {
        const { tasks, ...rest } = body;
        const plan = await coordination.tasks.submitPlan({ tasks }, planOptions(rest), callerOf(c), once);
        return {
          plan_id: plan.planId,
          tasks: plan.tasks.map(({ name: id, task }) => ({ id, task })),
          longest_chain: plan.chain,
        };
      }),
  ],
};
