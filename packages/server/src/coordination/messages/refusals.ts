// What is refused about threads and messages, in words that say what to do next.

import { AppError } from '../../kernel/errors.ts';
import type { MailBook } from './mail-book.ts';
import type { ThreadRow } from './rows.ts';

/** Names that one message lists. */
const MAX_NAMED = 10;

export function unknownParticipants(ids: readonly string[]): AppError {
  return new AppError(
    'not_found',
    `There is nobody of the name ${named(ids)}; find_agents says who is registered, and a person is "person:NAME". Nothing was sent.`,
    { details: { kind: 'unknown_recipient', recipients: ids.slice(0, MAX_NAMED) } },
  );
}

export function unknownThread(id: string): AppError {
  return new AppError('not_found', `There is no thread ${id}; create it with create_thread.`, {
    details: { kind: 'unknown_thread' },
  });
}

export function notParticipant(threadId: string, participantId: string): AppError {
  return new AppError(
    'refused',
    `${participantId} is not in the thread ${threadId}; call join_thread, or let a participant add it.`,
    { details: { kind: 'not_participant' } },
  );
}

export function requireThread(book: MailBook, id: string): ThreadRow {
  const thread = book.thread(id);
  if (thread === undefined) throw unknownThread(id);
  return thread;
}

export function requireOpen({ id, status }: ThreadRow): void {
  if (status !== 'archived' && status !== 'closed') return;
  throw new AppError('conflict', `The thread ${id} is ${status}; write to another one, or create it.`, {
    details: { kind: 'thread_closed' },
  });
}

export function requireKnown(book: MailBook, ids: readonly string[]): void {
  const unknown = ids.filter((id) => book.inbox(id) === undefined);
  if (unknown.length > 0) throw unknownParticipants(unknown);
}

export function named(ids: readonly string[]): string {
  const told = ids.slice(0, MAX_NAMED).join(', ');
  return ids.length > MAX_NAMED ? `${told} and ${ids.length - MAX_NAMED} more` : told;
}
