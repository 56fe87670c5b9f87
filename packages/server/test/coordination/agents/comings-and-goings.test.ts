// What others decided about an agent outlives its restart, and one that leaves takes no work with it.

import { AgentRegistrationSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../../test/support/eventually.ts';
import { verifies } from '../../../../../test/verifies.ts';
import type { AgentTables } from '../../../src/coordination/agents/agent-row.ts';
import { assignment } from '../../../src/coordination/tasks/commands.ts';
import { createLedger } from '../../../src/coordination/tasks/ledger.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { Database } from '../../../src/store/database.ts';
import { sql } from '../../../src/store/kysely.ts';
import { closeStoresAfterTests, openTest, postgres, stores } from '../../store/support/stores.ts';
import { ADMIN, LOCAL, MIGRATIONS, openFresh, openOn } from '../support/open.ts';
import { openRegistry } from '../support/registry.ts';

closeStoresAfterTests();
const { signal } = new AbortController();
const given = (taskId: string) =>
  assignment({ taskId, agentId: 'ada', why: {}, options: { domainFiltering: true } });

describe.each(stores)('agents that come and go on $name', ({ freshUrl }) => {
  test('a role that somebody gave it, and a hold, outlive its registering again', async () => {
    verifies('AGT-02', 'AGT-06', 'AGT-07');
    await using it = await openFresh(freshUrl());
    await it.agent({ id: 'ada', role: 'Worker' });
    await it.agent({ id: 'ada', role: 'SWE' });
    expect(it.agents.get('ada').role).toBe('SWE');
    await it.agents.setRole('ada', 'QA', ADMIN);
    await it.agents.command('ada', 'hold', ADMIN);
    await it.agent({ id: 'ada', role: 'SWE', capabilities: ['fly'] });
    expect(it.agents.get('ada')).toMatchObject({
      role: 'QA',
      capabilities: ['fly'],
      phase: 'NotReady',
      phase_reason: expect.stringContaining('held back by admin'),
    });
    await it.task({});
    expect(await it.agents.next('ada', 0, LOCAL, signal)).toBeUndefined();
    await it.agents.command('ada', 'resume', ADMIN);
    expect(await it.agents.next('ada', 5_000, LOCAL, signal)).toMatchObject({ claim: 1 });
    // Its going is its own word, and over when it comes again.
    await it.agents.command('ada', 'drain', LOCAL);
    await it.agent({ id: 'ada' });
    expect(it.agents.get('ada')).toMatchObject({ phase: 'Ready', role: 'QA' });
  });

  test('what others decide about an agent is no sign of life', async () => {
    verifies('AGT-05');
    let hereMs = Date.now();
    await using it = await openFresh(freshUrl(), { ...systemClock, nowMs: () => hereMs });
    await it.agent({ id: 'ada' });
    const { last_heartbeat: first } = it.agents.get('ada');
    hereMs += 5_000;
    await it.agents.setRole('ada', 'QA', ADMIN);
    await it.agents.command('ada', 'hold', LOCAL);
    await it.agents.command('ada', 'drain', ADMIN);
    expect(it.agents.get('ada').last_heartbeat).toBe(first);
    await it.agents.report('ada', { status: 'working' }, LOCAL);
    expect(it.agents.get('ada').last_heartbeat).not.toBe(first);
  });

  test('an agent that holds a task is not removed', async () => {
    verifies('AGT-02');
    const database = (await openTest(freshUrl(), { migrations: MIGRATIONS })).over<object>();
    await using it = await openOn(database);
    const { id } = await it.task({});
    await using agents = openRegistry(database);
    const { registry, directory } = agents;
    await using ledger = createLedger({ database });
    await registry.register(AgentRegistrationSchema.parse({ id: 'ada' }), LOCAL);
    await ledger.submit(given(id));
    await expect(registry.remove('ada', LOCAL)).rejects.toMatchObject({
      code: 'conflict',
      details: { kind: 'holds_tasks' },
    });
    expect(directory.get('ada')).toBeDefined();
  });
});

/** Its transactions wait at their commit for the gate. */
function heldAtCommit<Tables>(database: Database<Tables>, gate: Promise<void>): Database<Tables> {
  return {
    ...database,
    get host() {
      return database.host;
    },
    transaction: (work, options) =>
      database.transaction(async (tx) => {
        const done = await work(tx);
        await gate;
        return done;
      }, options),
    over: <Others>() => heldAtCommit(database.over<Others>(), gate),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

describe.runIf(postgres !== undefined)('an agent that leaves on postgres', () => {
  test('does not take with it what it is being given at that moment', async () => {
    verifies('AGT-02', 'TSK-04');
    const url = postgres?.freshUrl() ?? '';
    const open = async () => (await openTest(url, { migrations: MIGRATIONS })).over<object>();
    const database = await open();
    await using it = await openOn(database);
    await it.agent({ id: 'ada' });
    const { id } = await it.task({});
    const gate = Promise.withResolvers<void>();
    await using ledger = createLedger({ database: heldAtCommit(await open(), gate.promise) });
    const assigning = ledger.submit(given(id));
    const waiting = async (event: string): Promise<number> => {
      const { rows } = await database.over<AgentTables>().transaction((tx) =>
        sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
          where datname = current_database() and wait_event = ${event}`.execute(tx),
      );
      return rows[0]?.n ?? 0;
    };
    // It has done all but to commit: its connection waits for its client inside of a transaction.
    await eventually(async () => {
      const { rows } = await database.over<AgentTables>().transaction((tx) =>
        sql<{ n: number }>`select count(*)::int as n from pg_locks l join pg_class c on c.oid = l.relation
          where c.relname = 'tasks_tasks' and l.mode = 'RowExclusiveLock' and l.pid <> pg_backend_pid()`.execute(
          tx,
        ),
      );
      return (rows[0]?.n ?? 0) > 0;
    });
    const leaving = it.agents.deregister('ada', LOCAL);
    await eventually(async () => (await waiting('transactionid')) > 0, { what: 'the removal waits' });
    gate.resolve();
    expect(await assigning).toMatchObject({ status: 'assigned', claim: 1 });
    await leaving;
    expect(await it.tasks.get(id)).toMatchObject({ status: 'pending', claim: 1 });
    expect(() => it.agents.get('ada')).toThrow(/no agent/);
  });
});
