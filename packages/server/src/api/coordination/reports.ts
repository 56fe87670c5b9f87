// What the holder of a task says of it over HTTP. Each carries the number of its claim; whether that one is in force is
// decided behind it.

import {
  AnsweredSchema,
  ApiTaskSchema,
  TaskAnsweredRequestSchema,
  TaskCompletionSchema,
  TaskFailureSchema,
  TaskProgressSchema,
  TaskProofSchema,
  TaskQuestionSchema,
  TaskReleaseSchema,
  TaskStartSchema,
  type ApiTask,
} from '@tutti/schemas';
import type { z } from 'zod';
import type { Caller } from '../../coordination/agents/registry.ts';
import type { Tasks } from '../../coordination/tasks-face.ts';
import type { Report } from '../../coordination/tasks/reports.ts';
import { post, type Route, type RouteGroup } from '../route.ts';
import { MAX_AGENT_BODY_BYTES, MAX_TASK_BODY_BYTES } from './body.ts';
import { callerOf } from './caller.ts';
import { untilClosing } from './until-closing.ts';

export const REPORT_ROUTES: RouteGroup = {
  tag: 'Work on tasks',
  about: 'What the holder of a task says of it, with the number of its claim.',
  routes: [
    report('start', 'The agent has the task and begins.', TaskStartSchema, (tasks, of, _body, by) =>
      tasks.start(of, by),
    ),
    report(
      'progress',
      'How far it is, and what is to be kept for the next attempt.',
      TaskProgressSchema,
      (tasks, of, { progress, message, partial_result: partialResult }, by) =>
        tasks.progress({ ...of, progress, message, partialResult }, by),
    ),
    report(
      'complete',
      'It is done; proofs that it demands are looked at.',
      TaskCompletionSchema,
      (tasks, of, { result, evidence, usage }, by) => tasks.complete({ ...of, result, evidence, usage }, by),
    ),
    report(
      'prove',
      'More evidence for a task that waits for proofs.',
      TaskProofSchema,
      (tasks, of, { evidence }, by) => tasks.prove({ ...of, evidence }, by),
    ),
    report(
      'fail',
      'The attempt failed.',
      TaskFailureSchema,
      (tasks, of, { error, retryable, usage, partial_result: partialResult }, by) =>
        tasks.fail({ ...of, error, retryable, usage, partialResult }, by),
    ),
    report(
      'release',
      'The agent gives it back without having failed.',
      TaskReleaseSchema,
      (tasks, of, { reason, partial_result: partialResult }, by) =>
        tasks.release({ ...of, reason, partialResult }, by),
    ),
    report('ask', 'The agent asks a person, and waits.', TaskQuestionSchema, (tasks, of, question, by) =>
      tasks.ask({ ...of, question }, by),
    ),
    post('/api/v1/tasks/:id/answered', 'Whether somebody answered the question of the holder.')
      .body(TaskAnsweredRequestSchema, MAX_AGENT_BODY_BYTES)
      .fails('conflict', 'unavailable')
      .answers(AnsweredSchema, async ({ c, param, body }, { coordination: { tasks }, closing }) => {
        const of = { taskId: param('id'), agentId: body.agent_id, claim: body.claim };
        return await untilClosing(c.req.raw.signal, closing, (signal) =>
          tasks.answerFor(of, callerOf(c), { waitMs: body.wait_seconds * 1_000, signal }),
        );
      }),
  ],
};

function report<Body extends { readonly agent_id: string; readonly claim: number }>(
  name: Extract<keyof Tasks, string>,
  summary: string,
  schema: z.ZodType<Body>,
  tell: (tasks: Tasks, of: Report, body: Body, by: Caller) => Promise<ApiTask>,
): Route {
  return post(`/api/v1/tasks/:id/${name}`, summary)
    .body(schema, MAX_TASK_BODY_BYTES)
    .repeatable()
    .fails('conflict')
    .answers(ApiTaskSchema, ({ c, param, body, once }, { coordination: { tasks } }) => {
      const { agent_id: agentId, claim } = body;
      return tell(tasks, { taskId: param('id'), agentId, claim, once }, body, callerOf(c));
    });
}
