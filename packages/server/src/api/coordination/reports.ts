// What the holder of a task says of it over HTTP. Each carries the number of its claim; whether that one is in force is
// decided behind it.

import {
  TaskAnsweredRequestSchema,
  TaskCompletionSchema,
  TaskFailureSchema,
  TaskProgressSchema,
  TaskQuestionSchema,
  TaskReleaseSchema,
  TaskStartSchema,
  type ApiTask,
} from '@tutti/schemas';
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Caller } from '../../coordination/agents/registry.ts';
import type { Tasks } from '../../coordination/tasks-face.ts';
import type { Report } from '../../coordination/tasks/reports.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { MAX_AGENT_BODY_BYTES, MAX_TASK_BODY_BYTES, readBody } from './body.ts';
import { callerOf } from './caller.ts';
import { untilClosing } from './until-closing.ts';

export function addReportRoutes(
  api: Hono<ApiEnv>,
  { coordination, closing }: Pick<ApiDeps, 'coordination' | 'closing'>,
): void {
  const { tasks } = coordination;

  report('start', TaskStartSchema, (of, _body, by) => tasks.start(of, by));
  report('progress', TaskProgressSchema, (of, { progress, message, partial_result: partialResult }, by) =>
    tasks.progress({ ...of, progress, message, partialResult }, by),
  );
  report('complete', TaskCompletionSchema, (of, { result }, by) => tasks.complete({ ...of, result }, by));
  report('fail', TaskFailureSchema, (of, { error, retryable, partial_result: partialResult }, by) =>
    tasks.fail({ ...of, error, retryable, partialResult }, by),
  );
  report('release', TaskReleaseSchema, (of, { reason, partial_result: partialResult }, by) =>
    tasks.release({ ...of, reason, partialResult }, by),
  );
  report('ask', TaskQuestionSchema, (of, question, by) => tasks.ask({ ...of, question }, by));
  api.post('/tasks/:id/answered', async (c) => {
    const { body } = await readBody(c, TaskAnsweredRequestSchema, MAX_AGENT_BODY_BYTES);
    const report = { taskId: c.req.param('id'), agentId: body.agent_id, claim: body.claim };
    const answered = await untilClosing(c.req.raw.signal, closing, (signal) =>
      tasks.answerFor(report, callerOf(c), { waitMs: body.wait_seconds * 1_000, signal }),
    );
    return c.json(answered);
  });

  function report<Body extends { readonly agent_id: string; readonly claim: number }>(
    name: Extract<keyof Tasks, string>,
    schema: z.ZodType<Body>,
    tell: (of: Report, body: Body, by: Caller) => Promise<ApiTask>,
  ): void {
    api.post(`/tasks/:id/${name}`, async (c: Context<ApiEnv>) => {
      const { body, once } = await readBody(c, schema, MAX_TASK_BODY_BYTES);
      const { agent_id: agentId, claim } = body;
      return c.json(await tell({ taskId: c.req.param('id') ?? '', agentId, claim, once }, body, callerOf(c)));
    });
  }
}
