// What an agent leaves behind when it goes: its threads go on without it, and what it was sent and never given goes back to
// the senders, each message once. Every step is a transaction that looks again whether there is something to be done, so
// that it can stop anywhere and be begun again, by any host.

import { TUTTI_PARTICIPANT } from '@tutti/schemas';
import type { MakeId } from '../../kernel/ids.ts';
import type { Database } from '../../store/database.ts';
import { type IsPerson, isStale, NOBODYS, openInboxes, StaleInboxes } from './load-mail.ts';
import { createMailDraft } from './mail-draft.ts';
import { counted } from './marks.ts';
import { mustReadOf, type MailCommitted } from './post-office.ts';
import {
  deleteParticipants,
  endDeliveries,
  insertDeliveries,
  insertInboxes,
  insertMessages,
  lockInboxes,
  lockThreads,
  type MailTransaction,
  readHolders,
  updateDeliveries,
  updateInboxes,
  updateThreads,
} from './queries.ts';
import { readThreadIdsOf, readUndelivered } from './reads.ts';
import { type DeliveryRow, emptyInbox, type InboxRow, type MailTables } from './rows.ts';

/** Threads that it leaves, or messages that go back, in one transaction. */
const CHUNK = 200;

export interface SettlingDeps {
  readonly database: Database<MailTables>;
  readonly makeId: MakeId;
  readonly isPerson: IsPerson;
  readonly committed: (committed: MailCommitted) => void;
  readonly bounced: (participantId: string, messages: number) => void;
}

export interface Settler {
  /** Nothing where the agent is there and its inbox is its own. */
  settle(participantId: string): Promise<void>;
  /** What was sent before then and nobody took goes back, though the recipient is there. */
  expire(participantId: string, beforeMs: number): Promise<void>;
}

export function createSettler(deps: SettlingDeps): Settler {
  const { database, makeId, isPerson, committed, bounced } = deps;
  async function settle(participantId: string): Promise<void> {
    // Whoever writes to it for the first time just now has made its inbox before this, or finds the agent gone.
    await database.transaction(async (tx) =>
      insertInboxes(tx, [emptyInbox(participantId, NOBODYS, await tx.nowMs())]),
    );
    while (await leaveThreads(participantId)) continue;
    const what = { participantId, reason: `${participantId} is gone`, beforeMs: undefined };
    while (await sendBack(what)) continue;
  }

  /** Whether there may be more. */
  async function leaveThreads(participantId: string): Promise<boolean> {
    const ids = await readThreadIdsOf(database.read, participantId, CHUNK);
    if (ids.length === 0) return false;
    return await database.transaction(async (tx) => {
      const threads = await lockThreads(tx, ids);
      if (!(await isGone(tx, participantId))) return false;
      const nowMs = await tx.nowMs();
      await deleteParticipants(
        tx,
        ids.map((id) => ({ thread_id: id, participant_id: participantId, joined_ms: 0 })),
      );
      await updateThreads(
        tx,
        threads.map((row) => ({
          ...row,
          status: row.status === 'active' ? ('degraded' as const) : row.status,
          updated_ms: nowMs,
        })),
      );
      return ids.length === CHUNK;
    });
  }

  /** Whether there may be more. */
  async function sendBack(what: SentBack): Promise<boolean> {
    const { participantId, beforeMs } = what;
    const found = await readUndelivered(database.read, {
      recipientId: participantId,
      beforeMs,
      limit: CHUNK,
    });
    const senders = [...new Set(found.map(({ sender_id: id }) => id))].filter(
      (id) => id !== TUTTI_PARTICIPANT && id !== participantId,
    );
    // Senders that are gone too: what they sent has nobody to go back to.
    const gone = new Set<string>();
    for (;;)
      try {
        const { changes, more, count } = await database.transaction((tx) =>
          sendBackOnce(
            tx,
            what,
            { senders: senders.filter((id) => !gone.has(id)), gone },
            { makeId, isPerson },
          ),
        );
        if (changes !== undefined) committed(changes);
        if (count > 0) bounced(participantId, count);
        return more;
      } catch (error) {
        if (!(error instanceof StaleInboxes) || error.ids.every((id) => gone.has(id))) throw error;
        for (const id of error.ids) gone.add(id);
      }
  }

  return {
    settle,
    async expire(participantId, beforeMs) {
      const what = { participantId, reason: `${participantId} did not take it in time`, beforeMs };
      while (await sendBack(what)) continue;
    },
  };
}

