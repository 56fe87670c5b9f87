// Threads and messages as they are stored.

import type { MessageImportance, ThreadStatus } from '@tutti/schemas';
import type { AgentTables } from '../agents/agent-row.ts';
import type { AnswerRow } from '../tasks/queries.ts';

export interface ThreadRow {
  id: string;
  title: string;
  creator_id: string;
  status: ThreadStatus;
  /** JSON. */
  metadata: string;
  /** Of its messages, without a gap. */
  last_seq: number;
  created_ms: number;
  updated_ms: number;
}

export interface ParticipantRow {
  thread_id: string;
  participant_id: string;
  joined_ms: number;
}

export interface MessageRow {
  id: string;
  thread_id: string | null;
  thread_seq: number | null;
  sender_id: string;
  /** JSON of ids. */
  recipients: string;
  type: string;
  /** Text; JSON where `is_object`. */
  content: string;
  is_object: number;
  /** JSON. */
  attachments: string;
  urgent: number;
  importance: MessageImportance;
  reply_to: string | null;
  created_ms: number;
}

/** One recipient's copy. Open until it is acknowledged, or bounced, or the recipient is gone. */
export interface DeliveryRow {
  recipient_id: string;
  seq: number;
  message_id: string;
  thread_id: string | null;
  sender_id: string;
  must_read: number;
  created_ms: number;
  delivered_ms: number | null;
  read_ms: number | null;
  acked_ms: number | null;
  bounced_ms: number | null;
  bounce_reason: string | null;
  ended_ms: number | null;
}

/** Guards all deliveries of a participant: whoever adds or changes one has locked it. */
export interface InboxRow {
  participant_id: string;
  /** Of the agent as it was registered when it got its first message; another one is another agent. 0: a person. */
  registered_ms: number;
  last_seq: number;
  /** What came before is not this agent's. */
  since_seq: number;
  unread: number;
  unacked: number;
  must_read: number;
  /** Threads that it is in. */
  threads: number;
  changed_ms: number;
  version: number;
}

export interface MailTables {
  messages_threads: ThreadRow;
  messages_participants: ParticipantRow;
  messages_messages: MessageRow;
  messages_deliveries: DeliveryRow;
  messages_inboxes: InboxRow;
  tasks_answers: AnswerRow;
  agents_agents: AgentTables['agents_agents'];
}

/** What is known of an agent that may be written to. */
export interface Holder {
  readonly id: string;
  readonly registered_ms: number;
}

export function emptyInbox(participantId: string, registeredMs: number, nowMs: number): InboxRow {
  return {
    participant_id: participantId,
    registered_ms: registeredMs,
    last_seq: 0,
    since_seq: 0,
    unread: 0,
    unacked: 0,
    must_read: 0,
    threads: 0,
    changed_ms: nowMs,
    version: 1,
  };
}
