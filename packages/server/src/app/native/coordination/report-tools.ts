// What the holder of a task says of it. Each report carries the number of its claim; one that is not in force any more is
// refused with the reason, and nothing changes.

import {
  TaskCompletionSchema,
  TaskFailureSchema,
  TaskProgressSchema,
  TaskReleaseSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { agentTool, noticed } from './agent-tool.ts';
import { claimed, once, reportOf } from './arguments.ts';
import { TaskStateSchema, taskText } from './shown.ts';

const output = z.object({ task: TaskStateSchema, ...noticed });
const base = {
  actor: 'agent_id',
  output,
  text: ({ task }: z.output<typeof output>) => taskText(task),
} as const;
const { progress, message } = TaskProgressSchema.shape;
const usage = TaskCompletionSchema.shape.usage.describe(
  'What the attempt used, for budgets: tokens, and money in millionths. Left out: as much as it had reserved.',
);
const partial_result = TaskProgressSchema.shape.partial_result.describe(
  'Kept for whoever does the next attempt, should this one not end.',
);

export function reportTools(running: Running): readonly NativeTool[] {
  return [
    agentTool(running, {
      ...base,
      name: 'start_task',
      title: 'Begin a task',
      description: 'Says that you have the task and begin. Until then it counts as offered.',
      effect: 'changes',
      isRepeatable: true,
      input: z.strictObject({ ...claimed, ...once }),
      call: async (args, { tasks, caller, once: asked }) => ({
        task: await tasks.start({ ...reportOf(args), once: asked }, caller),
      }),
    }),
    agentTool(running, {
      ...base,
      name: 'report_progress',
      title: 'Report progress',
      description:
        'Says how far a task is. What you have so far can be kept for whoever goes on should you fail.',
      effect: 'changes',
      isRepeatable: true,
      input: z.strictObject({
        ...claimed,
        progress: progress.describe('From 0 to 1.'),
        message: message.describe('For people.'),
        partial_result,
        ...once,
      }),
      call: async ({ progress: done, message: words, partial_result: partialResult, ...args }, call) => ({
        task: await call.tasks.progress(
          { ...reportOf(args), progress: done, message: words, partialResult, once: call.once },
          call.caller,
        ),
      }),
    }),
    agentTool(running, {
      ...base,
      name: 'complete_task',
      title: 'Complete a task',
      description:
        'Ends a task with its result. One that demands proofs waits for those that are missing; its message says which. Then call prove_task.',
      effect: 'changes',
      input: z.strictObject({
        ...claimed,
        result: TaskCompletionSchema.shape.result.describe('Any JSON.'),
        evidence: TaskCompletionSchema.shape.evidence.describe('For the proofs that the task demands.'),
        usage,
        ...once,
      }),
      call: async ({ result, evidence, usage: used, ...args }, { tasks, caller, once: asked }) => ({
        task: await tasks.complete({ ...reportOf(args), result, evidence, usage: used, once: asked }, caller),
      }),
    }),
    agentTool(running, {
      ...base,
      name: 'fail_task',
      title: 'Fail a task',
      description:
        'Says that the attempt failed. It is tried again after a while, by whoever suits, if that may help.',
      effect: 'changes',
      input: z.strictObject({
        ...claimed,
        error: TaskFailureSchema.shape.error.describe('What went wrong.'),
        retryable: TaskFailureSchema.shape.retryable.describe('Whether another attempt may succeed.'),
        partial_result,
        usage,
        ...once,
      }),
      call: async ({ error, retryable, partial_result: partialResult, usage: used, ...args }, call) => ({
        task: await call.tasks.fail(
          { ...reportOf(args), error, retryable, partialResult, usage: used, once: call.once },
          call.caller,
        ),
      }),
    }),
    agentTool(running, {
      ...base,
      name: 'release_task',
      title: 'Give a task back',
      description: 'Gives a task back that you can not do now; it is offered again at once. Nobody failed.',
      effect: 'changes',
      input: z.strictObject({
        ...claimed,
        reason: TaskReleaseSchema.shape.reason.describe('For people.'),
        partial_result,
        ...once,
      }),
      call: async ({ reason, partial_result: partialResult, ...args }, call) => ({
        task: await call.tasks.release(
          { ...reportOf(args), reason, partialResult, once: call.once },
          call.caller,
        ),
      }),
    }),
  ];
}
