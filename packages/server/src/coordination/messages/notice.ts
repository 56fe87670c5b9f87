// What an agent is told of its messages beside every answer. Pure.

import type { Notice } from '@tutti/schemas';
import type { Waiting } from './board.ts';

export function mailNotice(waiting: Waiting | undefined): Pick<Notice, 'unread' | 'must_read'> {
  const mustRead = waiting?.mustRead ?? [];
  return {
    unread: waiting?.inbox.unread ?? 0,
    must_read: mustRead.map(({ message_id, sender_id, thread_id }) => ({
      message_id,
      sender_id,
      ...(thread_id !== null && { thread_id }),
    })),
  };
}
