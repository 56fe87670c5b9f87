// What leases have to do, said with sets of files instead of patterns, in a line that everything goes through.

import type { LeaseMode } from '@tutti/schemas';

export const FILES = ['a/1', 'a/2', 'b/1', 'b/2'] as const;
/** What each pattern means. */
export const PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'a/1': ['a/1'],
  'A/1': ['a/1'],
  'a/2': ['a/2'],
  'b/1': ['b/1'],
  a: ['a/1', 'a/2'],
  'a/*': ['a/1', 'a/2'],
  '*/1': ['a/1', 'b/1'],
  'b/**': ['b/1', 'b/2'],
  '**': FILES,
};

export interface Wish {
  readonly agent: number;
  readonly mode: LeaseMode;
  readonly patterns: readonly string[];
}

export interface ModelLease extends Wish {
  readonly sinceS: number;
}

export interface ModelTicket extends Wish {
  readonly order: number;
  /** The place is kept until then. */
  keepS: number;
  /** Who waits with it, until when. */
  calls: { readonly call: number; readonly untilS: number }[];
}

export interface Model {
  nowS: number;
  orders: number;
  leases: ModelLease[];
  tickets: ModelTicket[];
  readonly heardS: number[];
  /** Calls that ask once more, without waiting. */
  asking: (Wish & { readonly call: number; readonly untilS: number; readonly order: number })[];
}

export type Op =
  | ({ readonly op: 'acquire'; readonly waitS: number } & Wish)
  | { readonly op: 'release'; readonly agent: number; readonly patterns: readonly string[] };

export const TTL_S = 60;
export const GRACE_S = 30;

/** What a call came to; undefined: it waits. */
export type Told = 'granted' | 'blocked' | undefined;

export const filesOf = (patterns: readonly string[]): ReadonlySet<string> =>
  new Set(patterns.flatMap((pattern) => PATTERNS[pattern] ?? []));

export function excludes(one: Wish, other: Wish): boolean {
  if (one.agent === other.agent || (one.mode === 'shared' && other.mode === 'shared')) return false;
  return !filesOf(one.patterns).isDisjointFrom(filesOf(other.patterns));
}

const isSameWish = (one: Wish, other: Wish): boolean =>
  one.agent === other.agent && one.mode === other.mode && canonical(one) === canonical(other);
const canonical = ({ patterns }: Wish): string =>
  [...new Set(patterns.map((one) => one.toLowerCase()))].toSorted().join();

/** Leases of agents that nothing was heard of end when they are in somebody's way; without wishes all of them. */
export function endOver(model: Model, wishes?: readonly Wish[]): void {
  model.leases = model.leases.filter(
    (lease) =>
      Math.max(lease.sinceS, model.heardS[lease.agent] ?? 0) + TTL_S > model.nowS ||
      wishes?.some((wish) => excludes(wish, lease)) === false,
  );
}

type Verdict = 'covered' | 'clear' | 'blocked' | 'deadlock';

export function judge(model: Model, wish: Wish, order = Infinity): Verdict {
  if (isCovered(model, wish)) return 'covered';
  const leases = model.leases.filter((lease) => excludes(lease, wish));
  const tickets = model.tickets.filter(
    (ticket) => ticket.order < order && excludes(ticket, wish) && !reaches(model, ticket.agent, wish.agent),
  );
  if (leases.length === 0 && tickets.length === 0) return 'clear';
  return leases.some(({ agent }) => reaches(model, agent, wish.agent, true)) ? 'deadlock' : 'blocked';
}

/** As far as patterns tell it: a wish for a glob is covered by the same glob, or by the folder that it is in. */
function isCovered(model: Model, wish: Wish): boolean {
  const held = model.leases
    .filter(({ agent, mode }) => agent === wish.agent && (mode === 'exclusive' || wish.mode === 'shared'))
    .flatMap(({ patterns }) => patterns.map((one) => one.toLowerCase()));
  return wish.patterns.every((given) => {
    const wanted = given.toLowerCase();
    if (held.includes(wanted) || held.includes('**')) return true;
    const folder = wanted.split('/')[0] ?? '';
    if (held.includes(folder) || held.includes(`${folder}/**`)) return true;
    const [file, ...more] = PATTERNS[wanted] ?? [];
    const isFile = file === wanted && more.length === 0;
    return isFile && held.some((one) => one.includes('*') && PATTERNS[one]?.includes(file) === true);
  });
}

