// Leases against a model of them: whatever is asked for in whatever order, by calls that wait and calls that do not, while
// time goes by. Both agree on who got what when and on what stands in the store, and no file is ever in the hands of two.
// TUTTI_TEST_RUNS raises the number of runs; a failure prints the seed.

import { randomBytes } from 'node:crypto';
import { AgentRegistrationSchema } from '@tutti/schemas';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { AgentTables } from '../../../src/coordination/agents/agent-row.ts';
import type { Wanted } from '../../../src/coordination/leases/book.ts';
import { createDesk, type Desk } from '../../../src/coordination/leases/desk.ts';
import { createPattern } from '../../../src/coordination/leases/patterns.ts';
import { type AllTables, readSpace } from '../../../src/coordination/leases/queries.ts';
import { releasePaths } from '../../../src/coordination/leases/requests.ts';
import { leaseOf, ticketOf } from '../../../src/coordination/leases/rows.ts';
import { createIds } from '../../../src/kernel/ids.ts';
import type { Database } from '../../../src/store/database.ts';
import { openDatabase } from '../../../src/store/open-database.ts';
import { createManualClock, type ManualClock } from '../../kernel/manual-clock.ts';
import { closeStoresAfterTests, stores } from '../../store/support/stores.ts';
import { MIGRATIONS, openOn } from '../support/open.ts';
import {
  acquire,
  advance,
  endOver,
  excludes,
  filesOf,
  type Model,
  type Op,
  PATTERNS,
  release,
  serve,
  timedOut,
  TTL_S,
} from './model/lease-model.ts';

closeStoresAfterTests();

const AGENTS = 3;
const RUNS = Number(process.env['TUTTI_TEST_RUNS'] ?? '200');
/** Rounds in which all that was asked for again is answered. */
const SETTLING = 4;

