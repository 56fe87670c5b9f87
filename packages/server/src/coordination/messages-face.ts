// Messages: sent, taken, acknowledged, looked at. A participant is an agent of the caller's, or the caller as a person.

import {
  type ApiInbox,
  type ApiDelivery,
  type ApiMessage,
  MAX_PAGE_MESSAGES,
  type MessageSubmission,
  type ReceivedMessage,
  type ReceivedPage,
  type SentMessage,
  type Unacked,
} from '@tutti/schemas';
import { AppError } from '../kernel/errors.ts';
import type { Wait } from '../kernel/news.ts';
import type { Caller } from './agents/registry.ts';
import type { Engine } from './engine.ts';
import type { Mail } from './mail.ts';
import { createActing } from './messages/acting.ts';
import type { Mark, Marked } from './messages/marks.ts';
import { mailNotice } from './messages/notice.ts';
import type { Posted } from './messages/post-office.ts';
import {
  readDeliveriesOf,
  readInboxes,
  readMessage,
  readReceived,
  readThreadParticipants,
  readUnacked,
} from './messages/reads.ts';
import { sending } from './messages/sending.ts';
import { deliveryView, inboxView, messageView, receivedView } from './messages/views.ts';
import { withinBytes } from './messages/marks.ts';
import type { Once } from './tasks/book.ts';

export interface TakeQuery {
  readonly threadId?: string | undefined;
  /** Those since then, read or not; left out: unread ones. */
  readonly sinceMs?: number | undefined;
  readonly limit: number;
  /** Left out: it does not wait where there is nothing. */
  readonly wait?: Wait | undefined;
  /** The same again hands out the same. */
  readonly once?: Once | undefined;
}

export interface Taken {
  readonly items: readonly ReceivedMessage[];
  /** After it. */
  readonly inbox: ApiInbox;
}

export interface InboxQuery {
  /** `newest`: those before the cursor; `oldest`: those behind it. */
  readonly order: 'newest' | 'oldest';
  readonly cursor: number | undefined;
  readonly threadId?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly state: 'unread' | 'unacked' | 'all';
  readonly limit: number;
}

export interface Messages {
  send(message: MessageSubmission, by: Caller, once?: Once): Promise<SentMessage>;
  /** The newest first; they are read then. */
  take(participantId: string, query: TakeQuery, by: Caller): Promise<Taken>;
  /** The same, and they are delivered, not read. */
  check(participantId: string, query: TakeQuery, by: Caller): Promise<Taken>;
  /** How many were not acknowledged before. */
  ack(participantId: string, messageIds: readonly string[], by: Caller, once?: Once): Promise<number>;
  /** Without any effect. */
  list(participantId: string, query: InboxQuery, by: Caller): Promise<ReceivedPage>;
  inbox(participantId: string, by: Caller): Promise<ApiInbox>;
  /** One message, with what became of it at each recipient; for its sender and its recipients. */
  get(id: string, by: Caller): Promise<ApiMessage & { readonly deliveries: readonly ApiDelivery[] }>;
  /** Of all of these at once, where they have messages that they did not acknowledge. */
  unacked(participantIds: readonly string[], by: Caller): Promise<readonly Unacked[]>;
  /** What waits for an agent, from memory; undefined: nothing. */
  noticeFor(agentId: string): ReturnType<typeof mailNotice> | undefined;
  /** The agent of a principal that has just one. */
  onlyAgentOf(principal: string): string | undefined;
  isOwner(agentId: string, principal: string): boolean;
  /** Throws where a message has to be acknowledged before the agent changes anything. */
  requireRead(agentId: string): void;
}

