// Threads begin, and participants come and go. Pure.

import { MAX_THREAD_PARTICIPANTS, type ThreadSubmission } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { storableText } from '../../store/statement.ts';
import type { Once } from '../tasks/book.ts';
import { MAX_THREADS_OF_ONE } from './limits.ts';
import type { Body, MailBook, MailChange, MailIntent } from './mail-book.ts';
import { notParticipant, requireKnown, requireOpen, requireThread } from './refusals.ts';
import type { ThreadRow } from './rows.ts';
import { sent } from './sending.ts';

export interface NewThread {
  readonly id: string;
  readonly thread: ThreadSubmission;
  /** The first message, with its id. */
  readonly first?: { readonly id: string; readonly body: Body } | undefined;
  readonly once?: Once | undefined;
}

/** Whoever acts is a participant, or an administrator (undefined). */
export interface Membership {
  readonly threadId: string;
  readonly by: string | undefined;
  readonly participantId: string;
  readonly once?: Once | undefined;
}

export function creation({ id, thread, first, once }: NewThread): MailIntent {
  const { creator_id: creatorId, title, metadata } = thread;
  const others = [...new Set(thread.participants)].filter((one) => one !== creatorId);
  const all = [creatorId, ...others];
  if (all.length > MAX_THREAD_PARTICIPANTS) throw tooMany();
  return {
    threads: [],
    recipientsOf: [],
    inboxes: all,
    once,
    decide(book) {
      requireKnown(book, all);
      for (const participant of all) requireRoom(book, participant);
      const row: ThreadRow = {
        id,
        title: storableText(title),
        creator_id: creatorId,
        status: 'active',
        metadata: storableText(JSON.stringify(metadata)),
        last_seq: 0,
        created_ms: book.nowMs,
        updated_ms: book.nowMs,
      };
      const joined = all.map((participantId) => ({ kind: 'joined', threadId: id, participantId }) as const);
      const message =
        first === undefined
          ? []
          : sent(book, { ...first, threadId: id, senderId: creatorId, recipients: others });
      return {
        answer: { threadId: id, messageId: first?.id },
        changes: [{ kind: 'thread', row }, ...joined, ...message],
      };
    },
  };
}

/** By itself. */
export function joining({ threadId, participantId, once }: Omit<Membership, 'by'>): MailIntent {
  return change({ threadId, inboxes: [participantId], once }, (book, thread) =>
    joined(book, thread, participantId),
  );
}

/** By a participant. */
export function adding({ threadId, by, participantId, once }: Membership): MailIntent {
  return change({ threadId, inboxes: [participantId], once }, (book, thread) => {
    requireParticipant(book, thread, by);
    return joined(book, thread, participantId);
  });
}

/** By the creator, or by itself; never the creator. */
export function removing({ threadId, by, participantId, once }: Membership): MailIntent {
  return change({ threadId, inboxes: [participantId], once }, (book, thread) => {
    requireParticipant(book, thread, by);
    if (participantId === thread.creator_id)
      throw new AppError(
        'refused',
        `${participantId} created the thread ${threadId} and stays in it; archive_thread ends it.`,
        { details: { kind: 'creator_stays' } },
      );
    if (by !== undefined && by !== participantId && by !== thread.creator_id)
      throw new AppError(
        'refused',
        `Only ${thread.creator_id}, who created the thread, or ${participantId} itself can do that.`,
        { details: { kind: 'not_creator' } },
      );
    // It is gone already: the same again.
    if (!book.participants(threadId).includes(participantId)) return [];
    return [{ kind: 'left', threadId, participantId }, touched(book, thread)];
  });
}

/** By the creator; by any participant where the creator is gone. */
export function archiving({ threadId, by, once }: Omit<Membership, 'participantId'>): MailIntent {
  return change({ threadId, inboxes: [], once }, (book, thread) => {
    requireParticipant(book, thread, by);
    const isOrphan = !book.participants(threadId).includes(thread.creator_id);
    if (by !== undefined && by !== thread.creator_id && !isOrphan)
      throw new AppError('refused', `Only ${thread.creator_id}, who created the thread, can archive it.`, {
        details: { kind: 'not_creator' },
      });
    if (thread.status === 'archived') return [];
    return [{ kind: 'thread', row: { ...thread, status: 'archived', updated_ms: book.nowMs } }];
  });
}

function change(
  { threadId, inboxes, once }: { threadId: string; inboxes: readonly string[]; once: Once | undefined },
  decide: (book: MailBook, thread: ThreadRow) => readonly MailChange[],
): MailIntent {
  return {
    threads: [threadId],
    recipientsOf: [],
    inboxes,
    once,
    decide: (book) => ({ answer: { threadId }, changes: decide(book, requireThread(book, threadId)) }),
  };
}

function joined(book: MailBook, thread: ThreadRow, participantId: string): readonly MailChange[] {
  requireOpen(thread);
  requireKnown(book, [participantId]);
  const participants = book.participants(thread.id);
  if (participants.includes(participantId)) return [];
  if (participants.length >= MAX_THREAD_PARTICIPANTS) throw tooMany();
  requireRoom(book, participantId);
  return [{ kind: 'joined', threadId: thread.id, participantId }, touched(book, thread)];
}

function touched(book: MailBook, thread: ThreadRow): MailChange {
  return { kind: 'thread', row: { ...thread, updated_ms: book.nowMs } };
}

function requireParticipant(book: MailBook, { id }: ThreadRow, by: string | undefined): void {
  if (by !== undefined && !book.participants(id).includes(by)) throw notParticipant(id, by);
}

function requireRoom(book: MailBook, participantId: string): void {
  if ((book.inbox(participantId)?.threads ?? 0) < MAX_THREADS_OF_ONE) return;
  throw new AppError(
    'overloaded',
    `${participantId} is in ${MAX_THREADS_OF_ONE} threads already; let it leave some, or archive them.`,
    { details: { kind: 'too_many_threads' } },
  );
}

function tooMany(): AppError {
  return new AppError(
    'overloaded',
    `A thread has at most ${MAX_THREAD_PARTICIPANTS} participants; use several threads, or broadcast_message.`,
    { details: { kind: 'too_many_participants' } },
  );
}
