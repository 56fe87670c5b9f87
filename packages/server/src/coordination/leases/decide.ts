// Whether somebody may have files now, and who is in the way. Pure.
//
// Two leases of different agents that mean a common file exclude each other unless both are shared. Those who wait are
// served in their order: nobody gets past one who waits for a common file, so that whoever wants much is not passed by for
// ever. One exception: who waits, directly or over others, for the very agent that asks, does not hold it up, or both would
// wait for ever. So what is left of circles are those over leases alone: who would close one is told so instead.

import { AppError } from '../../kernel/errors.ts';
import type { Steps } from '../globs/glob-overlap.ts';
import type { Book, Lease, Ticket, Wanted } from './book.ts';
import { covers, patternsOverlap } from './patterns.ts';

/** Comparisons of parts of patterns that one decision may make; some tens of milliseconds. */
const MAX_STEPS = 2_000_000;

export type Verdict =
  | { readonly kind: 'clear' }
  /** The agent has all of it already. */
  | { readonly kind: 'covered'; readonly lease: Lease }
  | {
      readonly kind: 'blocked';
      readonly leases: readonly Lease[];
      /** Who comes before. */
      readonly tickets: readonly Ticket[];
      /** Agents that wait for the one that asks, each for the next one; empty: none does. */
      readonly cycle: readonly string[];
    };

export function createSteps(): Steps {
  return { left: MAX_STEPS };
}

/** `seq`: its place in line; undefined: the last. */
export function decide(book: Book, wanted: Wanted, seq: number | undefined, steps = createSteps()): Verdict {
  const covering = coveringLease(book, wanted, steps);
  if (covering !== undefined) return { kind: 'covered', lease: covering };
  const leases = leasesInTheWay(book, wanted, steps);
  const before = ticketsBefore(book, wanted, seq, steps);
  if (leases.length === 0 && before.length === 0) return { kind: 'clear' };
  // Nobody waits for who has nothing and stands in no line.
  const isWaitedFor = hasAnything(book, wanted.agentId);
  const waitsForIt = (agentId: string, edges: Edges): readonly string[] | undefined =>
    isWaitedFor ? chainTo(book, { from: agentId, to: wanted.agentId }, edges, steps) : undefined;
  const tickets = before.filter(({ agentId }) => waitsForIt(agentId, 'all') === undefined);
  if (leases.length === 0 && tickets.length === 0) return { kind: 'clear' };
  const cycle = leases.map(({ agentId }) => waitsForIt(agentId, 'leases')).find((one) => one !== undefined);
  return { kind: 'blocked', leases, tickets, cycle: cycle ?? [] };
}

/** Leases of others that mean some of the same files. */
export function leasesInTheWay(book: Book, wanted: Wanted, steps = createSteps()): readonly Lease[] {
  return [...book.leases.near(wanted.patterns)].filter((lease) => excludes(lease, wanted, steps));
}

function coveringLease(book: Book, { agentId, mode, patterns }: Wanted, steps: Steps): Lease | undefined {
  const own = [...book.leases.of(agentId)].filter((lease) => mode === 'shared' || lease.mode === 'exclusive');
  if (own.length === 0) return undefined;
  const held = own.flatMap((lease) => lease.patterns);
  if (!patterns.every((pattern) => held.some((one) => covers(one, pattern, steps)))) return undefined;
  const [first] = patterns;
  return own.find((lease) => first !== undefined && lease.patterns.some((one) => covers(one, first, steps)));
}

function ticketsBefore(
  { tickets }: Book,
  wanted: Wanted,
  seq: number | undefined,
  steps: Steps,
): readonly Ticket[] {
  return tickets.filter(
    (ticket) => (seq === undefined || ticket.seq < seq) && excludes(ticket, wanted, steps),
  );
}

function hasAnything({ leases, tickets }: Book, agentId: string): boolean {
  return leases.of(agentId).size > 0 || tickets.some((ticket) => ticket.agentId === agentId);
}

/** Whether two of different agents can't be had at once. */
export function excludes(one: Wanted, other: Wanted, steps = createSteps()): boolean {
  if (one.agentId === other.agentId || (one.mode === 'shared' && other.mode === 'shared')) return false;
  return one.patterns.some((pattern) =>
    other.patterns.some((second) => {
      const isSame = patternsOverlap(pattern, second, steps);
      if (isSame === undefined) throw tooComplex();
      return isSame;
    }),
  );
}

/** By what agents wait for each other: for what they have, or for their turn, too. */
type Edges = 'leases' | 'all';

/** The agents over which the one waits for the other, the first one included; undefined: it does not. */
function chainTo(
  book: Book,
  { from, to }: { readonly from: string; readonly to: string },
  edges: Edges,
  steps: Steps,
): readonly string[] | undefined {
  const seen = new Set([from]);
  const ways: (readonly string[])[] = [[from]];
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const agentId = way.at(-1) ?? from;
    for (const next of waitsFor(book, agentId, edges, steps)) {
      if (next === to) return way;
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

function waitsFor(book: Book, agentId: string, edges: Edges, steps: Steps): ReadonlySet<string> {
  const own = book.tickets.filter((ticket) => ticket.agentId === agentId);
  return new Set(
    own.flatMap((ticket) => [
      ...leasesInTheWay(book, ticket, steps).map((lease) => lease.agentId),
      ...(edges === 'all' ? ticketsBefore(book, ticket, ticket.seq, steps).map((one) => one.agentId) : []),
    ]),
  );
}

function tooComplex(): AppError {
  return new AppError(
    'too_large',
    'These paths are too many to be compared with all that is leased; ask for fewer, or for a folder instead of globs.',
    { details: { kind: 'too_complex' } },
  );
}
