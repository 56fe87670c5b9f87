// What stands in the store about leases, as callers see it: only those that are in force.

import type { ApiLease, ApiLeaseDetail, CheckedPath } from '@tutti/schemas';
import type { Database } from '../../store/database.ts';
import type { Lease, Ticket } from './book.ts';
import { createSteps } from './decide.ts';
import { endOf, expiresMs } from './liveness.ts';
import { covers, type Pattern, patternsOverlap } from './patterns.ts';
import { type AllTables, type LeaseQuery, readLeases, readTickets } from './queries.ts';
import { MAX_SPACE_LEASES } from './requests.ts';
import { leaseOf, ticketOf } from './rows.ts';
import { leaseView, waitView } from './view.ts';

interface Seen {
  readonly lease: Lease;
  readonly shown: ApiLease;
}

interface Space {
  readonly leases: readonly Seen[];
  readonly tickets: readonly Ticket[];
}

export interface LeasePage {
  readonly items: readonly ApiLease[];
  readonly nextCursor?: string | undefined;
}

export interface Inspector {
  page(query: LeaseQuery): Promise<LeasePage>;
  /** Undefined: there is no such lease in force. */
  detail(id: string): Promise<ApiLeaseDetail | undefined>;
  check(
    space: string,
    paths: readonly { readonly path: string; readonly pattern: Pattern }[],
    agentId: string | undefined,
  ): Promise<readonly CheckedPath[]>;
}

export function createInspector(database: Database<AllTables>): Inspector {
  function inForce(query: LeaseQuery): Promise<{ readonly seen: readonly Seen[]; readonly last?: string }> {
    return database.transaction(async (tx) => {
      const nowMs = await tx.nowMs();
      const rows = await readLeases(tx.over(), query);
      const seen = rows.flatMap((row): readonly Seen[] => {
        const lease = leaseOf(row);
        if (endOf(lease, row, nowMs) !== undefined) return [];
        return [{ lease, shown: leaseView(lease, expiresMs(lease, row.beat_ms)) }];
      });
      const last = rows.length < query.limit ? undefined : rows.at(-1)?.id;
      return { seen, ...(last === undefined ? {} : { last }) };
    });
  }

  async function look(space: string): Promise<Space> {
    const { seen } = await inForce({ space, limit: MAX_SPACE_LEASES });
    const tickets = await readTickets(database.read, space);
    return { leases: seen, tickets: tickets.map(ticketOf) };
  }

  return {
    async page(query) {
      const { seen, last } = await inForce(query);
      return { items: seen.map(({ shown }) => shown), nextCursor: last };
    },
    async detail(id) {
      const [found] = (await inForce({ id, limit: 1 })).seen;
      if (found === undefined) return undefined;
      const { lease, shown } = found;
      const tickets = (await readTickets(database.read, lease.space)).map(ticketOf);
      const waiting = tickets.filter(
        (ticket) =>
          ticket.agentId !== lease.agentId &&
          ticket.patterns.some((one) => lease.patterns.some((other) => meets(one, other))),
      );
      return { ...shown, waiting: waiting.map(waitView) };
    },
    async check(space, paths, agentId) {
      const { leases, tickets } = await look(space);
      return paths.map(({ path, pattern }): CheckedPath => {
        const holders = leases.filter(({ lease }) => lease.patterns.some((one) => meets(one, pattern)));
        const steps = createSteps();
        return {
          path,
          status: statusOf(holders),
          yours: holders.some(
            ({ lease }) =>
              lease.agentId === agentId &&
              lease.mode === 'exclusive' &&
              lease.patterns.some((one) => covers(one, pattern, steps)),
          ),
          holders: holders.map(({ shown }) => shown),
          queue_length: tickets.filter((ticket) => ticket.patterns.some((one) => meets(one, pattern))).length,
        };
      });
    },
  };
}

/** What can't be told within the bound counts as meeting. */
function meets(a: Pattern, b: Pattern): boolean {
  return patternsOverlap(a, b, createSteps()) !== false;
}

function statusOf(holders: readonly Seen[]): CheckedPath['status'] {
  if (holders.length === 0) return 'free';
  return holders.some(({ lease }) => lease.mode === 'exclusive') ? 'exclusive' : 'shared';
}
