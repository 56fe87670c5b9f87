// The leases of one space and the line for them, in memory: what a decision looks at. A draft is the book with changes that
// are not written yet.

import type { LeaseEnd, LeaseMode } from '@tutti/schemas';
import type { Pattern } from './patterns.ts';

/** What somebody has, or wants. */
export interface Wanted {
  readonly agentId: string;
  readonly taskId: string | undefined;
  readonly mode: LeaseMode;
  readonly patterns: readonly Pattern[];
  readonly reason: string;
  readonly ttlMs: number;
}

export interface Lease extends Wanted {
  readonly id: string;
  readonly space: string;
  readonly fence: number;
  readonly sinceMs: number;
}

/** A place in line. */
export interface Ticket extends Wanted {
  readonly id: string;
  readonly space: string;
  readonly seq: number;
  readonly sinceMs: number;
  readonly keepMs: number;
}

export interface Book {
  /** Of the guard of the space: with another one it has changed. */
  readonly version: number;
  readonly leases: ReadonlyMap<string, Lease>;
  /** In their order. */
  readonly tickets: readonly Ticket[];
}

export interface Ended {
  readonly lease: Lease;
  readonly end: LeaseEnd;
  /** In words, for whoever had it. */
  readonly why: string;
}

export interface Changes {
  readonly granted: readonly Lease[];
  /** With fewer paths than before. */
  readonly narrowed: readonly Lease[];
  readonly ended: readonly Ended[];
  /** New, or kept for longer. */
  readonly queued: readonly Ticket[];
  readonly left: readonly Ticket[];
}

export interface Draft extends Book {
  grant(lease: Lease): void;
  narrow(lease: Lease): void;
  end(ended: Ended): void;
  queue(ticket: Ticket): void;
  leave(ticket: Ticket): void;
  changes(): Changes;
}

export function createDraft(book: Book, version: number): Draft {
  const leases = new Map(book.leases);
  let { tickets } = book;
  const ended: Ended[] = [];
  const narrowed = new Set<string>();
  const queued = new Set<string>();
  const left: Ticket[] = [];

  return {
    version,
    leases,
    get tickets() {
      return tickets;
    },
    grant: (lease) => void leases.set(lease.id, lease),
    narrow(lease) {
      leases.set(lease.id, lease);
      narrowed.add(lease.id);
    },
    end(one) {
      if (leases.delete(one.lease.id)) ended.push(one);
    },
    queue(ticket) {
      const others = tickets.filter(({ id }) => id !== ticket.id);
      tickets = [...others, ticket].toSorted((a, b) => a.seq - b.seq);
      queued.add(ticket.id);
    },
    leave(ticket) {
      tickets = tickets.filter(({ id }) => id !== ticket.id);
      left.push(ticket);
    },
    changes() {
      const isNew = (id: string): boolean => !book.leases.has(id);
      const before = new Set(book.tickets.map(({ id }) => id));
      return {
        granted: [...leases.values()].filter(({ id }) => isNew(id)),
        narrowed: [...narrowed].flatMap((id) => (isNew(id) ? [] : (leases.get(id) ?? []))),
        ended: ended.filter(({ lease }) => !isNew(lease.id)),
        queued: tickets.filter(({ id }) => queued.has(id)),
        left: left.filter(({ id }) => before.has(id)),
      };
    },
  };
}

export const EMPTY_BOOK: Omit<Book, 'version'> = { leases: new Map(), tickets: [] };
