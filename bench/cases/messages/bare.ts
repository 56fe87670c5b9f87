// The statements of one send and one take by themselves, in two transactions, one after the other: what the database takes
// for them.

import { openInboxes } from '../../../packages/server/src/coordination/messages/load-mail.ts';
import {
  insertDeliveries,
  insertMessages,
  updateDeliveries,
  updateInboxes,
} from '../../../packages/server/src/coordination/messages/queries.ts';
import { readReceived } from '../../../packages/server/src/coordination/messages/reads.ts';
import type { DeliveryRow, MailTables } from '../../../packages/server/src/coordination/messages/rows.ts';
import type { Database } from '../../../packages/server/src/store/database.ts';
import { type LatencySummary, summarize } from '../../load/latencies.ts';

export async function measureBareMail(
  database: Database<object>,
  agents: readonly string[],
  count: number,
): Promise<LatencySummary> {
  const tables = database.over<MailTables>();
  const latencies: number[] = [];

  for (let n = 0; n < count; n++) {
    const recipient = agents[(n * 7) % agents.length] ?? '';
    const id = `bare-${n}`;
    const startedAt = performance.now();
    let row: DeliveryRow | undefined;
    await tables.transaction(async (tx) => {
      const [inbox] = await openInboxes(tx, [recipient], () => false);
      if (inbox === undefined) throw new Error(`${recipient} has no inbox`);
      const nowMs = await tx.nowMs();
      row = {
        recipient_id: recipient,
        seq: inbox.last_seq + 1,
        message_id: id,
        thread_id: null,
        sender_id: 'agent-0',
        must_read: 0,
        created_ms: nowMs,
        delivered_ms: null,
        read_ms: null,
        acked_ms: null,
        bounced_ms: null,
        bounce_reason: null,
        ended_ms: null,
      };
      await insertMessages(tx, [
        {
          id,
          thread_id: null,
          thread_seq: null,
          sender_id: 'agent-0',
          recipients: JSON.stringify([recipient]),
          type: 'text',
          content: id,
          is_object: 0,
          attachments: '[]',
          urgent: 0,
          importance: 'normal',
          reply_to: null,
          created_ms: nowMs,
        },
      ]);
      await insertDeliveries(tx, [row]);
      await updateInboxes(tx, [
        { ...inbox, last_seq: row.seq, unread: inbox.unread + 1, version: inbox.version + 1 },
      ]);
    });
    await tables.transaction(async (tx) => {
      const [inbox] = await openInboxes(tx, [recipient], () => false);
      const nowMs = await tx.nowMs();
      await readReceived(tx, {
        recipientId: recipient,
        order: 'newest',
        from: undefined,
        sinceSeq: 0,
        state: 'unread',
        limit: 100,
      });
      if (row === undefined || inbox === undefined) return;
      await updateDeliveries(tx, [{ ...row, delivered_ms: nowMs, read_ms: nowMs }]);
      await updateInboxes(tx, [{ ...inbox, unread: inbox.unread - 1, version: inbox.version + 1 }]);
    });
    latencies.push(performance.now() - startedAt);
  }
  return summarize(latencies);
}
