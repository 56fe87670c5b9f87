// Every edge of the machine of tasks is taken through real intents on a real store, and no other one can be: all that can
// be asked for is asked for in every state, and what the history then says is the table.

import { AgentRegistrationSchema } from '@tutti/schemas';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { createLedger } from '../../../src/coordination/tasks/ledger.ts';
import type { TaskTables } from '../../../src/coordination/tasks/queries.ts';
import { TASK_EDGES } from '../../../src/coordination/tasks/task-machine.ts';
import type { Database } from '../../../src/store/database.ts';
import { openDatabase } from '../../../src/store/open-database.ts';
import { closeStoresAfterTests, stores } from '../../store/support/stores.ts';
import { LOCAL, MIGRATIONS } from '../support/open.ts';
import { openRegistry } from '../support/registry.ts';
import { ACTIONS, type Place, STATES } from './task-states.ts';

closeStoresAfterTests();

const HOUR_MS = 3_600_000;
/** Tasks that one agent holds at most. */
const SLOTS = 50;

interface Case {
  readonly state: string;
  readonly action: string;
  readonly place: Place;
  readonly options: { readonly retries: number; readonly deadline?: string };
}

function cases(nowMs: number): readonly Case[] {
  const variants = [
    { retries: 0 },
    { retries: 3 },
    { retries: 3, deadline: new Date(nowMs + HOUR_MS).toISOString() },
  ];
  const all = Object.keys(STATES).flatMap((state) =>
    Object.keys(ACTIONS).flatMap((action) => variants.map((options) => ({ state, action, options }))),
  );
  return all.map((one, index) => {
    const agentId = `agent-${Math.floor(index / SLOTS)}`;
    return { ...one, place: { id: `${index}: ${one.state}, ${one.action}`, agentId } };
  });
}

async function registerAgents(database: Database<object>, ids: Iterable<string>): Promise<void> {
  await using agents = openRegistry(database);
  for (const id of ids)
    await agents.registry.register(AgentRegistrationSchema.parse({ id, maxConcurrentTasks: 100 }), LOCAL);
}

/** What the history says happened, each line with the status before it. */
async function readSteps(database: Database<object>): Promise<ReadonlyMap<string, readonly string[]>> {
  const lines = await database
    .over<TaskTables>()
    .read.selectFrom('tasks_history')
    .select(['task_id', 'version', 'event', 'status'])
    .orderBy('task_id')
    .orderBy('version')
    .execute();
  const byTask = Map.groupBy(lines, ({ task_id }) => task_id);
  return new Map(
    [...byTask].map(([id, all]) => [
      id,
      all.slice(1).map(({ event, status }, index) => `${event}: ${all[index]?.status} -> ${status}`),
    ]),
  );
}

const TABLE = TASK_EDGES.flatMap(({ event, from, to }) =>
  from.flatMap((before) => to.map((after) => `${event}: ${before} -> ${after}`)),
);

describe.each(stores)('the edges of tasks on $name', ({ freshUrl }) => {
  test('each is taken, and no other one', async () => {
    verifies('TSK-02', 'TSK-04');
    let wallMs = Date.now();
    await using database = await openDatabase(freshUrl(), { migrations: MIGRATIONS, wallMs: () => wallMs });
    await using ledger = createLedger({ database });
    const all = cases(wallMs);
    await registerAgents(database, new Set(all.map(({ place }) => place.agentId)));
    const reached = await Promise.all(
      all.map(async (one) => {
        const row = await STATES[one.state]?.(one.place, one.options, (intent) => ledger.submit(intent));
        if (row === undefined) throw new Error(`no state ${one.state}`);
        return { ...one, row };
      }),
    );
    const act = async ({ action, place, row }: (typeof reached)[number]): Promise<void> => {
      try {
        const intent = ACTIONS[action]?.(place, row);
        if (intent !== undefined) await ledger.submit(intent);
      } catch (error) {
        // A refusal is an answer; a mistake of ours is none.
        if (!(error instanceof AppError) || error.code === 'internal') throw error;
      }
    };
    await Promise.all(reached.filter(({ action }) => action !== 'due').map(act));
    wallMs += 2 * HOUR_MS;
    await Promise.all(reached.filter(({ action }) => action === 'due').map(act));

    const steps = await readSteps(database);
    expect([...new Set([...steps.values()].flat())].toSorted()).toEqual([...new Set(TABLE)].toSorted());
    // What is not in the history did not happen.
    const rows = await database
      .over<TaskTables>()
      .read.selectFrom('tasks_tasks')
      .select(['id', 'status', 'version'])
      .execute();
    for (const { id, status, version } of rows) {
      const taken = steps.get(id) ?? [];
      expect({ id, steps: taken.length, end: taken.at(-1)?.split(' -> ')[1] ?? 'pending' }).toEqual({
        id,
        steps: version - 1,
        end: status,
      });
    }
  }, 120_000);
});
