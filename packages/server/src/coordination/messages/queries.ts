// The SQL that changes threads and messages. Each statement is one for as many rows as there are.

import type { RawBuilder } from 'kysely';
import type { Transaction } from '../../store/database.ts';
import { isOneOf, type JsonColumns, jsonRows } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import type {
  DeliveryRow,
  Holder,
  InboxRow,
  MailTables,
  MessageRow,
  ParticipantRow,
  ThreadRow,
} from './rows.ts';

export type MailTransaction = Transaction<MailTables>;

const THREAD = {
  id: 'text',
  title: 'text',
  creator_id: 'text',
  status: 'text',
  metadata: 'text',
  last_seq: 'integer',
  created_ms: 'integer',
  updated_ms: 'integer',
} as const satisfies Record<keyof ThreadRow, JsonColumns[string]>;

const PARTICIPANT = {
  thread_id: 'text',
  participant_id: 'text',
  joined_ms: 'integer',
} as const satisfies Record<keyof ParticipantRow, JsonColumns[string]>;

const MESSAGE = {
  id: 'text',
  thread_id: 'text',
  thread_seq: 'integer',
  sender_id: 'text',
  recipients: 'text',
  type: 'text',
  content: 'text',
  is_object: 'integer',
  attachments: 'text',
  urgent: 'integer',
  importance: 'text',
  reply_to: 'text',
  created_ms: 'integer',
} as const satisfies Record<keyof MessageRow, JsonColumns[string]>;

const DELIVERY = {
  recipient_id: 'text',
  seq: 'integer',
  message_id: 'text',
  thread_id: 'text',
  sender_id: 'text',
  must_read: 'integer',
  created_ms: 'integer',
  delivered_ms: 'integer',
  read_ms: 'integer',
  acked_ms: 'integer',
  bounced_ms: 'integer',
  bounce_reason: 'text',
  ended_ms: 'integer',
} as const satisfies Record<keyof DeliveryRow, JsonColumns[string]>;

const INBOX = {
  participant_id: 'text',
  registered_ms: 'integer',
  last_seq: 'integer',
  since_seq: 'integer',
  unread: 'integer',
  unacked: 'integer',
  must_read: 'integer',
  threads: 'integer',
  changed_ms: 'integer',
  version: 'integer',
} as const satisfies Record<keyof InboxRow, JsonColumns[string]>;

function forUpdate({ dialect }: MailTransaction): RawBuilder<unknown> {
  return dialect === 'postgres' ? sql`for update` : sql``;
}

/** Those that there are, locked until the transaction ends, always in the same order. */
export async function lockThreads(
  tx: MailTransaction,
  ids: readonly string[],
): Promise<readonly ThreadRow[]> {
  const { rows } = await sql<ThreadRow>`select * from messages_threads
    where ${isOneOf(tx.dialect, 'id', ids)} order by id ${forUpdate(tx)}`.execute(tx);
  return rows;
}

/** The same, behind the threads. */
export async function lockInboxes(tx: MailTransaction, ids: readonly string[]): Promise<readonly InboxRow[]> {
  const { rows } = await sql<InboxRow>`select * from messages_inboxes
    where ${isOneOf(tx.dialect, 'participant_id', ids)} order by participant_id ${forUpdate(tx)}`.execute(tx);
  return rows;
}

/** Where one is there already it stays as it is. */
export async function insertInboxes(tx: MailTransaction, rows: readonly InboxRow[]): Promise<void> {
  await insertRows(
    tx,
    'messages_inboxes',
    INBOX,
    rows,
    sql`order by participant_id on conflict (participant_id) do nothing`,
  );
}

export async function updateInboxes(tx: MailTransaction, rows: readonly InboxRow[]): Promise<void> {
  const names = Object.keys(INBOX).filter((name) => name !== 'participant_id');
  const set = names.map((name) => sql`${sql.ref(name)} = ${sql.ref(`changed.${name}`)}`);
  await sql`update messages_inboxes set ${sql.join(set)}
    from ${jsonRows(tx.dialect, 'changed', INBOX, rows)}
    where messages_inboxes.participant_id = changed.participant_id`.execute(tx);
}