export function createMessages(engine: Engine, mail: Mail): Messages {
  const { makeId } = engine;
  const { database, office, marks, board, news } = mail;
  const { requireOwn, isOwn } = createActing(engine);

  async function markUntil(mark: Exclude<Mark, { kind: 'ack' }>, wait: Wait | undefined): Promise<Taken> {
    let last: Marked | undefined;
    const look = async (): Promise<Marked | undefined> => {
      last = await marks.submit(mark);
      return last.received.length > 0 ? last : undefined;
    };
    const found =
      wait === undefined || wait.waitMs === 0
        ? await look()
        : await news.until(mark.participantId, look, wait);
    const { received, inbox } = found ?? last ?? { received: [], inbox: undefined };
    return { items: received.map(receivedView), inbox: inboxView(mark.participantId, inbox) };
  }

  return {
    async send(message, by, once) {
      await requireOwn(message.sender_id, by);
      return await shownSent(await office.submit(sending({ id: makeId('msg'), message, once })));
    },
    async take(participantId, { wait, ...query }, by) {
      await requireOwn(participantId, by);
      return await markUntil({ kind: 'take', participantId, ...query }, wait);
    },
    async check(participantId, { wait, ...query }, by) {
      await requireOwn(participantId, by);
      return await markUntil({ kind: 'check', participantId, ...query }, wait);
    },
    async ack(participantId, messageIds, by, once) {
      await requireOwn(participantId, by);
      return (await marks.submit({ kind: 'ack', participantId, messageIds, once })).acked;
    },
    async list(participantId, { cursor, limit, ...query }, by) {
      await requireOwn(participantId, by);
      const [inbox] = await readInboxes(database, [participantId]);
      const asked = Math.min(limit, MAX_PAGE_MESSAGES);
      const found = await readReceived(database.read, {
        recipientId: participantId,
        from: cursor,
        sinceSeq: inbox?.since_seq ?? 0,
        ...query,
        limit: asked,
      });
      const rows = withinBytes(found);
      const last = rows.at(-1);
      const hasMore = rows.length < found.length || found.length === asked;
      return {
        items: rows.map(receivedView),
        ...(hasMore && last !== undefined && { nextCursor: String(last.seq) }),
        inbox: inboxView(participantId, inbox),
      };
    },
    async inbox(participantId, by) {
      await requireOwn(participantId, by);
      const [inbox] = await readInboxes(database, [participantId]);
      return inboxView(participantId, inbox);
    },
    async get(id, by) {
      const row = await readMessage(database.read, id);
      const deliveries = row === undefined ? [] : await readDeliveriesOf(database.read, id);
      const mine = deliveries.filter(({ recipient_id: who }) => isOwn(who, by));
      const isSender = row !== undefined && isOwn(row.sender_id, by);
      if (row === undefined || (!isSender && mine.length === 0)) {
        const members = row?.thread_id == null ? [] : await readThreadParticipants(database, [row.thread_id]);
        const isMember = [...members].some(([, all]) => all.some((who) => isOwn(who, by)));
        if (row === undefined || !isMember)
          throw new AppError('not_found', `There is no message ${id} of yours.`);
      }
      return { ...messageView(row), deliveries: (isSender ? deliveries : mine).map(deliveryView) };
    },
    async unacked(participantIds, by) {
      for (const id of participantIds) await requireOwn(id, by);
      const rows = await readUnacked(database, participantIds);
      return rows.map(({ recipient_id: participant, thread_id: thread, count }) => ({
        participant_id: participant,
        ...(thread !== null && { thread_id: thread }),
        count,
      }));
    },
    noticeFor(agentId) {
      const waiting = board.get(agentId);
      if (waiting === undefined) return undefined;
      const { unread, must_read: mustRead } = waiting.inbox;
      return unread === 0 && mustRead === 0 ? undefined : mailNotice(waiting);
    },
    onlyAgentOf: mail.owners.onlyAgentOf,
    isOwner: mail.owners.isOwner,
    requireRead(agentId) {
      const waiting = board.get(agentId);
      if (waiting === undefined || waiting.inbox.must_read === 0) return;
      const ids = waiting.mustRead.map(({ message_id: id }) => id);
      const more = waiting.inbox.must_read - ids.length;
      throw new AppError(
        'refused',
        `${agentId} has to read ${ids.join(', ')}${more > 0 ? ` and ${more} more` : ''} before it changes anything: call get_messages, then ack_messages with these ids.`,
        { details: { kind: 'must_read', messages: ids } },
      );
    },
  };

  async function shownSent({ messageId, message, bounced }: Posted): Promise<SentMessage> {
    const row = message ?? (await readMessage(database.read, messageId ?? ''));
    if (row === undefined)
      throw new AppError('not_found', 'The message that was sent with this key is not kept any more.');
    return {
      ...messageView(row),
      bounced: bounced.map(({ recipientId, reason }) => ({ recipient_id: recipientId, reason })),
    };
  }
}
