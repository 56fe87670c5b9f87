// Threads: begun, joined, looked at, left, archived, and waited in for answers.

import {
  AgentIdSchema,
  ApiMessageSchema,
  ApiThreadSchema,
  CriticalAnswerSchema,
  CriticalThreadSchema,
  THREAD_STATUSES,
  ThreadSubmissionSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { type AgentCall, agentTool, noticed } from './agent-tool.ts';
import { agentId, once } from './arguments.ts';
import { messageText, threadText } from './message-text.ts';
import { createWaiting, waitSeconds } from './waiting.ts';
import { MAX_WAIT_MS } from '../../../coordination/dispatch/handouts.ts';

const MAX_LISTED = 100;
/** Of the newest messages that details show. */
const SHOWN_MESSAGES = 10;

const { shape } = ThreadSubmissionSchema;
const creating = {
  creator_id: AgentIdSchema.describe('Your agent; or "person:NAME" for yourself.'),
  title: shape.title.describe('What it is about.'),
  participants: shape.participants.describe('Agents, or "person:NAME"; you are in it anyway.'),
  initial_message: shape.initial_message.describe('The first message to all of them.'),
  metadata: shape.metadata.describe('What else you want to keep with it.'),
  ...once,
};
const threadId = AgentIdSchema.describe('The id of the thread.');
const output = z.object({ thread: ApiThreadSchema, ...noticed });
const text = ({ thread }: z.output<typeof output>): string => threadText(thread);
const answered = CriticalAnswerSchema.extend(noticed);

export function threadTools(running: Running): readonly NativeTool[] {
  const waiting = createWaiting();
  const during = <T>(seconds: number, what: string, call: AgentCall, wait: (waitMs: number) => Promise<T>) =>
    waiting.during({ seconds, what, context: call.context, clock: call.deps.clock }, wait);

  return [
    agentTool(running, {
      name: 'create_thread',
      title: 'Create a thread',
      description: 'Begins a conversation of several. Write to it with send_message and its thread_id.',
      effect: 'changes',
      actor: 'creator_id',
      input: z.strictObject(creating),
      output,
      call: async ({ idempotency_key: _key, ...thread }, { threads, caller, once: asked }) => ({
        thread: await threads.create(thread, caller, asked),
      }),
      text,
    }),
    agentTool(running, {
      name: 'create_critical_thread',
      title: 'Ask and wait for answers',
      description:
        'Begins a thread with a message that all participants must read, and waits until so many of them answered in it. What takes longer than 45 s is answered with a handle: call wait_for_responses with it.',
      effect: 'changes',
      actor: 'creator_id',
      input: z.strictObject({
        ...creating,
        participants: CriticalThreadSchema.shape.participants.describe('Who is asked.'),
        initial_message: CriticalThreadSchema.shape.initial_message.describe('What they must read.'),
        wait_for_responses: CriticalThreadSchema.shape.wait_for_responses.describe(
          'How many of them have to answer.',
        ),
        timeout_ms: CriticalThreadSchema.shape.timeout_ms.describe('After it, what came is all there is.'),
      }),
      output: answered,
      call: ({ idempotency_key: _key, ...thread }, call) =>
        during(
          Math.min(thread.timeout_ms, MAX_WAIT_MS) / 1_000,
          `${thread.creator_id} waits for answers`,
          call,
          (waitMs) =>
            call.threads.createCritical(
              thread,
              { waitMs, signal: call.context.signal },
              call.caller,
              call.once,
            ),
        ),
      text: answeredText,
    }),
    agentTool(running, {
      name: 'wait_for_responses',
      title: 'Go on waiting for answers',
      description: 'Waits for what is missing of the answers that create_critical_thread asked for.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        handle: threadId.describe('As create_critical_thread answered it.'),
        ...waitSeconds,
      }),
      output: answered,
      call: ({ handle, wait_seconds: seconds }, call) =>
        during(seconds, 'waits for answers', call, (waitMs) =>
          call.threads.responses(handle, { waitMs, signal: call.context.signal }, call.caller),
        ),
      text: answeredText,
    }),
    agentTool(running, {
      name: 'join_thread',
      title: 'Join a thread',
      description: 'Joins a thread whose id you were told. You get what is written from then on.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({ agent_id: agentId, thread_id: threadId, ...once }),
      output,
      call: async ({ agent_id: id, thread_id: thread }, { threads, caller, once: asked }) => ({
        thread: await threads.join(thread, id, caller, asked),
      }),
      text,
    }),
    agentTool(running, {
      name: 'list_threads',
      title: 'List your threads',
      description: 'The threads that you are in, the newest first.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        status: z.enum(THREAD_STATUSES).optional(),
        limit: z.int().min(1).max(MAX_LISTED).default(MAX_LISTED),
        cursor: AgentIdSchema.optional().describe('As the page before ended.'),
      }),
      output: z.object({
        threads: z.array(ApiThreadSchema),
        nextCursor: z.string().optional(),
        ...noticed,
      }),
      async call({ agent_id: participantId, ...query }, { threads, caller }) {
        const { items, nextCursor } = await threads.list({ participantId, ...query }, caller);
        return { threads: items, nextCursor };
      },
      text: ({ threads }) =>
        threads.length === 0 ? 'You are in no thread.' : threads.map(threadText).join('\n'),
    }),
    agentTool(running, {
      name: 'get_thread_details',
      title: 'Look at a thread',
      description: 'Who is in a thread, how it stands, and its newest messages. Nothing is read by it.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject({
        thread_id: threadId,
        agent_id: AgentIdSchema.optional().describe('Your agent, if you are one.'),
      }),
      output: z.object({
        thread: ApiThreadSchema,
        messages: z.array(ApiMessageSchema).describe('The newest first.'),
        ...noticed,
      }),
      async call({ thread_id: id }, { threads, caller }) {
        const query = { order: 'newest', cursor: undefined, limit: SHOWN_MESSAGES } as const;
        const thread = await threads.get(id, caller);
        return { thread, messages: (await threads.messages(id, query, caller)).items };
      },
      text: ({ thread, messages }) => [threadText(thread), ...messages.map(messageText)].join('\n\n'),
    }),
    agentTool(running, {
      name: 'add_participant_to_thread',
      title: 'Add somebody to a thread',
      description: 'Adds a participant to a thread that you are in.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        thread_id: threadId,
        participant_id: AgentIdSchema.describe('An agent, or "person:NAME".'),
        ...once,
      }),
      output,
      call: async (args, { threads, caller, once: asked }) => ({
        thread: await threads.add(
          { threadId: args.thread_id, by: args.agent_id, once: asked },
          args.participant_id,
          caller,
        ),
      }),
      text,
    }),
    agentTool(running, {
      name: 'remove_participant_from_thread',
      title: 'Take somebody out of a thread',
      description:
        'Takes a participant out of a thread that you created, or yourself out of any. Whoever created it stays.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        thread_id: threadId,
        participant_id: AgentIdSchema.describe('Who leaves.'),
        ...once,
      }),
      output,
      call: async (args, { threads, caller, once: asked }) => ({
        thread: await threads.remove(
          { threadId: args.thread_id, by: args.agent_id, once: asked },
          args.participant_id,
          caller,
        ),
      }),
      text,
    }),
    agentTool(running, {
      name: 'archive_thread',
      title: 'Archive a thread',
      description: 'Ends a thread that you created: nothing is written to it any more. It can be read.',
      effect: 'changes',
      isRepeatable: true,
      actor: 'agent_id',
      input: z.strictObject({ agent_id: agentId, thread_id: threadId, ...once }),
      output,
      call: async ({ agent_id: by, thread_id: id }, { threads, caller, once: asked }) => ({
        thread: await threads.archive({ threadId: id, by, once: asked }, caller),
      }),
      text,
    }),
  ];
}

function answeredText({ responses, complete, timed_out: isOver, handle }: z.output<typeof answered>): string {
  const state = complete
    ? 'All answers are there.'
    : isOver
      ? 'The time is over; these answers came.'
      : `Answers are missing still: call wait_for_responses with the handle ${handle}.`;
  return [state, ...responses.map(messageText)].join('\n\n');
}
