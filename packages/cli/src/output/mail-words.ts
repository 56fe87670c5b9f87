// How threads and messages read.

import type { ApiMessage, ApiThread, ReceivedMessage } from '@tutti/schemas';
import { fieldLines, MAX_TEXT_WIDTH, section } from './description.ts';
import { oneLine } from './printable.ts';
import { relativeTime } from './words.ts';

/** What became of it at the recipient. */
export function deliveryWord({ delivery }: Pick<ReceivedMessage, 'delivery'>): string {
  if (delivery.bounced_at !== undefined) return 'bounced';
  if (delivery.acked_at !== undefined) return 'acked';
  if (delivery.read_at !== undefined) return 'read';
  return delivery.delivered_at === undefined ? 'new' : 'delivered';
}

export function contentText({ content }: Pick<ApiMessage, 'content'>): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** What makes it stand out; nothing for most. */
export function markOf({ importance, urgent, type }: ApiMessage): string {
  return [
    ...(importance === 'normal' ? [] : [importance]),
    ...(urgent ? ['urgent'] : []),
    ...(type === 'text' ? [] : [type]),
  ].join(', ');
}

export function threadLines(thread: ApiThread, messages: readonly ApiMessage[], nowMs: number): string[] {
  const metadata = JSON.stringify(thread.metadata);
  return [
    ...fieldLines([
      ['Id', thread.id],
      ['Title', oneLine(thread.title, Infinity)],
      ['Creator', oneLine(thread.creator_id, Infinity)],
      ['Status', thread.status],
      ['Messages', String(thread.messages)],
      ['Metadata', metadata === '{}' ? undefined : oneLine(metadata, MAX_TEXT_WIDTH)],
      ['Created', `${thread.created_at} (${relativeTime(thread.created_at, nowMs)})`],
      ['Changed', `${thread.updated_at} (${relativeTime(thread.updated_at, nowMs)})`],
    ]),
    ...section(
      'Participants',
      thread.participants.map((id) => [oneLine(id, Infinity)]),
    ),
    ...section(
      'Messages',
      messages
        .toReversed()
        .map((message) => [
          relativeTime(message.created_at, nowMs),
          oneLine(message.sender_id, Infinity),
          markOf(message),
          oneLine(contentText(message), MAX_TEXT_WIDTH),
        ]),
    ),
  ];
}
