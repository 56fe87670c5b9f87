// The SQL that reads threads and messages. What is true of them stands in the rows; nothing here changes any.

import type { ReadQueries } from '../../store/database.ts';
import type { DialectName } from '../../store/driver.ts';
import { isOneOf } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import { MAX_TOLD_MUST_READ } from './limits.ts';
import type { DeliveryRow, InboxRow, MailTables, MessageRow, ThreadRow } from './rows.ts';

/** A database, or a transaction that reads. */
export interface ReadableMail {
  readonly dialect: DialectName;
  readonly read: ReadQueries<MailTables>;
}

export type MustRead = Pick<DeliveryRow, 'recipient_id' | 'message_id' | 'thread_id' | 'sender_id'>;

/** A message as one recipient has it. */
export type ReceivedRow = MessageRow &
  Omit<DeliveryRow, 'message_id' | 'thread_id' | 'sender_id' | 'created_ms'>;

export interface ReceivedQuery {
  readonly recipientId: string;
  /** `newest`: those before `from`; `oldest`: those behind it. */
  readonly order: 'newest' | 'oldest';
  readonly from: number | undefined;
  /** What came before is not the recipient's. */
  readonly sinceSeq: number;
  readonly threadId?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly state: 'unread' | 'unacked' | 'all';
  /** Only these messages. */
  readonly ids?: { readonly dialect: DialectName; readonly of: readonly string[] } | undefined;
  readonly limit: number;
}

export async function readReceived(
  read: ReadQueries<MailTables>,
  { recipientId, order, from, sinceSeq, threadId, sinceMs, state, ids, limit }: ReceivedQuery,
): Promise<readonly ReceivedRow[]> {
  let query = read
    .selectFrom('messages_deliveries as d')
    .innerJoin('messages_messages as m', 'm.id', 'd.message_id')
    .selectAll('m')
    .select([
      'd.recipient_id',
      'd.seq',
      'd.must_read',
      'd.delivered_ms',
      'd.read_ms',
      'd.acked_ms',
      'd.bounced_ms',
      'd.bounce_reason',
      'd.ended_ms',
    ])
    .where('d.recipient_id', '=', recipientId)
    .where('d.seq', '>', sinceSeq);
  if (state === 'unread') query = query.where(sql<boolean>`d.read_ms is null and d.ended_ms is null`);
  if (state === 'unacked') query = query.where(sql<boolean>`d.ended_ms is null`);
  if (ids !== undefined) query = query.where(isOneOf(ids.dialect, 'd.message_id', ids.of));
  if (threadId !== undefined) query = query.where('d.thread_id', '=', threadId);
  if (sinceMs !== undefined) query = query.where('d.created_ms', '>=', sinceMs);
  if (from !== undefined) query = query.where('d.seq', order === 'newest' ? '<' : '>', from);
  return await query
    .orderBy('d.seq', order === 'newest' ? 'desc' : 'asc')
    .limit(limit)
    .execute();
}

/** Of these messages, what one recipient has of them. */
export async function readDeliveries(
  { dialect, read }: ReadableMail,
  recipientId: string,
  messageIds: readonly string[],
): Promise<readonly DeliveryRow[]> {
  return await read
    .selectFrom('messages_deliveries')
    .selectAll()
    .where(isOneOf(dialect, 'message_id', messageIds))
    .where('recipient_id', '=', recipientId)
    .execute();
}

/** Neither handed to the recipient nor sent back, the oldest first. */
export async function readUndelivered(
  read: ReadQueries<MailTables>,
  {
    recipientId,
    beforeMs,
    limit,
  }: { readonly recipientId: string; readonly beforeMs?: number | undefined; readonly limit: number },
): Promise<readonly DeliveryRow[]> {
  let query = read
    .selectFrom('messages_deliveries')
    .selectAll()
    .where('recipient_id', '=', recipientId)
    .where(sql<boolean>`read_ms is null and ended_ms is null`)
    .where('delivered_ms', 'is', null);
  if (beforeMs !== undefined) query = query.where('created_ms', '<', beforeMs);
  return await query.orderBy('seq').limit(limit).execute();
}

/** The oldest of each. */
export async function readMustRead(
  { dialect, read }: ReadableMail,
  recipientIds: readonly string[],
): Promise<readonly MustRead[]> {
  const numbered = read
    .selectFrom('messages_deliveries')
    .select(['recipient_id', 'message_id', 'thread_id', 'sender_id', 'seq'])
    .select(sql<number>`row_number() over (partition by recipient_id order by seq)`.as('place'))
    .where(isOneOf(dialect, 'recipient_id', recipientIds))
    .where(sql<boolean>`ended_ms is null and must_read = 1`);
  return await read
    .selectFrom(numbered.as('numbered'))
    .select(['recipient_id', 'message_id', 'thread_id', 'sender_id'])
    .where('place', '<=', MAX_TOLD_MUST_READ)
    .orderBy('recipient_id')
    .orderBy('seq')
    .execute();
}

export async function readInboxes(
  { dialect, read }: ReadableMail,
  ids: readonly string[],
): Promise<readonly InboxRow[]> {
  return await read
    .selectFrom('messages_inboxes')
    .selectAll()
    .where(isOneOf(dialect, 'participant_id', ids))
    .execute();
}

