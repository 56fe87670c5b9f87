// What a batch of decisions about mail sees: threads and inboxes that they named, locked, as they are after the decisions
// before them in the same batch. A decision reads it and returns what is to change; the post office does the rest.

import type { Once } from '../tasks/book.ts';
import type { InboxRow, MessageRow, ThreadRow } from './rows.ts';

export interface MailBook {
  /** The database's clock. */
  readonly nowMs: number;
  thread(id: string): ThreadRow | undefined;
  /** In the order in which they joined. */
  participants(threadId: string): readonly string[];
  /** Undefined: nobody of this name can be written to. */
  inbox(participantId: string): InboxRow | undefined;
}

/** What a message says, whoever gets it. */
export type Body = Pick<
  MessageRow,
  'type' | 'content' | 'is_object' | 'attachments' | 'urgent' | 'importance' | 'reply_to'
>;

export interface NewMessage {
  readonly id: string;
  readonly threadId: string | undefined;
  readonly senderId: string;
  /** Whom it is meant for. */
  readonly recipients: readonly string[];
  /** Those of them who get it. */
  readonly to: readonly string[];
  readonly body: Body;
}

/** Tells the sender that one recipient does not get the message. */
export interface Bounce {
  readonly senderId: string;
  readonly messageId: string;
  readonly recipientId: string;
  readonly reason: string;
}

export type MailChange =
  /** A new one, or as it is from now on. */
  | { readonly kind: 'thread'; readonly row: ThreadRow }
  | {
      readonly kind: 'joined' | 'left';
      readonly threadId: string;
      readonly participantId: string;
    }
  | { readonly kind: 'message'; readonly message: NewMessage }
  | { readonly kind: 'bounce'; readonly bounce: Bounce };

/** Small, so that it can be kept for an idempotency key. */
export interface MailAnswer {
  readonly messageId?: string | undefined;
  readonly threadId?: string | undefined;
}

export interface MailDecision {
  readonly answer: MailAnswer;
  readonly changes: readonly MailChange[];
}

/** Something that is wanted of the post office. */
export interface MailIntent {
  /** Locked. */
  readonly threads: readonly string[];
  /** Of those, the ones whose participants' inboxes are needed. */
  readonly recipientsOf: readonly string[];
  /** Locked, after the threads. */
  readonly inboxes: readonly string[];
  /** The same again gets the first answer. */
  readonly once?: Once | undefined;
  /** Throws an AppError to refuse: then nothing of it happens. Pure. */
  decide(book: MailBook): MailDecision;
}
