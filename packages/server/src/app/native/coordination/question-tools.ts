// Questions of tasks: their agent asks, a person answers, in whatever way is at hand.

import { AnsweredSchema, TaskAnswerSchema, TaskQuestionSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { Report } from '../../../coordination/tasks/reports.ts';
import type { NativeRetry } from '../../../gateway/ports.ts';
import { AppError } from '../../../kernel/errors.ts';
import type { Running } from '../native-deps.ts';
import { ClientQuestion, type NativeTool } from '../native-tool.ts';
import { type AgentCall, agentTool, noticed } from './agent-tool.ts';
import { asAgent, claimed, once, reportOf, taskId } from './arguments.ts';
import { formOf, replyOf, stateOf } from './ask-client.ts';
import { createPatience } from './patience.ts';
import { jsonText, TaskStateSchema, taskText } from './shown.ts';
import { createWaiting, waitSeconds } from './waiting.ts';

const { prompt, type, choices, default: fallback, required, timeout } = TaskQuestionSchema.shape;
const { response, cancelled } = TaskAnswerSchema.shape;

const answered = AnsweredSchema.extend(noticed);

export function questionTools(running: Running): readonly NativeTool[] {
  const waiting = createWaiting();
  const patience = createPatience();

  function answerFor(
    report: Report,
    seconds: number,
    { tasks, caller, context, deps }: AgentCall,
  ): Promise<z.input<typeof AnsweredSchema>> {
    return waiting.during(
      { seconds, what: `waits for the answer to ${report.taskId}`, context, clock: deps.clock },
      (waitMs) => tasks.answerFor(report, caller, { waitMs, signal: context.signal }),
    );
  }

  /** Throws the question to the client where the person there may answer it. */
  async function askHere({ taskId, agentId }: Report, call: AgentCall): Promise<void> {
    const { tasks, caller, context } = call;
    if (context.canElicit?.() !== true) return;
    const { question, created_by: owner } = await tasks.get(taskId);
    const form = question === undefined ? undefined : formOf(question);
    if (question === undefined || form === undefined || (owner !== caller.id && !caller.isAdmin)) return;
    patience.begin(agentId, Date.parse(question.due_at), call);
    throw new ClientQuestion(form, stateOf(question));
  }

  /** What the person at the client said, should nobody have answered meanwhile. */
  async function answerHere(
    { taskId, agentId }: Report,
    again: NativeRetry,
    { tasks, caller }: AgentCall,
  ): Promise<void> {
    patience.end(agentId);
    const reply = replyOf(again);
    const { question } = await tasks.get(taskId);
    if (reply === undefined || question === undefined || stateOf(question) !== again.state) return;
    // The person is not the agent.
    const person = { ...caller, agentId: undefined };
    await tasks.answer(taskId, reply, person).catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    });
  }

  return [
    agentTool(running, {
      name: 'ask_person',
      title: 'Ask a person',
      description:
        'Asks what you need to know to go on with a task; its time stands still meanwhile. Waits for the answer as long as you say; then get_answer waits on.',
      effect: 'changes',
      actor: 'agent_id',
      input: z.strictObject({
        ...claimed,
        prompt: prompt.describe('The question, for a person who knows nothing else.'),
        type: type.describe('What the answer is; secrets are never shown to others.'),
        choices: choices.describe('For the type choice.'),
        default: fallback.describe('What counts when nobody answers in time.'),
        required: required.describe('Without an answer and a default the attempt fails.'),
        timeout: timeout.describe('Seconds that a person has.'),
        ...waitSeconds,
        ...once,
      }),
      output: answered,
      async call({ wait_seconds: seconds, idempotency_key: _key, ...args }, call) {
        const report = reportOf(args);
        if (call.context.again === undefined) {
          await call.tasks.ask({ ...report, question: args, once: call.once }, call.caller);
          await askHere(report, call);
        } else await answerHere(report, call.context.again, call);
        return await answerFor(report, seconds, call);
      },
      text: answerText,
    }),
    agentTool(running, {
      name: 'get_answer',
      title: 'Wait for an answer',
      description: 'What a person answered to the last question of your task, or waits for it.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({ ...claimed, ...waitSeconds }),
      output: answered,
      call: async ({ wait_seconds: seconds, ...args }, call) =>
        await answerFor(reportOf(args), seconds, call),
      text: answerText,
    }),
    agentTool(running, {
      name: 'answer_task',
      title: 'Answer what a task asks',
      description:
        'Answers the question of a task that you submitted. get_task shows it. Answer what you know; ask your own user where you do not.',
      effect: 'changes',
      actor: 'agent_id',
      input: z.strictObject({
        task_id: taskId,
        response: response.describe('As the question wants it; left out: its default.'),
        cancelled: cancelled.describe('Nobody wants to answer; the agent is told so.'),
        agent_id: asAgent.agent_id.describe('Your agent, if you are one: in whose name.'),
        ...once,
      }),
      output: z.object({ task: TaskStateSchema, ...noticed }),
      call: async ({ task_id: id, response: given, cancelled: isDeclined }, call) => ({
        task: await call.tasks.answer(id, { response: given, cancelled: isDeclined }, call.caller, call.once),
      }),
      text: ({ task }) => taskText(task),
    }),
  ];
}

function answerText({
  answered: isAnswered,
  response: given,
  cancelled: isDeclined,
  by,
}: z.output<typeof answered>) {
  if (!isAnswered) return 'Nobody has answered yet. Call get_answer to wait on.';
  if (isDeclined === true) return `${by} does not want to answer. Go on without, or fail the task.`;
  return `${by} answered: ${jsonText(given ?? null)}`;
}
