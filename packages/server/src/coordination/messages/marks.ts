// What recipients do with their messages: they take them (and have read them then), look whether there are new ones, and
// acknowledge them. Many in one transaction, each over its own inbox, which is locked.

import { z } from 'zod';
import { createBatches, type Batches, type Verdict } from '../../store/batches.ts';
import type { Database } from '../../store/database.ts';
import type { Once } from '../tasks/book.ts';
import { requireSame } from '../tasks/once.ts';
import { type AnswerRow, insertAnswers, readAnswers, type TaskTables } from '../tasks/queries.ts';
import { MAX_ANSWER_BYTES, MAX_MAIL_BATCH, MAX_WAITING_MAIL } from './limits.ts';
import { type IsPerson, openInboxes } from './load-mail.ts';
import { mustReadOf, type MailCommitted, settling } from './post-office.ts';
import { type MailTransaction, updateDeliveries, updateInboxes } from './queries.ts';
import { readDeliveries, readReceived, type ReceivedRow } from './reads.ts';
import { unknownParticipants } from './refusals.ts';
import type { DeliveryRow, InboxRow, MailTables } from './rows.ts';

export type Mark =
  /** The newest first; what is handed out is read, or with `check` delivered only. */
  | {
      readonly kind: 'take' | 'check';
      readonly participantId: string;
      readonly threadId?: string | undefined;
      /** Those since then, read or not; left out: unread ones. */
      readonly sinceMs?: number | undefined;
      readonly limit: number;
      /** The same again hands out the same. */
      readonly once?: Once | undefined;
    }
  | {
      readonly kind: 'ack';
      readonly participantId: string;
      readonly messageIds: readonly string[];
      readonly once?: Once | undefined;
    };

export interface Marked {
  /** As they are now. */
  readonly received: readonly ReceivedRow[];
  /** How many were acknowledged that were not before. */
  readonly acked: number;
  /** As it is now. */
  readonly inbox: InboxRow;
}

export type Marks = Batches<Mark, Marked>;

export interface MarksDeps {
  readonly database: Database<MailTables>;
  readonly isPerson: IsPerson;
  readonly committed: (committed: MailCommitted) => void;
  readonly settle: (ids: readonly string[]) => Promise<void>;
}

export function createMarks({ database, isPerson, committed, settle }: MarksDeps): Marks {
  return createBatches<Mark, Marked>({
    maxBatch: MAX_MAIL_BATCH,
    maxWaiting: MAX_WAITING_MAIL,
    what: 'calls for messages',
    keyOf: ({ participantId }) => participantId,
    async run(marks) {
      const { verdicts, changed, mustRead } = await settling(settle, () =>
        database.transaction((tx) => mark(tx, marks, isPerson)),
      );
      if (changed.length > 0) committed({ messages: [], deliveries: [], inboxes: changed, mustRead });
      return verdicts;
    },
  });
}

async function mark(tx: MailTransaction, marks: readonly Mark[], isPerson: IsPerson) {
  const ids = marks.map(({ participantId }) => participantId).toSorted();
  const inboxes = new Map((await openInboxes(tx, ids, isPerson)).map((row) => [row.participant_id, row]));
  const nowMs = await tx.nowMs();
  const all = marks.map((one) => markOne(tx, one, inboxes.get(one.participantId), nowMs));
  await Promise.allSettled(all);
  const done = await Promise.all(all);
  const rows = done.flatMap(({ rows: of }) => of);
  const changed = done.flatMap(({ inbox }) => inbox ?? []);
  if (rows.length > 0) await updateDeliveries(tx, rows);
  if (changed.length > 0) await updateInboxes(tx, changed);
  return {
    verdicts: done.map(({ verdict }) => verdict),
    changed,
    mustRead: await mustReadOf(tx, changed),
  };
}

interface One {
  readonly verdict: Verdict<Marked>;
  readonly rows: readonly DeliveryRow[];
  /** Undefined: it stays as it was. */
  readonly inbox: InboxRow | undefined;
}

async function markOne(
  tx: MailTransaction,
  one: Mark,
  inbox: InboxRow | undefined,
  nowMs: number,
): Promise<One> {
  if (inbox === undefined)
    return {
      verdict: { kind: 'refused', error: unknownParticipants([one.participantId]) },
      rows: [],
      inbox: undefined,
    };
  const { once } = one;
  const [earlier] = once === undefined ? [] : await readAnswers(tx.over<TaskTables>(), [once]);
  if (once !== undefined && earlier !== undefined) return await repeated(tx, one, { once, earlier, inbox });
  const { rows, received, acked } =
    one.kind === 'ack'
      ? { ...(await acknowledge(tx, one, inbox, nowMs)), received: [] }
      : { ...(await handOut(tx, one, inbox, nowMs)), acked: 0 };
  // That there was nothing is no answer that is kept: the next call looks again.
  if (once !== undefined && (one.kind === 'ack' || received.length > 0)) {
    const answer = { ids: received.map(({ id }) => id), acked };
    await insertAnswers(tx.over<TaskTables>(), [{ ...once, answer: JSON.stringify(answer), at_ms: nowMs }]);
  }
  if (rows.length === 0) return { verdict: done(received, acked, inbox), rows: [], inbox: undefined };
  const after = { ...counted(inbox, rows), changed_ms: nowMs, version: inbox.version + 1 };
  return { verdict: done(received, acked, after), rows: rows.map(({ after: row }) => row), inbox: after };
}

