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

/** Found by what they may have in common with a request, so that a decision does not look at all of them. */
export interface LeaseShelf {
  readonly size: number;
  get(id: string): Lease | undefined;
  /** All that could mean a common file with some of the patterns, and others. */
  near(patterns: readonly Pattern[]): Iterable<Lease>;
  of(agentId: string): ReadonlySet<Lease>;
}

export interface Book {
  /** Of the guard of the space: with another one it has changed. */
  readonly version: number;
  readonly leases: LeaseShelf;
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
  /** What is not in anybody's way any more. */
  readonly gone: readonly Wanted[];
  /** As it was before. */
  undo(): void;
}

/** A book that drafts are made on, one at a time: each is either the next version of it, or undone. */
export interface OpenBook extends Book {
  draft(version: number): Draft;
}

export function createBook(version: number, leases: Iterable<Lease>, tickets: readonly Ticket[]): OpenBook {
  const shelf = createShelf(leases);
  let current = version;
  let line = tickets;

  return {
    get version() {
      return current;
    },
    leases: shelf,
    get tickets() {
      return line;
    },
    draft(next) {
      const earlier = { version: current, line };
      current = next;
      const undoing: (() => void)[] = [];
      const granted = new Map<string, Lease>();
      const narrowed = new Map<string, Lease>();
      const ended: Ended[] = [];
      const queued = new Map<string, Ticket>();
      const left: Ticket[] = [];
      const gone: Wanted[] = [];
      const isNew = (ticket: Ticket): boolean => !earlier.line.some(({ id }) => id === ticket.id);

      function put(lease: Lease): void {
        const before = shelf.get(lease.id);
        if (before !== undefined) take(before);
        shelf.add(lease);
        undoing.push(() => shelf.delete(lease));
      }
      function take(lease: Lease): void {
        shelf.delete(lease);
        undoing.push(() => shelf.add(lease));
        gone.push(lease);
      }

      return {
        version: next,
        leases: shelf,
        get tickets() {
          return line;
        },
        gone,
        grant(lease) {
          put(lease);
          granted.set(lease.id, lease);
        },
        narrow(lease) {
          put(lease);
          (granted.has(lease.id) ? granted : narrowed).set(lease.id, lease);
        },
        end(one) {
          const lease = shelf.get(one.lease.id);
          if (lease === undefined) return;
          take(lease);
          narrowed.delete(lease.id);
          if (!granted.delete(lease.id)) ended.push(one);
        },
        queue(ticket) {
          const others = line.filter(({ id }) => id !== ticket.id);
          line = [...others, ticket].toSorted((a, b) => a.seq - b.seq);
          queued.set(ticket.id, ticket);
        },
        leave(ticket) {
          line = line.filter(({ id }) => id !== ticket.id);
          queued.delete(ticket.id);
          gone.push(ticket);
          if (!isNew(ticket)) left.push(ticket);
        },
        changes: () => ({
          granted: [...granted.values()],
          narrowed: [...narrowed.values()],
          ended,
          queued: [...queued.values()],
          left,
        }),
        undo() {
          for (const one of undoing.toReversed()) one();
          current = earlier.version;
          ({ line } = earlier);
        },
      };
    },
  };
}

interface OpenShelf extends LeaseShelf {
  add(lease: Lease): void;
  delete(lease: Lease): void;
}

const WILD = /[*?]/;
const NONE: ReadonlySet<Lease> = new Set();

/** By the first name of their patterns; those that begin with a glob lie apart. */
function createShelf(leases: Iterable<Lease>): OpenShelf {
  const all = new Map<string, Lease>();
  const byAgent = new Map<string, Set<Lease>>();
  const byName = new Map<string, Set<Lease>>();
  const wild = new Set<Lease>();

  const shelf: OpenShelf = {
    get size() {
      return all.size;
    },
    get: (id) => all.get(id),
    near(patterns) {
      const names = patterns.map(firstName);
      if (names.includes(undefined)) return all.values();
      const found = new Set(wild);
      for (const name of names) for (const lease of byName.get(name ?? '') ?? []) found.add(lease);
      return found;
    },
    of: (agentId) => byAgent.get(agentId) ?? NONE,
    add(lease) {
      all.set(lease.id, lease);
      addTo(byAgent, lease.agentId, lease);
      for (const pattern of lease.patterns) {
        const name = firstName(pattern);
        if (name === undefined) wild.add(lease);
        else addTo(byName, name, lease);
      }
    },
    delete(lease) {
      all.delete(lease.id);
      deleteFrom(byAgent, lease.agentId, lease);
      wild.delete(lease);
      for (const pattern of lease.patterns) deleteFrom(byName, firstName(pattern) ?? '', lease);
    },
  };
  for (const lease of leases) shelf.add(lease);
  return shelf;
}

/** Undefined: it may be any. */
function firstName({ segments }: Pattern): string | undefined {
  const [first] = segments;
  return first === undefined || WILD.test(first) ? undefined : first;
}

function addTo(sets: Map<string, Set<Lease>>, key: string, lease: Lease): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(lease));
}

function deleteFrom(sets: Map<string, Set<Lease>>, key: string, lease: Lease): void {
  const set = sets.get(key);
  set?.delete(lease);
  if (set?.size === 0) sets.delete(key);
}