function reaches(model: Model, from: number, to: number, byLeasesOnly = false): boolean {
  const seen = new Set([from]);
  for (const agent of seen)
    for (const ticket of model.tickets.filter((one) => one.agent === agent))
      for (const other of [
        ...model.leases,
        ...model.tickets.filter((one) => !byLeasesOnly && one.order < ticket.order),
      ])
        if (excludes(other, ticket)) {
          if (other.agent === to) return true;
          seen.add(other.agent);
        }
  return false;
}

/** `call` is told at once, or later where it waits. */
export function acquire(model: Model, op: Extract<Op, { op: 'acquire' }>, call: number): Told {
  const { agent, mode, patterns, waitS } = op;
  const own = model.tickets.find((ticket) => isSameWish(ticket, op));
  const verdict = judge(model, op, own?.order);
  if (verdict === 'clear' || verdict === 'covered') {
    if (verdict === 'clear') model.leases.push({ agent, mode, patterns, sinceS: model.nowS });
    if (own !== undefined) leave(model, own);
    return 'granted';
  }
  if (waitS === 0 || verdict === 'deadlock') return 'blocked';
  const ticket = own ?? { agent, mode, patterns, order: ++model.orders, keepS: 0, calls: [] };
  ticket.keepS = model.nowS + waitS + GRACE_S;
  ticket.calls.push({ call, untilS: model.nowS + waitS });
  if (own === undefined) model.tickets.push(ticket);
  return undefined;
}

/** Calls that wait with it ask anew. */
function leave(model: Model, ticket: ModelTicket): void {
  model.tickets = model.tickets.filter((one) => one !== ticket);
  const { agent, mode, patterns, order } = ticket;
  for (const one of ticket.calls) model.asking.push({ agent, mode, patterns, order, ...one });
  model.asking.sort((a, b) => a.order - b.order || a.call - b.call);
}

export function release(model: Model, { agent, patterns }: Extract<Op, { op: 'release' }>): void {
  const given = patterns.map((one) => one.toLowerCase());
  const isGiven = (pattern: string): boolean => given.includes(pattern.toLowerCase());
  for (const ticket of model.tickets)
    if (ticket.agent === agent && ticket.patterns.some(isGiven)) leave(model, ticket);
  model.leases = model.leases.flatMap((lease) => {
    if (lease.agent !== agent) return [lease];
    const kept = lease.patterns.filter((one) => !isGiven(one));
    return kept.length === 0 ? [] : [{ ...lease, patterns: kept }];
  });
}

/** Gives those in line what they can have, and says whom to tell. */
export function serve(model: Model): number[] {
  const told: number[] = [];
  for (const ticket of model.tickets.toSorted((a, b) => a.order - b.order)) {
    if (ticket.calls.length === 0) continue;
    const verdict = judge(model, ticket, ticket.order);
    if (verdict === 'blocked' || verdict === 'deadlock') continue;
    const { agent, mode, patterns } = ticket;
    if (verdict === 'clear') model.leases.push({ agent, mode, patterns, sinceS: model.nowS });
    model.tickets = model.tickets.filter((one) => one !== ticket);
    told.push(...ticket.calls.map(({ call }) => call));
  }
  return told;
}

/** Time goes by: places lapse, and calls have waited long enough. */
export function advance(model: Model, seconds: number): void {
  model.nowS += seconds;
  for (const ticket of model.tickets) if (ticket.keepS < model.nowS) leave(model, ticket);
}

/** Calls whose time is over: they ask once more. */
export function timedOut(model: Model): void {
  for (const ticket of model.tickets) {
    const { agent, mode, patterns, order } = ticket;
    for (const { call, untilS } of ticket.calls)
      if (untilS <= model.nowS) model.asking.push({ agent, mode, patterns, order, call, untilS });
    ticket.calls = ticket.calls.filter(({ untilS }) => untilS > model.nowS);
  }
  model.asking.sort((a, b) => a.untilS - b.untilS || a.call - b.call);
}
