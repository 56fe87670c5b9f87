// Tasks over HTTP: submitted, listed, cancelled, done again. Whose a task is, is decided behind it.

import {
  ApiTaskListSchema,
  ApiTaskSchema,
  ApiTaskWhySchema,
  ApprovalSchema,
  TaskAnswerSchema,
  TaskCancellationSchema,
  TaskContextSchema,
  TaskHistorySchema,
  TaskSubmissionSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import { get, post, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES, MAX_TASK_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import { happeningOf } from './happening.ts';
import { taskQuery, TaskQuerySchema } from './query.ts';

const NothingSchema = z.strictObject({});

export const TASK_ROUTES: RouteGroup = {
  tag: 'Tasks',
  about: 'Units of work: submitted, looked at, decided about.',
  routes: [
    get('/api/v1/tasks', 'Tasks, the newest first, page by page; without what they carry.')
      .query(TaskQuerySchema)
      .answers(ApiTaskListSchema, ({ query }, { coordination: { tasks } }) => tasks.list(taskQuery(query))),
    post('/api/v1/tasks', 'Submits a task.')
      .body(TaskSubmissionSchema, MAX_TASK_BODY_BYTES)
      .repeatable()
      .fails('conflict', 'overloaded')
      .answers(ApiTaskSchema, ({ c, body, once }, { coordination: { tasks } }) =>
        tasks.submit(body, callerOf(c), once),
      ),
    get('/api/v1/tasks/:id', 'One task, with what it carries.').answers(
      ApiTaskSchema,
      ({ param }, { coordination: { tasks } }) => tasks.get(param('id')),
    ),
    get('/api/v1/tasks/:id/history', 'All that happened to the task.').answers(
      TaskHistorySchema,
      async ({ param }, { coordination: { tasks } }) => ({
        items: (await tasks.history(param('id'))).map(happeningOf),
      }),
    ),
    get('/api/v1/tasks/:id/context', 'What whoever does the task should know beside it.').answers(
      TaskContextSchema,
      async ({ param }, { coordination: { tasks, contexts } }) =>
        await contexts.of(await tasks.get(param('id'))),
    ),
    get('/api/v1/tasks/:id/why', 'Why the task stands where it stands, and what would move it.').answers(
      ApiTaskWhySchema,
      ({ param }, { coordination: { tasks } }) => tasks.why(param('id')),
    ),
    post('/api/v1/tasks/:id/answer', 'Answers what the task asks.')
      .body(TaskAnswerSchema, MAX_TASK_BODY_BYTES)
      .repeatable()
      .fails('conflict')
      .answers(ApiTaskSchema, ({ c, param, body, once }, { coordination: { tasks } }) =>
        tasks.answer(param('id'), body, callerOf(c), once),
      ),
    // Whoever may use this at all may approve: agents, people of this machine, administrators.
    post('/api/v1/tasks/:id/approve', 'Says that the work is good, or is not.')
      .body(ApprovalSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict')
      .answers(ApiTaskSchema, ({ c, param, body, once }, { coordination: { tasks } }) =>
        tasks.approve(param('id'), body, callerOf(c), once),
      ),
    post('/api/v1/tasks/:id/cancel', 'Ends the task without a result.')
      .body(TaskCancellationSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict')
      .answers(ApiTaskSchema, ({ c, param, body, once }, { coordination: { tasks } }) =>
        tasks.cancel(param('id'), body.reason, callerOf(c), once),
      ),
    post('/api/v1/tasks/:id/retry', 'Does a task again that failed or was cancelled.')
      .body(NothingSchema, MAX_AGENT_BODY_BYTES)
      .repeatable()
      .fails('conflict')
      .answers(ApiTaskSchema, ({ c, param, once }, { coordination: { tasks } }) =>
        tasks.retry(param('id'), callerOf(c), once),
      ),
  ],
};
