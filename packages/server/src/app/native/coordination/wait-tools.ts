// How agents get their work, and how anybody waits for the end of a task. Both end by themselves, and are made again.

import { AgentIdSchema, ApiTaskSchema, type Handout, TaskContextSchema, TaskIdSchema } from '@tutti/schemas';
import { z } from 'zod';
import { AppError } from '../../../kernel/errors.ts';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { type AgentCall, agentTool, noticed } from './agent-tool.ts';
import { agentId, once } from './arguments.ts';
import { contextText } from './knowledge-words.ts';
import { jsonText, taskText, workText } from './shown.ts';
import { createWaiting, waitSeconds } from './waiting.ts';

const outcome = z.object({
  task: ApiTaskSchema.optional().describe('Left out: there was none in time; call again.'),
  claim: z.int().optional().describe('Goes into every report about the task.'),
  ...noticed,
});

export function waitTools(running: Running): readonly NativeTool[] {
  const waiting = createWaiting();

  function next(agent: string, seconds: number, call: AgentCall): Promise<Handout | undefined> {
    const { agents, caller, context, deps } = call;
    return waiting.during(
      { seconds, what: `${agent} waits for work`, context, clock: deps.clock },
      (waitMs) => agents.next(agent, waitMs, caller, context.signal, call.once),
    );
  }

  return [
    agentTool(running, {
      name: 'next_task',
      title: 'Take the next task',
      description:
        'Gives you the task that suits you best, or waits for one. Then call start_task with its claim. One that you were handed and did not begin within 10 s you are handed again.',
      effect: 'changes',
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        ...waitSeconds,
        with_context: z
          .boolean()
          .default(false)
          .describe('The task with what it needs and what its project knows of it.'),
        ...once,
      }),
      output: outcome.extend({ context: TaskContextSchema.optional() }),
      async call({ agent_id: agent, wait_seconds: seconds, with_context: isWanted }, call) {
        const handout = await next(agent, seconds, call);
        if (handout === undefined || !isWanted) return outcomeOf(handout);
        return { ...outcomeOf(handout), context: await call.deps.coordination.contexts.of(handout.task) };
      },
      text: ({ context, ...handed }) =>
        handoutText(handed) + (context === undefined ? '' : `\n${contextText(context)}`),
    }),
    agentTool(running, {
      name: 'wait_for_task',
      title: 'Wait for a task',
      description:
        'Waits until your agent is assigned a task; one that is assigned to it and not begun is shown at once. With task_id it waits until that task ends, whoever does it.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: AgentIdSchema.optional().describe('Your agent; needed without task_id.'),
        task_id: TaskIdSchema.optional().describe('Whose end is waited for.'),
        ...waitSeconds,
        ...once,
      }),
      output: outcome,
      async call({ agent_id: agent, task_id: id, wait_seconds: seconds }, call) {
        const { agents, tasks, caller, context, deps } = call;
        if (id !== undefined)
          return {
            task: await waiting.during(
              { seconds, what: `waits for the end of ${id}`, context, clock: deps.clock },
              async (waitMs) =>
                (await tasks.ended(id, { waitMs, signal: context.signal })) ?? (await tasks.get(id)),
            ),
          };
        if (agent === undefined)
          throw new AppError(
            'invalid_params',
            'Give agent_id to wait for work, or task_id to wait for its end.',
          );
        const held = await agents.held(agent, caller);
        return outcomeOf(
          held.find(({ task }) => task.status === 'assigned') ?? (await next(agent, seconds, call)),
        );
      },
      text: handoutText,
    }),
  ];
}

type Outcome = z.output<typeof outcome>;

function outcomeOf(handout: Handout | undefined): Outcome {
  return handout === undefined ? {} : { task: handout.task, claim: handout.claim };
}

function handoutText({ task, claim }: Outcome): string {
  if (task === undefined) return 'There is nothing to do now; call again.';
  if (claim !== undefined)
    return `${workText(task)}\nCall start_task, then complete_task, fail_task or release_task.`;
  return task.result === undefined ? taskText(task) : `${taskText(task)} Result: ${jsonText(task.result)}`;
}
