// The questions of a session that the client has not answered. When the session is gone nobody waits for them: the client
// is told, and what it says all the same must not pass for an answer to a question of the next session.

import { type Message, notification, spanText } from '@tutti/wire';

export interface OpenAsks {
  /** A message to the client. */
  sent(message: Message): void;
  /** Whether the client's answer may go to the host. */
  mayAnswer(message: Message): boolean;
  /** The session is gone; what the client must be told. */
  takeBack(): Buffer[];
}

export function createOpenAsks(): OpenAsks {
  const open = new Set<string>();
  let stale = new Set<string>();
  return {
    sent(message) {
      if (message.kind === 'request' && message.id !== undefined)
        open.add(spanText(message.bytes, message.id));
      const withdrawn =
        message.method === 'notifications/cancelled' ? message.members.get('requestId') : undefined;
      if (withdrawn !== undefined) open.delete(spanText(message.bytes, withdrawn));
    },
    mayAnswer(message) {
      const id = message.id === undefined ? '' : spanText(message.bytes, message.id);
      return open.delete(id) || !stale.delete(id);
    },
    takeBack() {
      stale = new Set(open);
      open.clear();
      return [...stale].map((id) =>
        notification('notifications/cancelled', `{"requestId":${id},"reason":"The session ended."}`),
      );
    },
  };
}