interface SentBack {
  readonly participantId: string;
  readonly reason: string;
  /** Undefined: all, because the agent is gone. */
  readonly beforeMs: number | undefined;
}

interface SentBackOnce {
  readonly changes: MailCommitted | undefined;
  readonly more: boolean;
  /** Messages that are the recipient's no more. */
  readonly count: number;
}

async function sendBackOnce(
  tx: MailTransaction,
  { participantId, reason, beforeMs }: SentBack,
  { senders, gone }: { readonly senders: readonly string[]; readonly gone: ReadonlySet<string> },
  { makeId, isPerson }: Pick<SettlingDeps, 'makeId' | 'isPerson'>,
): Promise<SentBackOnce> {
  const nothing = { changes: undefined, more: false, count: 0 };
  // One order for all who lock inboxes: this one may be stale, its senders may not.
  const locked = await lockInboxes(tx, [participantId, ...senders].toSorted());
  const own = locked.find((row) => row.participant_id === participantId);
  if (own === undefined) return nothing;
  const [holder] = await readHolders(tx, [participantId]);
  if (beforeMs === undefined && !isStale(own, holder)) return nothing;
  const others = await openInboxes(tx, senders, isPerson);
  const nowMs = await tx.nowMs();
  const due = await readUndelivered(tx, { recipientId: participantId, beforeMs, limit: CHUNK });
  const draft = createMailDraft({ nowMs, threads: [], participants: [], inboxes: others }, makeId);
  const steps: { readonly before: DeliveryRow; readonly after: DeliveryRow }[] = [];
  const mine = new Set(senders);
  for (const row of due) {
    const isNobodys = row.sender_id === TUTTI_PARTICIPANT || gone.has(row.sender_id);
    // One that came meanwhile, whose sender is not locked: with the next look.
    if (!isNobodys && !mine.has(row.sender_id)) continue;
    if (!isNobodys)
      draft.apply([
        {
          kind: 'bounce',
          bounce: { senderId: row.sender_id, messageId: row.message_id, recipientId: participantId, reason },
        },
      ]);
    steps.push({
      before: row,
      after: { ...row, bounced_ms: nowMs, bounce_reason: reason, ended_ms: nowMs },
    });
  }
  const more = steps.length < due.length || due.length === CHUNK;
  const isOver = !more && beforeMs === undefined;
  const left = counted(own, steps);
  const settled: InboxRow = {
    ...(isOver ? emptied(left, holder?.registered_ms ?? NOBODYS) : left),
    changed_ms: nowMs,
    version: own.version + 1,
  };
  if (draft.messages.length > 0) await insertMessages(tx, draft.messages);
  if (draft.deliveries.length > 0) await insertDeliveries(tx, draft.deliveries);
  if (steps.length > 0)
    await updateDeliveries(
      tx,
      steps.map(({ after }) => after),
    );
  if (isOver) await endDeliveries(tx, participantId, nowMs);
  const inboxes = [...draft.changedInboxes, settled];
  await updateInboxes(tx, inboxes);
  const { messages, deliveries } = draft;
  const mustRead = await mustReadOf(tx, inboxes);
  return { changes: { messages, deliveries, inboxes, mustRead }, more, count: steps.length };
}

/** Nothing in it is anybody's any more. */
function emptied(inbox: InboxRow, registeredMs: number): InboxRow {
  return {
    ...inbox,
    registered_ms: registeredMs,
    since_seq: inbox.last_seq,
    unread: 0,
    unacked: 0,
    must_read: 0,
    threads: 0,
  };
}

/** Locks the inbox, so that it stays so. */
async function isGone(tx: MailTransaction, participantId: string): Promise<boolean> {
  const [inbox] = await lockInboxes(tx, [participantId]);
  if (inbox === undefined) return false;
  const [holder] = await readHolders(tx, [participantId]);
  return isStale(inbox, holder);
}
