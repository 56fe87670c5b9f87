// What an agent has to know, as a line for a model to read; nothing where there is nothing to know. Pure.

import type { Notice } from '@tutti/schemas';

/** Claims that are told one by one. */
const MAX_TOLD = 10;

export function noticeText(notice: Notice | undefined): string {
  if (notice === undefined) return '';
  const { unread, must_read: mustRead, offered, unproven = [], lost, leases = [] } = notice;
  const parts: string[] = [];
  if (mustRead.length > 0)
    parts.push(
      `Before you change anything, read and acknowledge: ${listed(mustRead, ({ message_id: id, sender_id: from }) => `${id} (from ${from})`)}. Call get_messages, then ack_messages.`,
    );
  if (lost.length > 0)
    parts.push(
      `You lost: ${listed(lost, ({ task_id, claim, reason }) => `${task_id} (claim ${claim}): ${reason}`)}. Stop working on ${lost.length === 1 ? 'it' : 'them'}.`,
    );
  if (offered.length > 0)
    parts.push(
      `Offered to you and not begun: ${listed(offered, ({ task_id, claim }) => `${task_id} (claim ${claim})`)}. Call start_task, or release_task.`,
    );
  if (unproven.length > 0)
    parts.push(
      `Not proven yet: ${listed(unproven, ({ task_id, claim, why }) => `${task_id} (claim ${claim}): ${why}`)}. Mend it and call prove_task, or release_task.`,
    );
  if (leases.length > 0)
    parts.push(`Files: ${listed(leases, ({ paths, message }) => `${paths.join(', ')}: ${message}`)}`);
  if (unread > 0)
    parts.push(
      `You have ${unread} unread ${unread === 1 ? 'message' : 'messages'}; get_messages shows ${unread === 1 ? 'it' : 'them'}.`,
    );
  return parts.length === 0 ? '' : `\nNotice: ${parts.join(' ')}`;
}

function listed<T>(items: readonly T[], textOf: (item: T) => string): string {
  const told = items.slice(0, MAX_TOLD).map(textOf).join('; ');
  return items.length > MAX_TOLD ? `${told}; and ${items.length - MAX_TOLD} more` : told;
}
