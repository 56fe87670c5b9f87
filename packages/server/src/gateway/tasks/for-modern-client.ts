// Tasks of a legacy server for a modern client. The result, the error and the questions come with `tasks/get` in the
// modern era; a legacy server gives the first two by `tasks/result` and asks while that is under way.

import { objectEntries } from '@tutti/wire';
import type { Exchange } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import type { AboutTask, TaskAnswers } from './bridged.ts';
import { clientOf, seeTask, stepsOf, type TaskContext } from './context.ts';
import type { KnownTask } from './known-task.ts';
import { withoutRelatedTask } from './related-task.ts';
import { passFailure, type Step, type Steps } from './steps.ts';
import {
  inlinedResult,
  isTerminal,
  type Members,
  modernTask,
  readMembers,
  textOf,
  writeObject,
} from './task-text.ts';

/** How long `tasks/get` waits for the first question after the server was told to ask. */
const FIRST_INPUT_MS = 1_000;

const ACKNOWLEDGED = '{"resultType":"complete"}';

/** What is asked of the task of a legacy server. */
export const forModernClient: TaskAnswers = { get: answerGet, cancel: answerCancel, other: answerUpdate };

async function answerGet({ context, exchange, task, steps }: AboutTask): Promise<void> {
  const found = await detailedTask(context, task, steps, exchange);
  if (found.kind === 'task')
    exchange.finish({
      kind: 'result',
      json: writeObject(new Map([['resultType', '"complete"'], ...found.members])),
    });
  else passFailure(exchange, found);
}

type Detailed =
  | { readonly kind: 'task'; readonly members: Members }
  | Exclude<Step, { readonly kind: 'result' }>;

/** The task with all that its status brings with it, as the modern era has it. */
export async function detailedTask(
  context: TaskContext,
  task: KnownTask,
  steps: Steps,
  client: Exchange | { readonly caller: Caller },
): Promise<Detailed> {
  const step = await steps.ask('tasks/get');
  if (step.kind !== 'result') return step;
  const legacy = readMembers(step.message.bytes, step.body);
  const known = 'channel' in client ? clientOf(client) : { caller: client.caller, standing: undefined };
  seeTask(context, task.ref, known, legacy);
  const members = modernTask(legacy, task.handle);
  const status = textOf(legacy, 'status');
  if (status === 'completed' || status === 'failed') return withEnd(members, steps);
  if (isTerminal(status)) return { kind: 'task', members };
  if (status === 'input_required') await collect(context, task);
  const inputs = task.inputRequests();
  members.set('status', inputs.size > 0 ? '"input_required"' : '"working"');
  if (inputs.size > 0) members.set('inputRequests', writeObject(inputs));
  return { kind: 'task', members };
}

/** A result is `completed`, also one of a tool that failed; an error is `failed`. */
async function withEnd(members: Map<string, Buffer | string>, steps: Steps): Promise<Detailed> {
  const end = await steps.ask('tasks/result');
  if (end.kind !== 'result' && end.kind !== 'error') return end;
  const { bytes, body } = end.message;
  if (body === undefined) return { kind: 'task', members };
  const text = bytes.subarray(body.start, body.end);
  if (end.kind === 'result') {
    members.set('status', '"completed"').set('result', inlinedResult(withoutRelatedTask(text)));
  } else {
    members.set('status', '"failed"').set('error', text);
  }
  return { kind: 'task', members };
}

/** Has the server ask its questions, which come while `tasks/result` waits, as long as the client comes for them. */
async function collect(context: TaskContext, task: KnownTask): Promise<void> {
  const { clock, askTimeoutMs } = context;
  if (task.collector !== undefined) {
    task.collector.deadlineMs = clock.nowMs() + askTimeoutMs;
    return;
  }
  const collector = stepsOf(context, task).open('tasks/result', '', askTimeoutMs, () => {
    task.collector = undefined;
    task.dropInputs();
  });
  if (collector === undefined || collector.finished) return;
  task.collector = collector;
  if (task.inputRequests().size === 0) await task.inputOr(FIRST_INPUT_MS);
}

async function answerUpdate({ exchange, task }: AboutTask): Promise<void> {
  const { bytes, members } = exchange.request;
  const responses = members.get('inputResponses');
  for (const { key, value } of responses === undefined ? [] : objectEntries(bytes, responses))
    task.answer(key, Buffer.from(bytes.subarray(value.start, value.end)));
  exchange.finish({ kind: 'result', json: ACKNOWLEDGED });
}

/** A legacy server refuses to cancel what is over; in the modern era that is acknowledged too. */
async function answerCancel({ exchange, task, steps }: AboutTask): Promise<void> {
  const cancelled = await steps.ask('tasks/cancel');
  if (cancelled.kind === 'error') {
    const now = await steps.ask('tasks/get');
    const isOver =
      now.kind === 'result' && isTerminal(textOf(readMembers(now.message.bytes, now.body), 'status'));
    if (!isOver) return passFailure(exchange, cancelled);
  } else if (cancelled.kind !== 'result') return passFailure(exchange, cancelled);
  task.dropInputs();
  exchange.finish({ kind: 'result', json: ACKNOWLEDGED });
}
