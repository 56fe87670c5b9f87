// A batch of decisions as it grows: what is read through the book has the changes before in it, and what is to be written
// comes out at the end. Sequence numbers are given here, where the rows that count them are locked.

import { BounceSchema, TUTTI_PARTICIPANT } from '@tutti/schemas';
import type { MakeId } from '../../kernel/ids.ts';
import type { Bounce, MailBook, MailChange, NewMessage } from './mail-book.ts';
import type { DeliveryRow, InboxRow, MessageRow, ParticipantRow, ThreadRow } from './rows.ts';

export interface LoadedMail {
  readonly nowMs: number;
  readonly threads: readonly ThreadRow[];
  /** In the order in which they joined. */
  readonly participants: readonly ParticipantRow[];
  readonly inboxes: readonly InboxRow[];
}

export interface MailDraft {
  readonly book: MailBook;
  apply(changes: readonly MailChange[]): void;
  readonly addedThreads: readonly ThreadRow[];
  readonly changedThreads: readonly ThreadRow[];
  /** What came to be of all of it: who came and went again is in neither. */
  readonly joined: readonly ParticipantRow[];
  readonly left: readonly ParticipantRow[];
  readonly messages: readonly MessageRow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly changedInboxes: readonly InboxRow[];
}

export function createMailDraft(loaded: LoadedMail, makeId: MakeId): MailDraft {
  const { nowMs } = loaded;
  const threads = new Map(loaded.threads.map((row) => [row.id, row]));
  const known = new Set(threads.keys());
  const inboxes = new Map(loaded.inboxes.map((row) => [row.participant_id, row]));
  const participants = new Map<string, string[]>();
  for (const { thread_id: id, participant_id: who } of loaded.participants)
    participants.set(id, [...(participants.get(id) ?? []), who]);
  const changedThreads = new Set<string>();
  const changedInboxes = new Set<string>();
  const before = new Map([...participants].map(([id, all]) => [id, new Set(all)]));
  const touched = new Set<string>();
  const versions = new Map(loaded.inboxes.map((row) => [row.participant_id, row.version]));
  const messages: MessageRow[] = [];
  const deliveries: DeliveryRow[] = [];

  function putInbox(id: string, edit: (row: InboxRow) => Partial<InboxRow>): InboxRow | undefined {
    const row = inboxes.get(id);
    if (row === undefined) return undefined;
    const after = { ...row, ...edit(row), changed_ms: nowMs };
    inboxes.set(id, after);
    changedInboxes.add(id);
    return after;
  }

  function nextOfThread(threadId: string): number | null {
    const thread = threads.get(threadId);
    if (thread === undefined) return null;
    const lastSeq = thread.last_seq + 1;
    threads.set(threadId, { ...thread, last_seq: lastSeq, updated_ms: nowMs });
    changedThreads.add(threadId);
    return lastSeq;
  }

  function addMessage({ id, threadId, senderId, recipients, to, body }: NewMessage): void {
    const threadSeq = threadId === undefined ? null : nextOfThread(threadId);
    messages.push({
      id,
      thread_id: threadId ?? null,
      thread_seq: threadSeq,
      sender_id: senderId,
      recipients: JSON.stringify(recipients),
      ...body,
      created_ms: nowMs,
    });
    const mustRead = body.importance === 'must_read' ? 1 : 0;
    for (const recipientId of to) {
      const inbox = putInbox(recipientId, (row) => ({
        last_seq: row.last_seq + 1,
        unread: row.unread + 1,
        unacked: row.unacked + 1,
        must_read: row.must_read + mustRead,
      }));
      if (inbox === undefined) continue;
      deliveries.push({
        recipient_id: recipientId,
        seq: inbox.last_seq,
        message_id: id,
        thread_id: threadId ?? null,
        sender_id: senderId,
        must_read: mustRead,
        created_ms: nowMs,
        delivered_ms: null,
        read_ms: null,
        acked_ms: null,
        bounced_ms: null,
        bounce_reason: null,
        ended_ms: null,
      });
    }
  }

  function apply(change: MailChange): void {
    switch (change.kind) {
      case 'thread':
        threads.set(change.row.id, change.row);
        changedThreads.add(change.row.id);
        return;
      case 'joined':
      case 'left': {
        const { threadId, participantId, kind } = change;
        const others = (participants.get(threadId) ?? []).filter((id) => id !== participantId);
        participants.set(threadId, kind === 'joined' ? [...others, participantId] : others);
        touched.add(threadId);
        putInbox(participantId, (inbox) => ({
          threads: Math.max(0, inbox.threads + (kind === 'joined' ? 1 : -1)),
        }));
        return;
      }
      case 'message':
        return addMessage(change.message);
      case 'bounce':
        if (inboxes.has(change.bounce.senderId)) addMessage(bounceMessage(change.bounce, makeId('msg')));
        return;
    }
  }

  function rowsOf(whoOf: (threadId: string) => readonly string[]): readonly ParticipantRow[] {
    return [...touched].flatMap((id) =>
      whoOf(id).map((who) => ({ thread_id: id, participant_id: who, joined_ms: nowMs })),
    );
  }

  return {
    book: {
      nowMs,
      thread: (id) => threads.get(id),
      participants: (id) => participants.get(id) ?? [],
      inbox: (id) => inboxes.get(id),
    },
    apply: (changes) => changes.forEach(apply),
    get addedThreads() {
      return [...changedThreads].filter((id) => !known.has(id)).flatMap((id) => threads.get(id) ?? []);
    },
    get changedThreads() {
      return [...changedThreads].filter((id) => known.has(id)).flatMap((id) => threads.get(id) ?? []);
    },
    get joined() {
      return rowsOf((id) => (participants.get(id) ?? []).filter((who) => before.get(id)?.has(who) !== true));
    },
    get left() {
      return rowsOf((id) =>
        [...(before.get(id) ?? [])].filter((who) => participants.get(id)?.includes(who) !== true),
      );
    },
    messages,
    deliveries,
    get changedInboxes() {
      return [...changedInboxes].flatMap((id) => {
        const row = inboxes.get(id);
        return row === undefined ? [] : { ...row, version: (versions.get(id) ?? 0) + 1 };
      });
    },
  };
}

/** What Tutti writes to the sender of a message that could not be delivered. */
export function bounceMessage(bounce: Bounce, id: string): NewMessage {
  const { senderId, messageId, recipientId, reason } = bounce;
  const content = BounceSchema.parse({
    type: 'bounce',
    message_id: messageId,
    recipient_id: recipientId,
    reason,
  });
  return {
    id,
    threadId: undefined,
    senderId: TUTTI_PARTICIPANT,
    recipients: [senderId],
    to: [senderId],
    body: {
      type: content.type,
      content: JSON.stringify(content),
      is_object: 1,
      attachments: '[]',
      urgent: 0,
      importance: 'high',
      reply_to: messageId,
    },
  };
}
