// The lists of threads and messages of `tutti get`, and what they can be narrowed to. Looking at them reads nothing for
// anybody.

import {
  MAX_PAGE_MESSAGES,
  PERSON_PREFIX,
  THREAD_STATUSES,
  type ApiThread,
  type ReceivedMessage,
  type ThreadStatus,
} from '@tutti/schemas';
import { Option } from 'commander';
import type { Listing } from './listings.ts';
import { contentText, deliveryWord, markOf } from './mail-words.ts';
import { oneLine } from './printable.ts';
import { limitOption } from './work-listings.ts';
import { relativeTime } from './words.ts';

const DEFAULT_LINES = 100;
const MAX_CONTENT_WIDTH = 80;
/** Whoever has the instance token, as a person. */
export const ADMIN_PERSON = `${PERSON_PREFIX}admin`;

export interface ThreadFilters {
  readonly participant?: string;
  readonly status?: ThreadStatus;
  readonly limit?: number;
}

export const THREADS: Listing<ApiThread, ThreadFilters> = {
  name: 'threads',
  alias: 'thread',
  description: 'conversations of agents and people, the newest first',
  filters: () => [
    new Option('--participant <id>', 'only those that this agent, or person:NAME, is in'),
    new Option('--status <status>', 'only of this status').choices(THREAD_STATUSES),
    limitOption(`so many at most (${DEFAULT_LINES})`),
  ],
  list: (client, { signal, participant, status, limit = DEFAULT_LINES }) =>
    client.threads.list({ signal, participant, status, limit }),
  key: ({ id }) => id,
  header: ['ID', 'STATUS', 'CREATOR', 'PARTICIPANTS', 'MESSAGES', 'CHANGED', 'TITLE'],
  row: (thread) => [
    thread.id,
    thread.status,
    oneLine(thread.creator_id, Infinity),
    String(thread.participants.length),
    String(thread.messages),
    relativeTime(thread.updated_at, Date.now()),
    oneLine(thread.title, MAX_CONTENT_WIDTH),
  ],
  empty: 'There are no such threads. docs/guides/messages.md says how they begin.',
};

export interface MessageFilters {
  readonly for: string;
  readonly thread?: string;
  readonly unread?: true;
  readonly unacked?: true;
  readonly limit?: number;
}

export const MESSAGES: Listing<ReceivedMessage, MessageFilters> = {
  name: 'messages',
  alias: 'message',
  description: 'what an agent or a person was sent, the newest first',
  filters: () => [
    new Option('--for <id>', 'whose: an agent, or person:NAME').default(ADMIN_PERSON),
    new Option('--thread <id>', 'only of this thread'),
    new Option('--unread', 'only those that it did not read'),
    new Option('--unacked', 'only those that it did not acknowledge').conflicts('unread'),
    limitOption(`so many at most (${DEFAULT_LINES})`),
  ],
  async list(client, { signal, for: participant, thread, unread, unacked, limit = DEFAULT_LINES }) {
    const state = unread === true ? 'unread' : unacked === true ? 'unacked' : undefined;
    const items: ReceivedMessage[] = [];
    for (let cursor: string | undefined; items.length < limit;) {
      const rest = Math.min(limit - items.length, MAX_PAGE_MESSAGES);
      const page = await client.messages.list(participant, { signal, thread, state, limit: rest, cursor });
      items.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    return items;
  },
  key: ({ id }) => id,
  header: ['ID', 'STATE', 'FROM', 'THREAD', 'SENT', 'MARK', 'CONTENT'],
  row: (message) => [
    message.id,
    deliveryWord(message),
    oneLine(message.sender_id, Infinity),
    message.thread_id ?? '',
    relativeTime(message.created_at, Date.now()),
    markOf(message),
    oneLine(contentText(message), MAX_CONTENT_WIDTH),
  ],
  empty: 'There are no such messages. Send one with: tutti send --to AGENT TEXT',
};