const MarkedBeforeSchema = z.object({ ids: z.array(z.string()), acked: z.int() });

/** What was handed out with this key, as it is now. */
async function repeated(
  tx: MailTransaction,
  { participantId }: Mark,
  { once, earlier, inbox }: { readonly once: Once; readonly earlier: AnswerRow; readonly inbox: InboxRow },
): Promise<One> {
  try {
    requireSame(earlier, once);
  } catch (error) {
    return { verdict: { kind: 'refused', error }, rows: [], inbox: undefined };
  }
  const { ids, acked } = MarkedBeforeSchema.parse(JSON.parse(earlier.answer));
  const received =
    ids.length === 0
      ? []
      : await readReceived(tx, {
          recipientId: participantId,
          order: 'newest',
          from: undefined,
          sinceSeq: inbox.since_seq,
          state: 'all',
          ids: { dialect: tx.dialect, of: ids },
          limit: ids.length,
        });
  return { verdict: done(received, acked, inbox), rows: [], inbox: undefined };
}

function done(received: readonly ReceivedRow[], acked: number, inbox: InboxRow): Verdict<Marked> {
  return { kind: 'done', answer: { received, acked, inbox } };
}

type Step = { readonly before: DeliveryState; readonly after: DeliveryRow };
type DeliveryState = Pick<DeliveryRow, 'read_ms' | 'ended_ms' | 'must_read'>;

/** The counts after these steps. Pure. */
export function counted(
  inbox: InboxRow,
  steps: readonly { readonly before: DeliveryState; readonly after: DeliveryState }[],
): InboxRow {
  const after = { ...inbox };
  for (const { before, after: row } of steps) {
    if (isUnread(before) && !isUnread(row)) after.unread -= 1;
    if (before.ended_ms === null && row.ended_ms !== null) {
      after.unacked -= 1;
      after.must_read -= before.must_read;
    }
  }
  return after;
}

function isUnread({ read_ms: readMs, ended_ms: endedMs }: DeliveryState): boolean {
  return readMs === null && endedMs === null;
}

async function acknowledge(
  tx: MailTransaction,
  { participantId, messageIds }: Extract<Mark, { kind: 'ack' }>,
  { since_seq: sinceSeq }: InboxRow,
  nowMs: number,
): Promise<{ readonly rows: readonly Step[]; readonly acked: number }> {
  const ids = [...new Set(messageIds)];
  const found = await readDeliveries({ dialect: tx.dialect, read: tx }, participantId, ids);
  const rows = found
    .filter((row) => row.ended_ms === null && row.seq > sinceSeq)
    .map((before) => ({
      before,
      after: {
        ...before,
        delivered_ms: before.delivered_ms ?? nowMs,
        read_ms: before.read_ms ?? nowMs,
        acked_ms: nowMs,
        ended_ms: nowMs,
      },
    }));
  return { rows, acked: rows.length };
}

async function handOut(
  tx: MailTransaction,
  { kind, participantId, threadId, sinceMs, limit }: Extract<Mark, { kind: 'take' | 'check' }>,
  { since_seq: sinceSeq }: InboxRow,
  nowMs: number,
): Promise<{ readonly rows: readonly Step[]; readonly received: readonly ReceivedRow[] }> {
  const found = await readReceived(tx, {
    recipientId: participantId,
    order: 'newest',
    from: undefined,
    sinceSeq,
    threadId,
    sinceMs,
    state: sinceMs === undefined ? 'unread' : 'all',
    limit,
  });
  const steps = withinBytes(found).map((row) => ({ row, after: handed(row, kind, nowMs) }));
  const changed = steps.filter(
    ({ row, after }) => row.delivered_ms !== after.delivered_ms || row.read_ms !== after.read_ms,
  );
  return {
    rows: changed.map(({ row, after }) => ({ before: row, after: deliveryOf(after) })),
    received: steps.map(({ after }) => after),
  };
}

function handed(row: ReceivedRow, kind: 'take' | 'check', nowMs: number): ReceivedRow {
  if (row.bounced_ms !== null) return row;
  return {
    ...row,
    delivered_ms: row.delivered_ms ?? nowMs,
    read_ms: row.read_ms ?? (kind === 'take' ? nowMs : null),
  };
}

/** As many as fit into one answer; always one. */
export function withinBytes(rows: readonly ReceivedRow[]): readonly ReceivedRow[] {
  let left = MAX_ANSWER_BYTES;
  const fitting: ReceivedRow[] = [];
  for (const row of rows) {
    left -= Buffer.byteLength(row.content) + Buffer.byteLength(row.attachments);
    if (left < 0 && fitting.length > 0) break;
    fitting.push(row);
  }
  return fitting;
}

function deliveryOf(row: ReceivedRow): DeliveryRow {
  const { recipient_id, seq, id, thread_id, sender_id, must_read, created_ms } = row;
  const { delivered_ms, read_ms, acked_ms, bounced_ms, bounce_reason, ended_ms } = row;
  return {
    recipient_id,
    seq,
    message_id: id,
    thread_id,
    sender_id,
    must_read,
    created_ms,
    delivered_ms,
    read_ms,
    acked_ms,
    bounced_ms,
    bounce_reason,
    ended_ms,
  };
}
