// Messages: sent, taken, acknowledged.

import {
  AckRequestSchema,
  AgentIdSchema,
  MAX_PAGE_MESSAGES,
  MessageSubmissionSchema,
  ReceivedMessageSchema,
  SentMessageSchema,
} from '@tutti/schemas';
import { z } from 'zod';
import type { Running } from '../native-deps.ts';
import type { NativeTool } from '../native-tool.ts';
import { type AgentCall, agentTool, noticed } from './agent-tool.ts';
import { agentId, once } from './arguments.ts';
import { messageText } from './message-text.ts';
import { createWaiting, waitSeconds } from './waiting.ts';

const DEFAULT_LIMIT = 10;

const shape = MessageSubmissionSchema.shape;
const written = {
  sender_id: AgentIdSchema.describe('Your agent; or "person:NAME" for yourself.'),
  content: shape.content.describe(
    'Text, or an object whose `type` says what it is, such as status_update, query, response, blocker_report.',
  ),
  urgent: shape.urgent.describe('The recipient should look at it soon.'),
  importance: shape.importance.describe(
    'must_read: the recipient changes nothing before it has acknowledged it.',
  ),
  reply_to: shape.reply_to.describe('The id of the message that this one answers.'),
  attachments: shape.attachments.describe('What it speaks of: where it lies, its size and hash.'),
  ...once,
};

const SentStateSchema = SentMessageSchema.pick({
  id: true,
  thread_id: true,
  recipient_ids: true,
  bounced: true,
});
const sentState = z.object({ message: SentStateSchema, ...noticed });

const received = z.object({
  messages: z.array(ReceivedMessageSchema).describe('The newest first.'),
  unread: z.int().describe('Those that are left.'),
  ...noticed,
});

const looked = {
  agent_id: agentId,
  thread_id: AgentIdSchema.optional().describe('Only those of this thread.'),
  limit: z.int().min(1).max(MAX_PAGE_MESSAGES).default(DEFAULT_LIMIT),
  since: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Those from then on, read or not: ISO 8601. Left out: those that you have not read.'),
  wait_seconds: waitSeconds.wait_seconds.default(0),
};
type Looked = z.output<z.ZodObject<typeof looked>>;

export function messageTools(running: Running): readonly NativeTool[] {
  const waiting = createWaiting();

  async function hand(kind: 'take' | 'check', asked: Looked, call: AgentCall) {
    const { messages, caller, context, deps } = call;
    const { agent_id: id, thread_id: threadId, limit, since, wait_seconds: seconds } = asked;
    const { items, inbox } = await waiting.during(
      { seconds, what: `${id} waits for messages`, context, clock: deps.clock },
      (waitMs) =>
        messages[kind](
          id,
          {
            threadId,
            limit,
            sinceMs: since === undefined ? undefined : Date.parse(since),
            wait: { waitMs, signal: context.signal },
            once: kind === 'take' ? call.once : undefined,
          },
          caller,
        ),
    );
    return { messages: [...items], unread: inbox.unread };
  }

  const shown = ({ messages, unread }: z.output<typeof received>): string =>
    messages.length === 0
      ? 'There are no new messages.'
      : [...messages.map(messageText), ...(unread > 0 ? [`${unread} more are not read.`] : [])].join('\n\n');

  return [
    agentTool(running, {
      name: 'send_message',
      title: 'Send a message',
      description:
        'Sends a message to one participant (recipient_id) or to all others of a thread (thread_id). It is kept until the recipient takes it; if it is gone before, the message comes back to you.',
      effect: 'changes',
      actor: 'sender_id',
      input: z.strictObject({
        recipient_id: shape.recipient_id.describe('An agent, or "person:NAME".'),
        thread_id: shape.thread_id.describe('Instead of recipient_id.'),
        ...written,
      }),
      output: sentState,
      call: async ({ idempotency_key: _key, ...message }, { messages, caller, once: asked }) => ({
        message: await messages.send(message, caller, asked),
      }),
      text: sentText,
    }),
    agentTool(running, {
      name: 'broadcast_message',
      title: 'Send a message to several',
      description:
        'Sends one message to several participants. Whoever can get it gets it; for each of the others a message says why not.',
      effect: 'changes',
      actor: 'sender_id',
      input: z.strictObject({
        recipient_ids: shape.recipient_ids.unwrap().describe('Agents, or "person:NAME".'),
        ...written,
      }),
      output: sentState,
      call: async ({ idempotency_key: _key, ...message }, { messages, caller, once: asked }) => ({
        message: await messages.send(message, caller, asked),
      }),
      text: sentText,
    }),
    agentTool(running, {
      name: 'get_messages',
      title: 'Get your messages',
      description:
        'Hands you the messages that you have not read, the newest first; they are read then. ack_messages says that you have dealt with them.',
      effect: 'changes',
      isHeldBack: false,
      actor: 'agent_id',
      input: z.strictObject({ ...looked, ...once }),
      output: received,
      call: (args, call) => hand('take', args, call),
      text: shown,
    }),
    agentTool(running, {
      name: 'check_new_messages',
      title: 'Look for new messages',
      description: 'Shows the messages that you have not read, and leaves them unread. It can wait for one.',
      effect: 'reads',
      actor: 'agent_id',
      input: z.strictObject(looked),
      output: received,
      call: (args, call) => hand('check', args, call),
      text: shown,
    }),
    agentTool(running, {
      name: 'ack_messages',
      title: 'Acknowledge messages',
      description: 'Says that you have dealt with these messages. Doing it again changes nothing.',
      effect: 'changes',
      isRepeatable: true,
      isHeldBack: false,
      actor: 'agent_id',
      input: z.strictObject({
        agent_id: agentId,
        message_ids: AckRequestSchema.shape.message_ids.describe('Ids of messages that you got.'),
        ...once,
      }),
      output: z.object({ acked_count: z.int(), ...noticed }),
      call: async ({ agent_id: id, message_ids: ids }, { messages, caller, once: asked }) => ({
        acked_count: await messages.ack(id, ids, caller, asked),
      }),
      text: ({ acked_count: count }) =>
        `${count} ${count === 1 ? 'message is' : 'messages are'} acknowledged now that ${count === 1 ? 'was' : 'were'} not before.`,
    }),
  ];
}

function sentText({ message }: z.output<typeof sentState>): string {
  const { id, recipient_ids: to, bounced } = message;
  const missed = bounced.map(({ recipient_id: who, reason }) => `Not to ${who}: ${reason}.`);
  return [
    `Sent as ${id} to ${to.length - bounced.length} of ${to.length} recipients.`,
    ...missed.slice(0, 10),
  ].join(' ');
}
