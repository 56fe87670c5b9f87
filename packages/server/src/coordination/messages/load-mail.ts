// What a transaction about mail reads first, and locks: threads, then inboxes, each in one order everywhere. Inboxes are
// made for whoever can be written to and has none.

import { TUTTI_PARTICIPANT } from '@tutti/schemas';
import type { LoadedMail } from './mail-draft.ts';
import { personOf } from './participants.ts';
import {
  insertInboxes,
  lockInboxes,
  lockThreads,
  type MailTransaction,
  readHolders,
  readParticipants,
} from './queries.ts';
import { emptyInbox, type Holder, type InboxRow } from './rows.ts';

/** Inboxes of agents that are gone, or are others by now: what they have is to be settled before. */
export class StaleInboxes extends Error {
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super('inboxes of agents that are gone');
    this.ids = ids;
  }
}

export interface WantedMail {
  readonly threads: readonly string[];
  /** Of those, the ones whose participants are written to. */
  readonly recipientsOf: readonly string[];
  readonly inboxes: readonly string[];
}

/** Whether there is a person of this principal. */
export type IsPerson = (principal: string) => boolean;

/** Throws StaleInboxes: then nothing may be done with what is read. */
export async function loadMail(
  tx: MailTransaction,
  { threads: threadIds, recipientsOf, inboxes }: WantedMail,
  isPerson: IsPerson,
): Promise<LoadedMail> {
  const threads = threadIds.length === 0 ? [] : await lockThreads(tx, threadIds);
  const participants = threads.length === 0 ? [] : await readParticipants(tx, threadIds);
  const written = new Set(recipientsOf);
  const mailed = participants
    .filter(({ thread_id: id }) => written.has(id))
    .map(({ participant_id: who }) => who);
  const ids = [...new Set([...inboxes, ...mailed])].filter((id) => id !== TUTTI_PARTICIPANT);
  const rows = await openInboxes(tx, ids, isPerson);
  // After the locks: a time that was read before them may be older than what others wrote.
  return { nowMs: await tx.nowMs(), threads, participants, inboxes: rows };
}

/** Locked; those of whoever can be written to. */
export async function openInboxes(
  tx: MailTransaction,
  ids: readonly string[],
  isPerson: IsPerson,
): Promise<readonly InboxRow[]> {
  const [locked, holders] = await Promise.all([lockInboxes(tx, ids), readHolders(tx, ids)]);
  const rows = new Map(locked.map((row) => [row.participant_id, row]));
  const known = new Map(holders.map((holder) => [holder.id, holder]));
  const missing = ids.filter((id) => !rows.has(id) && canBeWrittenTo(id, known, isPerson));
  if (missing.length > 0) {
    const nowMs = await tx.nowMs();
    await insertInboxes(
      tx,
      missing.map((id) => emptyInbox(id, known.get(id)?.registered_ms ?? 0, nowMs)),
    );
    // Somebody may have made one meanwhile, and the agent may have gone: what counts is seen behind the lock.
    for (const row of await lockInboxes(tx, missing)) rows.set(row.participant_id, row);
    for (const id of missing) known.delete(id);
    for (const holder of await readHolders(tx, missing)) known.set(holder.id, holder);
  }
  const found = [...rows.values()];
  const stale = found.filter((row) => isStale(row, known.get(row.participant_id)));
  if (stale.length > 0) throw new StaleInboxes(stale.map((row) => row.participant_id));
  return found.filter((row) => canBeWrittenTo(row.participant_id, known, isPerson));
}

/** There is something in it of an agent that is not there any more. Pure. */
export function isStale(
  { participant_id: id, registered_ms: registeredMs }: InboxRow,
  holder: Holder | undefined,
): boolean {
  if (personOf(id) !== undefined) return false;
  if (registeredMs === NOBODYS) return holder !== undefined;
  return holder?.registered_ms !== registeredMs;
}

/** Of an inbox that is settled and waits for another agent of the name. */
export const NOBODYS = -1;

function canBeWrittenTo(id: string, known: ReadonlyMap<string, Holder>, isPerson: IsPerson): boolean {
  const person = personOf(id);
  return person === undefined ? known.has(id) : isPerson(person);
}