/** Those that changed since then; in pages by id. */
export async function readChangedInboxes(
  read: ReadQueries<MailTables>,
  { sinceMs, after, limit }: { readonly sinceMs: number; readonly after: string; readonly limit: number },
): Promise<readonly InboxRow[]> {
  return await read
    .selectFrom('messages_inboxes')
    .selectAll()
    .where('changed_ms', '>=', sinceMs)
    .where('participant_id', '>', after)
    .orderBy('participant_id')
    .limit(limit)
    .execute();
}

/** Inboxes of agents that are not there any more, or that are others by now. */
export async function readStaleInboxes(
  read: ReadQueries<MailTables>,
  limit: number,
): Promise<readonly string[]> {
  const rows = await read
    .selectFrom('messages_inboxes')
    .leftJoin('agents_agents', 'agents_agents.id', 'messages_inboxes.participant_id')
    .select('messages_inboxes.participant_id')
    .where('messages_inboxes.registered_ms', '>', 0)
    .where((eb) =>
      eb.or([
        eb('agents_agents.registered_ms', 'is', null),
        eb('agents_agents.registered_ms', '!=', eb.ref('messages_inboxes.registered_ms')),
      ]),
    )
    .limit(limit)
    .execute();
  return rows.map(({ participant_id: id }) => id);
}

export async function readMessage(
  read: ReadQueries<MailTables>,
  id: string,
): Promise<MessageRow | undefined> {
  return await read.selectFrom('messages_messages').selectAll().where('id', '=', id).executeTakeFirst();
}

/** What became of it at each recipient. */
export async function readDeliveriesOf(
  read: ReadQueries<MailTables>,
  messageId: string,
): Promise<readonly DeliveryRow[]> {
  return await read
    .selectFrom('messages_deliveries')
    .selectAll()
    .where('message_id', '=', messageId)
    .orderBy('recipient_id')
    .execute();
}

export async function readThread(read: ReadQueries<MailTables>, id: string): Promise<ThreadRow | undefined> {
  return await read.selectFrom('messages_threads').selectAll().where('id', '=', id).executeTakeFirst();
}

/** By thread, in the order in which they joined. */
export async function readThreadParticipants(
  { dialect, read }: ReadableMail,
  threadIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await read
    .selectFrom('messages_participants')
    .select(['thread_id', 'participant_id'])
    .where(isOneOf(dialect, 'thread_id', threadIds))
    .orderBy('joined_ms')
    .orderBy('participant_id')
    .execute();
  return new Map(
    [...Map.groupBy(rows, ({ thread_id: id }) => id)].map(([id, of]) => [
      id,
      of.map(({ participant_id: who }) => who),
    ]),
  );
}

/** The threads that one is in. */
export async function readThreadIdsOf(
  read: ReadQueries<MailTables>,
  participantId: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await read
    .selectFrom('messages_participants')
    .select('thread_id')
    .where('participant_id', '=', participantId)
    .orderBy('thread_id')
    .limit(limit)
    .execute();
  return rows.map(({ thread_id: id }) => id);
}

export interface ThreadQuery {
  /** Left out: all threads. */
  readonly participantId?: string | undefined;
  readonly status?: ThreadRow['status'] | undefined;
  readonly limit: number;
  /** The last id that was seen: ids grow with time. */
  readonly cursor?: string | undefined;
}

/** The newest first. */
export async function readThreadPage(
  read: ReadQueries<MailTables>,
  { participantId, status, limit, cursor }: ThreadQuery,
): Promise<readonly ThreadRow[]> {
  let query = read.selectFrom('messages_threads').selectAll('messages_threads');
  if (participantId !== undefined)
    query = query.where('id', 'in', (eb) =>
      eb.selectFrom('messages_participants').select('thread_id').where('participant_id', '=', participantId),
    );
  if (status !== undefined) query = query.where('status', '=', status);
  if (cursor !== undefined) query = query.where('id', '<', cursor);
  return await query.orderBy('id', 'desc').limit(limit).execute();
}

export interface ThreadMessagesQuery {
  readonly threadId: string;
  readonly order: 'newest' | 'oldest';
  readonly from: number | undefined;
  readonly limit: number;
}

/** A page costs a page, however long the thread is. */
export async function readThreadMessages(
  read: ReadQueries<MailTables>,
  { threadId, order, from, limit }: ThreadMessagesQuery,
): Promise<readonly MessageRow[]> {
  let query = read.selectFrom('messages_messages').selectAll().where('thread_id', '=', threadId);
  if (from !== undefined) query = query.where('thread_seq', order === 'newest' ? '<' : '>', from);
  return await query
    .orderBy('thread_seq', order === 'newest' ? 'desc' : 'asc')
    .limit(limit)
    .execute();
}

export interface UnackedRow {
  recipient_id: string;
  thread_id: string | null;
  count: number;
}

/** Of all of them at once. */
export async function readUnacked(
  { dialect, read }: ReadableMail,
  recipientIds: readonly string[],
): Promise<readonly UnackedRow[]> {
  return await read
    .selectFrom('messages_deliveries')
    .select(['recipient_id', 'thread_id'])
    .select(sql<number>`count(*)`.as('count'))
    .where(isOneOf(dialect, 'recipient_id', recipientIds))
    .where(sql<boolean>`ended_ms is null`)
    .groupBy(['recipient_id', 'thread_id'])
    .orderBy('recipient_id')
    .orderBy('thread_id')
    .execute();
}
