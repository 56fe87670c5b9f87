// How many messages wait for each participant, in memory, so that every answer to an agent can say so without a look at
// the store. It follows the store: what this host writes at once, what others write when the store's feed says so.

import type { Database } from '../../store/database.ts';
import { MAX_TOLD_MUST_READ } from './limits.ts';
import { type MustRead, readChangedInboxes, readMustRead } from './reads.ts';
import type { InboxRow, MailTables } from './rows.ts';

/** Inboxes that are read at once. */
const PAGE_ROWS = 1_000;
/** Commits are seen in another order than their times: what is that old is read again. */
const OVERLAP_MS = 10_000;

export interface Waiting {
  readonly inbox: InboxRow;
  /** The oldest that hold it back. */
  readonly mustRead: readonly MustRead[];
}

export interface Board {
  get(participantId: string): Waiting | undefined;
  /** As they are after a commit of this host. */
  put(inboxes: readonly InboxRow[], mustRead: readonly MustRead[]): void;
  /** Reads what others wrote. */
  refresh(): Promise<void>;
  readonly size: number;
}

export interface InboxChange {
  readonly inbox: InboxRow;
  readonly before: InboxRow | undefined;
}

export interface BoardDeps {
  readonly database: Database<MailTables>;
  /** Something came for it, or was read by it; here, or at another host. */
  readonly changed: (change: InboxChange) => void;
}

export function createBoard({ database, changed }: BoardDeps): Board {
  const waiting = new Map<string, Waiting>();
  let seenMs = 0;

  function put(inboxes: readonly InboxRow[], mustRead: readonly MustRead[]): void {
    for (const inbox of inboxes) {
      const id = inbox.participant_id;
      const before = waiting.get(id)?.inbox;
      if (before !== undefined && before.version >= inbox.version) continue;
      const own =
        inbox.must_read === 0
          ? []
          : mustRead.filter((one) => one.recipient_id === id).slice(0, MAX_TOLD_MUST_READ);
      waiting.set(id, { inbox, mustRead: own });
      changed({ inbox, before });
    }
  }

  return {
    get: (id) => waiting.get(id),
    put,
    async refresh() {
      const sinceMs = Math.max(0, seenMs - OVERLAP_MS);
      let newestMs = seenMs;
      for (let after = ''; ;) {
        const rows = await readChangedInboxes(database.read, { sinceMs, after, limit: PAGE_ROWS });
        const held = rows.filter(({ must_read: count }) => count > 0).map((row) => row.participant_id);
        const mustRead = held.length === 0 ? [] : await readMustRead(database, held);
        put(rows, mustRead);
        for (const row of rows) newestMs = Math.max(newestMs, row.changed_ms);
        const last = rows.at(-1);
        if (last === undefined || rows.length < PAGE_ROWS) break;
        after = last.participant_id;
      }
      seenMs = newestMs;
    },
    get size() {
      return waiting.size;
    },
  };
}
