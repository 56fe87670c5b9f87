// Every edge of the machine of agents is taken through what changes agents, on a real store, and no other one can be:
// all that happens to agents happens in every state.

import { AgentRegistrationSchema, type AgentPhase } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  AGENT_EDGES,
  AGENT_EVENTS,
  type AgentEvent,
  type SettledPhase,
} from '../../../src/coordination/agents/agent-machine.ts';
import type { AgentTables } from '../../../src/coordination/agents/agent-row.ts';
import { markSilent } from '../../../src/coordination/agents/queries.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { openDatabase } from '../../../src/store/open-database.ts';
import { closeStoresAfterTests, stores } from '../../store/support/stores.ts';
import { LOCAL, MIGRATIONS } from '../support/open.ts';
import { openRegistry } from '../support/registry.ts';

closeStoresAfterTests();

type State = `${AgentPhase}/${SettledPhase}`;

/** How each state is reached. */
const REACHED: Readonly<Record<string, readonly AgentEvent[]>> = {
  'Ready/Ready': ['register'],
  'NotReady/NotReady': ['register', 'hold'],
  'Terminating/Terminating': ['register', 'drain'],
  'Unknown/Ready': ['register', 'silent'],
  'Unknown/NotReady': ['register', 'hold', 'silent'],
  'Unknown/Terminating': ['register', 'drain', 'silent'],
};

/** What each state becomes; nothing where it stays as it is. */
const BECOMES: Readonly<Record<AgentEvent, Readonly<Record<string, State>>>> = {
  register: {
    'Terminating/Terminating': 'Ready/Ready',
    'Unknown/Ready': 'Ready/Ready',
    'Unknown/NotReady': 'NotReady/NotReady',
    'Unknown/Terminating': 'Ready/Ready',
  },
  silent: {
    'Ready/Ready': 'Unknown/Ready',
    'NotReady/NotReady': 'Unknown/NotReady',
    'Terminating/Terminating': 'Unknown/Terminating',
  },
  heard: {
    'Unknown/Ready': 'Ready/Ready',
    'Unknown/NotReady': 'NotReady/NotReady',
    'Unknown/Terminating': 'Terminating/Terminating',
  },
  hold: { 'Ready/Ready': 'NotReady/NotReady', 'Unknown/Ready': 'Unknown/NotReady' },
  resume: { 'NotReady/NotReady': 'Ready/Ready', 'Unknown/NotReady': 'Unknown/Ready' },
  drain: {
    'Ready/Ready': 'Terminating/Terminating',
    'NotReady/NotReady': 'Terminating/Terminating',
    'Unknown/Ready': 'Unknown/Terminating',
    'Unknown/NotReady': 'Unknown/Terminating',
  },
};

describe.each(stores)('the edges of agents on $name', ({ freshUrl }) => {
  test('each is taken, and no other one', async () => {
    verifies('AGT-05', 'AGT-06');
    let wallMs = Date.now();
    await using database = await openDatabase(freshUrl(), { migrations: MIGRATIONS, wallMs: () => wallMs });
    const tables = database.over<AgentTables>();
    await using agents = openRegistry(database, { ...systemClock, nowMs: () => wallMs });
    const { registry, directory, beats } = agents;
    const heartbeatMs = 1_000;

    async function cause(event: AgentEvent, id: string): Promise<void> {
      switch (event) {
        case 'register':
          await registry.register(
            AgentRegistrationSchema.parse({ id, heartbeatInterval: heartbeatMs / 1_000 }),
            LOCAL,
          );
          return;
        case 'hold':
        case 'resume':
        case 'drain':
          await registry.command(id, event, LOCAL);
          return;
        case 'heard':
          registry.heard(id, LOCAL);
          return await beats.flush();
        case 'silent': {
          await beats.flush();
          wallMs += 10 * heartbeatMs;
          const marked = await tables.transaction(async (tx) =>
            markSilent(tx, [id], { nowMs: await tx.nowMs(), intervals: 2, graceMs: 0 }),
          );
          for (const row of marked) directory.put(row);
        }
      }
    }
    async function stateOf(id: string): Promise<State> {
      const row = await tables.read
        .selectFrom('agents_agents')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      expect(directory.get(id)?.row).toEqual(row);
      // What it is while it is heard of it is for the same reason.
      if (row.phase !== 'Unknown') expect(row.settled_reason).toBe(row.phase_reason);
      return `${row.phase}/${row.settled_phase}`;
    }

    const taken = new Set<string>();
    let number = 0;
    for (const [from, events] of Object.entries(REACHED))
      for (const event of AGENT_EVENTS) {
        const id = `agent-${++number}`;
        for (const earlier of events) await cause(earlier, id);
        expect(await stateOf(id)).toBe(from);
        await cause(event, id);
        const to = await stateOf(id);
        expect({ from, event, to }).toEqual({ from, event, to: BECOMES[event][from] ?? from });
        if (from !== to || event === 'register')
          taken.add(`${event}: ${from.split('/')[0]} -> ${to.split('/')[0]}`);
      }
    const table = AGENT_EDGES.flatMap(({ event, from, to }) =>
      from.flatMap((before) => to.map((after) => `${event}: ${before} -> ${after}`)),
    );
    expect([...taken].toSorted()).toEqual(table.toSorted());
  }, 120_000);
});
