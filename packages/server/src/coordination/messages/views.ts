// Threads and messages as callers see them. Pure.

import type {
  ApiDelivery,
  ApiInbox,
  ApiMessage,
  ApiThread,
  ReceivedMessage,
  ThreadSubmission,
} from '@tutti/schemas';
import { ApiMessageSchema, AttachmentSchema, ThreadMetadataSchema } from '@tutti/schemas';
import { z } from 'zod';
import type { ReceivedRow } from './reads.ts';
import type { DeliveryRow, InboxRow, MessageRow, ThreadRow } from './rows.ts';

const IdsSchema = z.array(z.string());
const AttachmentsSchema = z.array(AttachmentSchema);

export function messageView(row: MessageRow): ApiMessage {
  return {
    id: row.id,
    ...(row.thread_id !== null && { thread_id: row.thread_id }),
    ...(row.thread_seq !== null && { thread_seq: row.thread_seq }),
    sender_id: row.sender_id,
    recipient_ids: IdsSchema.parse(JSON.parse(row.recipients)),
    type: row.type,
    content: contentOf(row),
    urgent: row.urgent === 1,
    importance: row.importance,
    ...(row.reply_to !== null && { reply_to: row.reply_to }),
    attachments: AttachmentsSchema.parse(JSON.parse(row.attachments)),
    created_at: timeOf(row.created_ms),
  };
}

function contentOf({ content, is_object: isObject }: MessageRow): ApiMessage['content'] {
  return isObject === 1 ? ApiMessageSchema.shape.content.parse(JSON.parse(content)) : content;
}

export function receivedView(row: ReceivedRow): ReceivedMessage {
  return { ...messageView(row), delivery: deliveryView(row) };
}

export function deliveryView(
  row: Omit<DeliveryRow, 'message_id' | 'thread_id' | 'sender_id' | 'created_ms'>,
): ApiDelivery {
  const { delivered_ms, read_ms, acked_ms, bounced_ms, bounce_reason } = row;
  return {
    recipient_id: row.recipient_id,
    seq: row.seq,
    ...(delivered_ms !== null && { delivered_at: timeOf(delivered_ms) }),
    ...(read_ms !== null && { read_at: timeOf(read_ms) }),
    ...(acked_ms !== null && { acked_at: timeOf(acked_ms) }),
    ...(bounced_ms !== null && { bounced_at: timeOf(bounced_ms) }),
    ...(bounce_reason !== null && { bounce_reason }),
  };
}

export function threadView(row: ThreadRow, participants: readonly string[]): ApiThread {
  return {
    id: row.id,
    title: row.title,
    creator_id: row.creator_id,
    participants: [...participants],
    status: row.status,
    metadata: metadataOf(row),
    messages: row.last_seq,
    created_at: timeOf(row.created_ms),
    updated_at: timeOf(row.updated_ms),
  };
}

export function metadataOf({ metadata }: Pick<ThreadRow, 'metadata'>): ThreadSubmission['metadata'] {
  return ThreadMetadataSchema.parse(JSON.parse(metadata));
}

export function inboxView(participantId: string, inbox: InboxRow | undefined): ApiInbox {
  return {
    participant_id: participantId,
    last_seq: inbox?.last_seq ?? 0,
    unread: inbox?.unread ?? 0,
    unacked: inbox?.unacked ?? 0,
    must_read: inbox?.must_read ?? 0,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