/** Which of these are registered. */
export async function readHolders(tx: MailTransaction, ids: readonly string[]): Promise<readonly Holder[]> {
  return await tx
    .selectFrom('agents_agents')
    .select(['id', 'registered_ms'])
    .where(isOneOf(tx.dialect, 'id', ids))
    .execute();
}

export async function readParticipants(
  tx: MailTransaction,
  threadIds: readonly string[],
): Promise<readonly ParticipantRow[]> {
  return await tx
    .selectFrom('messages_participants')
    .selectAll()
    .where(isOneOf(tx.dialect, 'thread_id', threadIds))
    .orderBy('joined_ms')
    .orderBy('participant_id')
    .execute();
}

export async function insertThreads(tx: MailTransaction, rows: readonly ThreadRow[]): Promise<void> {
  await insertRows(tx, 'messages_threads', THREAD, rows);
}

export async function updateThreads(tx: MailTransaction, rows: readonly ThreadRow[]): Promise<void> {
  const columns = { id: 'text', status: 'text', last_seq: 'integer', updated_ms: 'integer' } as const;
  await sql`update messages_threads
    set status = changed.status, last_seq = changed.last_seq, updated_ms = changed.updated_ms
    from ${jsonRows(tx.dialect, 'changed', columns, rows)}
    where messages_threads.id = changed.id`.execute(tx);
}

export async function insertParticipants(
  tx: MailTransaction,
  rows: readonly ParticipantRow[],
): Promise<void> {
  await insertRows(tx, 'messages_participants', PARTICIPANT, rows);
}

/** Few at a time. */
export async function deleteParticipants(
  tx: MailTransaction,
  rows: readonly ParticipantRow[],
): Promise<void> {
  for (const { thread_id: threadId, participant_id: who } of rows)
    await tx
      .deleteFrom('messages_participants')
      .where('thread_id', '=', threadId)
      .where('participant_id', '=', who)
      .execute();
}

export async function insertMessages(tx: MailTransaction, rows: readonly MessageRow[]): Promise<void> {
  await insertRows(tx, 'messages_messages', MESSAGE, rows);
}

export async function insertDeliveries(tx: MailTransaction, rows: readonly DeliveryRow[]): Promise<void> {
  await insertRows(tx, 'messages_deliveries', DELIVERY, rows);
}

/** What happened to them; the rest of them never changes. */
export async function updateDeliveries(tx: MailTransaction, rows: readonly DeliveryRow[]): Promise<void> {
  const { recipient_id, seq, delivered_ms, read_ms, acked_ms, bounced_ms, bounce_reason, ended_ms } =
    DELIVERY;
  const changing = { delivered_ms, read_ms, acked_ms, bounced_ms, bounce_reason, ended_ms };
  const set = Object.keys(changing).map((name) => sql`${sql.ref(name)} = ${sql.ref(`changed.${name}`)}`);
  await sql`update messages_deliveries set ${sql.join(set)}
    from ${jsonRows(tx.dialect, 'changed', { recipient_id, seq, ...changing }, rows)}
    where messages_deliveries.recipient_id = changed.recipient_id
    and messages_deliveries.seq = changed.seq`.execute(tx);
}

/** Nothing more is to be done about what this one got. */
export async function endDeliveries(tx: MailTransaction, recipientId: string, nowMs: number): Promise<void> {
  await tx
    .updateTable('messages_deliveries')
    .set({ ended_ms: nowMs })
    .where('recipient_id', '=', recipientId)
    .where(sql<boolean>`ended_ms is null`)
    .execute();
}

async function insertRows(
  tx: MailTransaction,
  table: keyof MailTables,
  columns: JsonColumns,
  rows: readonly object[],
  conflict = sql``,
): Promise<void> {
  const list = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  // SQLite would take "on conflict" for a join without a "where".
  await sql`insert into ${sql.table(table)} (${list})
    select ${list} from ${jsonRows(tx.dialect, 'added', columns, rows)} where true ${conflict}`.execute(tx);
}