const agent = fc.nat(AGENTS - 1);
const patterns = fc.uniqueArray(fc.constantFrom(...Object.keys(PATTERNS)), {
  minLength: 1,
  maxLength: 2,
  selector: (one) => one.toLowerCase(),
});
const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('acquire' as const),
      agent,
      mode: fc.constantFrom('exclusive' as const, 'exclusive' as const, 'shared' as const),
      patterns,
      waitS: fc.constantFrom(0, 10, 45),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('release' as const), agent, patterns }) },
);
/** What is in one inner list is asked for at once. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(ops, { minLength: 1, maxLength: 5 }) },
  { weight: 2, arbitrary: fc.record({ advanceS: fc.constantFrom(4.3, 11.3, 25.3, 61.3) }) },
  { weight: 1, arbitrary: fc.record({ heard: agent }) },
);
const program = fc.array(step, { minLength: 1, maxLength: 12 });

describe.each(stores)('leases on $name', ({ freshUrl }) => {
  let database: Database<AllTables>;
  let wallMs = 1_700_000_000_000;
  let run = 0;

  beforeAll(async () => {
    const opened = await openDatabase(freshUrl(), { migrations: MIGRATIONS, wallMs: () => wallMs });
    database = opened.over<AllTables>();
    await using host = await openOn(opened);
    for (let n = 0; n < AGENTS; n++)
      await host.agents.register(AgentRegistrationSchema.parse({ id: `a${n}` }), {
        id: 'local',
        isAdmin: false,
      });
  });
  afterAll(() => database[Symbol.asyncDispose]());

  function wantedOf(op: Extract<Op, { op: 'acquire' }>): Wanted {
    return {
      agentId: `a${op.agent}`,
      taskId: undefined,
      mode: op.mode,
      patterns: op.patterns.map(createPattern),
      reason: '',
      ttlMs: TTL_S * 1_000,
    };
  }

  async function hear(agentId: string, atMs: number): Promise<void> {
    await database
      .over<AgentTables>()
      .transaction((tx) =>
        tx.updateTable('agents_beats').set({ at_ms: atMs }).where('agent_id', '=', agentId).execute(),
      );
  }

  async function play(
    steps: readonly (readonly Op[] | { advanceS: number } | { heard: number })[],
  ): Promise<void> {
    run += 1;
    // Nothing of an earlier run counts any more.
    wallMs += 86_400_000;
    const startMs = wallMs;
    for (let n = 0; n < AGENTS; n++) await hear(`a${n}`, startMs - 86_000_000);
    const space = `s${run}`;
    const clock: ManualClock = createManualClock(wallMs);
    await using desk = openDesk(space, clock);
    const model: Model = { nowS: 0, orders: 0, leases: [], tickets: [], heardS: [], asking: [] };
    const told = new Map<number, string>();
    const expected = new Map<number, string>();
    let calls = 0;

    const settle = async (): Promise<void> => {
      await desk.change(() => undefined);
      const { leases } = await readSpace(database.read, space);
      // Those that are over end, whoever they are in the way of.
      await desk.change(
        () => undefined,
        leases.map(({ id }) => id),
      );
      for (let n = 0; n < SETTLING; n++) await desk.change(() => undefined);
      for (let n = 0; n < SETTLING; n++) {
        const asking = model.asking.splice(0);
        endOver(model, asking);
        for (const one of asking)
          expected.set(one.call, acquire(model, { ...one, op: 'acquire', waitS: 0 }, one.call) ?? 'waits');
        for (const call of serve(model)) expected.set(call, 'granted');
        if (n > 0) continue;
        endOver(model);
        for (const call of serve(model)) expected.set(call, 'granted');
      }
    };

    for (const one of steps) {
      if ('advanceS' in one) {
        wallMs += one.advanceS * 1_000;
        advance(model, one.advanceS);
        const waiting = model.tickets.filter(({ calls: open }) => open.length > 0);
        endOver(model, waiting);
        for (const call of serve(model)) expected.set(call, 'granted');
        timedOut(model);
        clock.advance(one.advanceS * 1_000);
      } else if ('heard' in one) {
        await hear(`a${one.heard}`, wallMs);
        model.heardS[one.heard] = model.nowS;
      } else {
        endOver(
          model,
          one.flatMap((op) => (op.op === 'acquire' ? op : [])),
        );
        for (const op of one) {
          if (op.op === 'release') {
            void desk.change((draft) => releasePaths(draft, `a${op.agent}`, op.patterns.map(createPattern)));
            release(model, op);
            continue;
          }
          const call = calls++;
          void desk.acquire(wantedOf(op), op.waitS * 1_000, new AbortController().signal).then(
            ({ asked }) => told.set(call, asked.kind),
            (error: unknown) => told.set(call, String(error)),
          );
          const answer = acquire(model, op, call);
          if (answer !== undefined) expected.set(call, answer);
        }
        for (const call of serve(model)) expected.set(call, 'granted');
      }
      await settle();
      expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
      await agree(space, model);
    }
  }

  const said = (agentId: string, mode: string, held: readonly string[]): string =>
    [agentId, mode, ...held.map((one) => one.toLowerCase()).toSorted()].join(' ');
  const saidOf = ({ agentId, mode, patterns: held }: Wanted): string =>
    said(
      agentId,
      mode,
      held.map(({ text }) => text),
    );

  async function agree(space: string, model: Model): Promise<void> {
    const rows = await readSpace(database.read, space);
    const leases = rows.leases.map(leaseOf);
    const shown = leases.map(saidOf);
    const wanted = model.leases.map((lease) => said(`a${lease.agent}`, lease.mode, lease.patterns));
    expect(shown.toSorted()).toEqual(wanted.toSorted());
    expect(new Set(leases.map(({ fence }) => fence)).size).toBe(leases.length);
    expect(rows.tickets.map(ticketOf).map(saidOf)).toEqual(
      model.tickets
        .toSorted((a, b) => a.order - b.order)
        .map((ticket) => said(`a${ticket.agent}`, ticket.mode, ticket.patterns)),
    );
    // Said once more, of the rows themselves.
    for (const one of leases)
      for (const other of leases)
        if (one.agentId !== other.agentId && (one.mode === 'exclusive' || other.mode === 'exclusive')) {
          const [mine, theirs] = [one, other].map(({ patterns: held }) =>
            filesOf(held.map(({ text }) => text)),
          );
          expect(mine?.isDisjointFrom(theirs ?? new Set())).toBe(true);
        }
    for (const one of model.leases)
      for (const other of model.leases) expect(excludes(one, other)).toBe(false);
  }

  function openDesk(space: string, clock: ManualClock): Desk {
    return createDesk({
      space,
      database,
      clock,
      makeId: createIds({ nowMs: () => wallMs, randomBytes }),
      committed: () => undefined,
      free: () => undefined,
      warn: (message, cause) => {
        throw new Error(message, { cause });
      },
    });
  }

  test(
    'agree with their model, whatever is done',
    async () => {
      verifies('LCK-01', 'LCK-02', 'LCK-03', 'LCK-05');
      await fc.assert(fc.asyncProperty(program, play), { numRuns: RUNS });
    },
    15 * 60_000,
  );
});
