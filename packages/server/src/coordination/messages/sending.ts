// Who gets a message, and who does not. Pure.
//
// A message that is meant for one and can't be delivered is refused, and nothing happens. One for several goes to those
// who can get it; for each of the others the sender gets a message that says so.

import { MAX_MESSAGE_BYTES, type MessageContent, type MessageSubmission } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { storableText } from '../../store/statement.ts';
import type { Once } from '../tasks/book.ts';
import { typeOfContent } from './content-type.ts';
import { MAX_ATTACHMENT_BYTES, MAX_UNREAD } from './limits.ts';
import type { Body, MailBook, MailChange, MailIntent, NewMessage } from './mail-book.ts';
import { notParticipant, requireKnown, requireOpen, requireThread, unknownParticipants } from './refusals.ts';

export interface Sending {
  readonly id: string;
  readonly message: MessageSubmission;
  readonly once?: Once | undefined;
}

export function sending({ id, message, once }: Sending): MailIntent {
  const { sender_id: senderId, thread_id: threadId } = message;
  const named = namedRecipients(message);
  const body = bodyOf(message);
  return {
    threads: threadId === undefined ? [] : [threadId],
    recipientsOf: threadId === undefined ? [] : [threadId],
    inboxes: [senderId, ...named],
    once,
    decide(book) {
      const recipients = threadId === undefined ? named : othersOf(book, threadId, senderId);
      if (named.length > 0) requireKnown(book, named);
      return { answer: { messageId: id }, changes: sent(book, { id, threadId, senderId, recipients, body }) };
    },
  };
}

/** A message that may be sent, with what comes back of it. */
export function sent(book: MailBook, message: Omit<NewMessage, 'to'>): readonly MailChange[] {
  const { recipients, senderId, id } = message;
  const [only] = recipients;
  if (only === undefined)
    throw new AppError(
      'invalid_params',
      'Nobody else is there to get the message; add participants to the thread first.',
      { details: { kind: 'nobody' } },
    );
  const obstacles = recipients.map((recipientId) => ({ recipientId, reason: obstacleOf(book, recipientId) }));
  const to = obstacles.flatMap(({ recipientId, reason }) => (reason === undefined ? recipientId : []));
  const bounced = obstacles.flatMap(({ recipientId, reason }) =>
    reason === undefined ? [] : [{ senderId, messageId: id, recipientId, reason }],
  );
  if (recipients.length === 1 && bounced.length === 1)
    throw book.inbox(only) === undefined ? unknownParticipants([only]) : inboxFull(only);
  return [
    { kind: 'message', message: { ...message, to } },
    ...bounced.map((bounce) => ({ kind: 'bounce', bounce }) as const),
  ];
}

/** Why somebody can't get a message; undefined: nothing stands in the way. */
function obstacleOf(book: MailBook, recipientId: string): string | undefined {
  const inbox = book.inbox(recipientId);
  if (inbox === undefined) return `${recipientId} is gone`;
  return inbox.unread >= MAX_UNREAD
    ? `${recipientId} has ${MAX_UNREAD} messages that it has not read`
    : undefined;
}

function inboxFull(recipientId: string): AppError {
  return new AppError(
    'overloaded',
    `${recipientId} has ${MAX_UNREAD} messages that it has not read; nothing was sent. Try again when it has read some, or ask somebody else.`,
    { details: { kind: 'inbox_full', recipients: [recipientId] } },
  );
}

function othersOf(book: MailBook, threadId: string, senderId: string): readonly string[] {
  const thread = requireThread(book, threadId);
  const participants = book.participants(threadId);
  if (!participants.includes(senderId)) throw notParticipant(threadId, senderId);
  requireOpen(thread);
  return participants.filter((id) => id !== senderId);
}

function namedRecipients({
  sender_id: senderId,
  recipient_id: one,
  recipient_ids: several,
  thread_id: threadId,
}: MessageSubmission): readonly string[] {
  const given = [one, several, threadId].filter((value) => value !== undefined);
  if (given.length !== 1)
    throw new AppError(
      'invalid_params',
      'Give either recipient_id or thread_id (or several recipient_ids).',
      {
        details: { kind: 'recipients' },
      },
    );
  const named = [...new Set(several ?? (one === undefined ? [] : [one]))];
  if (named.includes(senderId))
    throw new AppError('invalid_params', `${senderId} can't send a message to itself.`, {
      details: { kind: 'recipients' },
    });
  return named;
}

/** Throws an AppError where it is too large. */
export function bodyOf(
  message: Pick<MessageSubmission, 'content' | 'attachments' | 'urgent' | 'importance' | 'reply_to'>,
): Body {
  const { attachments, urgent, importance, reply_to: replyTo } = message;
  const kept = JSON.stringify(attachments);
  if (Buffer.byteLength(kept) > MAX_ATTACHMENT_BYTES)
    throw new AppError(
      'too_large',
      `The attachments take more than ${MAX_ATTACHMENT_BYTES} bytes; name fewer.`,
      {
        details: { limit: MAX_ATTACHMENT_BYTES },
      },
    );
  return {
    ...contentOf(message.content),
    attachments: storableText(kept),
    urgent: urgent ? 1 : 0,
    importance,
    reply_to: replyTo ?? null,
  };
}

function contentOf(content: MessageContent): Pick<Body, 'type' | 'content' | 'is_object'> {
  const isObject = typeof content !== 'string';
  const text = isObject ? JSON.stringify(content) : content;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_MESSAGE_BYTES)
    throw new AppError(
      'too_large',
      `The content has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} are sent. Put it into a file and send where it is.`,
      { details: { limit: MAX_MESSAGE_BYTES } },
    );
  return { type: typeOfContent(content), content: storableText(text), is_object: isObject ? 1 : 0 };
}
