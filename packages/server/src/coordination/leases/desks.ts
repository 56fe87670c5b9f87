// The desks of all spaces, what they tell, and what tells them: agents and tasks that ended here, the time, other hosts.

import type { Clock } from '../../kernel/clock.ts';
import type { MakeId } from '../../kernel/ids.ts';
import type { Database } from '../../store/database.ts';
import type { Ledger } from '../tasks/ledger.ts';
import type { Lease } from './book.ts';
import { createDesk, type Desk } from './desk.ts';
import { createEndings, type Endings } from './endings.ts';
import type { LeaseMeter, TellLost } from './meter.ts';
import { createNewsOfLeases, type NewsOfLeases } from './news.ts';
import { type AllTables, hasLeases } from './queries.ts';
import { TICKET_GRACE_MS } from './requests.ts';
import type { Done } from './transaction.ts';

/** Where other hosts tell that leases changed. */
const LEASES_TOPIC = 'coordination/leases';

export interface Desks extends AsyncDisposable {
  of(space: string): Desk;
  /** There are leases now, or soon. */
  used(): void;
  readonly news: NewsOfLeases;
  readonly endings: Endings;
}

export interface DesksDeps {
  readonly database: Database<AllTables>;
  readonly clock: Clock;
  readonly makeId: MakeId;
  readonly ledger: Pick<Ledger, 'subscribe'>;
  readonly meter: LeaseMeter;
  readonly tellLost?: TellLost | undefined;
  readonly warn: (message: string, cause?: unknown) => void;
}

export async function createDesks(deps: DesksDeps): Promise<Desks> {
  const { database, clock, makeId, ledger, meter, tellLost, warn } = deps;
  const desks = new Map<string, Desk>();
  const news = createNewsOfLeases();
  // Work without leases costs nothing more. It is never taken down: somebody may be asking for one.
  let isUsed = await hasLeases(database.read);
  const { feed } = database;
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    for (const desk of desks.values()) await desk[Symbol.asyncDispose]();
  });
  const endings = stack.use(
    createEndings({
      database,
      clock,
      isUsed: () => isUsed,
      suspect: (space, ids) => of(space).change(() => undefined, ids),
      warn,
    }),
  );
  stack.use(
    ledger.subscribe(({ transitions }) => {
      if (!isUsed) return;
      for (const { before, after } of transitions)
        if (before?.assigned_ms != null && (after.ended_ms !== null || after.assigned_ms === null))
          endings.taskEnded(after.id);
    }),
  );
  stack.use(
    feed.listen(
      LEASES_TOPIC,
      () => {
        isUsed = true;
        for (const desk of desks.values()) desk.lookAgain();
      },
      { othersOnly: true },
    ),
  );

  function of(space: string): Desk {
    const known = desks.get(space);
    if (known !== undefined) return known;
    const desk = createDesk({
      space,
      database,
      clock,
      makeId,
      committed,
      free: ({ agentId, patterns }) =>
        news.add(agentId, {
          kind: 'free',
          space,
          paths: patterns.map(({ text }) => text),
          message: `What you waited for is free, and kept for you for at most ${TICKET_GRACE_MS / 1_000} s: call acquire_file_lock with the same paths.`,
        }),
      warn,
    });
    desks.set(space, desk);
    return desk;
  }

  function committed({ changes }: Done): void {
    for (const { lease, end, why } of changes.ended) {
      meter.ended(end);
      if (end === 'released') continue;
      tellLost?.(lease, end, why);
      news.add(lease.agentId, lost(lease, why));
    }
    feed.notify(LEASES_TOPIC);
  }

  const owned = stack.move();
  return {
    of,
    used() {
      isUsed = true;
    },
    news,
    endings,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function lost({ id, space, patterns }: Lease, why: string) {
  const paths = patterns.map(({ text }) => text);
  const message = `You do not have it any more: ${why}. Do not write it; ask for it again, and read it again before.`;
  return { kind: 'lost', lease_id: id, space, paths, message } as const;
}
