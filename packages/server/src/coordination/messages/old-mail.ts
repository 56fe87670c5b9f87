// The SQL by which old messages go. What is left of a message that somebody did not acknowledge counts no more.

import type { ReadQueries } from '../../store/database.ts';
import { isOneOf } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import { lockInboxes, type MailTransaction, updateInboxes } from './queries.ts';
import { counted } from './marks.ts';
import type { MailTables } from './rows.ts';

/** Recipients of messages from before then that were never handed out. */
export async function readExpiring(
  read: ReadQueries<MailTables>,
  beforeMs: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await read
    .selectFrom('messages_deliveries')
    .select('recipient_id')
    .distinct()
    .where(sql<boolean>`read_ms is null and ended_ms is null`)
    .where('delivered_ms', 'is', null)
    .where('created_ms', '<', beforeMs)
    .limit(limit)
    .execute();
  return rows.map(({ recipient_id: id }) => id);
}

/** How many messages went. What nobody was given stays until it has gone back. */
export async function deleteMessagesBefore(
  tx: MailTransaction,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const old = await tx
    .selectFrom('messages_messages as m')
    .select('m.id')
    .where('m.created_ms', '<', beforeMs)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('messages_deliveries as d')
            .select('d.seq')
            .whereRef('d.message_id', '=', 'm.id')
            .where('d.delivered_ms', 'is', null)
            .where('d.ended_ms', 'is', null),
        ),
      ),
    )
    .orderBy('m.created_ms')
    .limit(limit)
    .execute();
  const ids = old.map(({ id }) => id);
  if (ids.length === 0) return 0;
  const open = tx
    .selectFrom('messages_deliveries')
    .selectAll()
    .where(isOneOf(tx.dialect, 'message_id', ids))
    .where(sql<boolean>`ended_ms is null`);
  const holders = [...new Set((await open.execute()).map(({ recipient_id: id }) => id))];
  const inboxes = holders.length === 0 ? [] : await lockInboxes(tx, holders.toSorted());
  const nowMs = await tx.nowMs();
  // Behind the locks: some may have been acknowledged meanwhile.
  const byHolder = Map.groupBy(await open.execute(), ({ recipient_id: id }) => id);
  if (inboxes.length > 0)
    await updateInboxes(
      tx,
      inboxes.map((inbox) => ({
        ...counted(
          inbox,
          (byHolder.get(inbox.participant_id) ?? []).map((row) => ({
            before: row,
            after: { ...row, ended_ms: nowMs },
          })),
        ),
        changed_ms: nowMs,
        version: inbox.version + 1,
      })),
    );
  await tx
    .deleteFrom('messages_deliveries')
    .where(isOneOf(tx.dialect, 'message_id', ids))
    .execute();
  await tx
    .deleteFrom('messages_messages')
    .where(isOneOf(tx.dialect, 'id', ids))
    .execute();
  return ids.length;
}

/** How many threads went: archived ones that nothing happened in since. */
export async function deleteThreadsBefore(
  tx: MailTransaction,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const old = await tx
    .selectFrom('messages_threads')
    .select('id')
    .where('status', 'in', ['archived', 'closed'])
    .where('updated_ms', '<', beforeMs)
    .limit(limit)
    .execute();
  const ids = old.map(({ id }) => id);
  if (ids.length === 0) return 0;
  const members = await tx
    .selectFrom('messages_participants')
    .select('participant_id')
    .where(isOneOf(tx.dialect, 'thread_id', ids))
    .execute();
  const inboxes = await lockInboxes(tx, [...new Set(members.map(({ participant_id: id }) => id))].toSorted());
  const nowMs = await tx.nowMs();
  if (inboxes.length > 0)
    await updateInboxes(
      tx,
      inboxes.map((inbox) => ({
        ...inbox,
        threads: Math.max(
          0,
          inbox.threads - members.filter(({ participant_id: id }) => id === inbox.participant_id).length,
        ),
        changed_ms: nowMs,
        version: inbox.version + 1,
      })),
    );
  await tx
    .deleteFrom('messages_participants')
    .where(isOneOf(tx.dialect, 'thread_id', ids))
    .execute();
  await tx
    .deleteFrom('messages_threads')
    .where(isOneOf(tx.dialect, 'id', ids))
    .execute();
  return ids.length;
}
