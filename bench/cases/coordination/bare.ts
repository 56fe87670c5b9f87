// The statements of a claim and a completion by themselves, each in a transaction of its own, with no decision in between:
// what the database takes for them.

import type { AgentTables, LoadRow } from '../../../packages/server/src/coordination/agents/agent-row.ts';
import { addFitness } from '../../../packages/server/src/coordination/agents/fitness-queries.ts';
import { readAgents } from '../../../packages/server/src/coordination/agents/queries.ts';
import {
  askRechecks,
  insertHistory,
  lockLoads,
  lockTasks,
  type TaskTables,
  type TaskTransaction,
  updateLoads,
  updateTasks,
  writeContents,
} from '../../../packages/server/src/coordination/tasks/queries.ts';
import { readContents, readHeads } from '../../../packages/server/src/coordination/tasks/reads.ts';
import type { TaskRow } from '../../../packages/server/src/coordination/tasks/task-row.ts';
import { sql } from '../../../packages/server/src/store/kysely.ts';
import type { Contender } from './contender.ts';
import type { World } from './world.ts';

/** Tasks that one round chooses from. */
const MAX_OPEN = 50_000;

export function bare({ database, agents }: World, callers: number): Contender {
  const tables = database.over<TaskTables>();
  const { read } = tables;
  let open: readonly Pick<TaskRow, 'id' | 'class_id'>[] = [];
  let next = 0;

  async function claim(agentId: string): Promise<TaskRow> {
    const chosen = open[next++];
    if (chosen === undefined) throw new Error('there were not enough open tasks');
    await readHeads(read, [chosen.class_id], 1);
    return await tables.transaction(async (tx) => {
      const [row] = await lockTasks(tx, [chosen.id]);
      if (row === undefined) throw new Error('the task is gone');
      const [load] = await lockLoads(tx, [agentId], [chosen.id]);
      await readAgents({ dialect: tx.dialect, read: tx.over<AgentTables>() }, [agentId]);
      const nowMs = await tx.nowMs();
      const after: TaskRow = {
        ...row,
        status: 'assigned',
        ready: 0,
        agent_id: agentId,
        claim: row.claim + 1,
        assigned_ms: nowMs,
        version: row.version + 1,
      };
      await write(tx, after, load, 1, nowMs);
      return after;
    });
  }

  async function complete({ id }: TaskRow, agentId: string): Promise<void> {
    await readContents(tables, [id]);
    await tables.transaction(async (tx) => {
      const [row] = await lockTasks(tx, [id]);
      if (row === undefined) throw new Error('the task is gone');
      const [load] = await lockLoads(tx, [agentId], [id]);
      const nowMs = await tx.nowMs();
      const after: TaskRow = { ...row, status: 'completed', ended_ms: nowMs, version: row.version + 1 };
      await write(tx, after, load, -1, nowMs);
      await writeContents(tx, [{ task_id: id, part: 'result', body: '{"rows":1}' }]);
      await addFitness(tx.over<AgentTables>(), [
        {
          agent_id: agentId,
          class_id: row.class_id,
          completed: 1,
          failed: 0,
          total_ms: 1,
          cost_micros: 0,
          tokens: 0,
          metered: 0,
          seen_ms: nowMs,
        },
      ]);
      await askRechecks(tx, [id]);
    });
  }

  return {
    async perSecond(seconds) {
      open = await read
        .selectFrom('tasks_tasks')
        .select(['id', 'class_id'])
        .where(sql<boolean>`ready = 1`)
        .limit(MAX_OPEN)
        .execute();
      next = 0;
      const endAt = performance.now() + seconds * 1_000;
      const counts = await Promise.all(
        Array.from({ length: callers }, async (_, n) => {
          const agentId = agents[n % agents.length] ?? '';
          let done = 0;
          for (; performance.now() < endAt; done++) await complete(await claim(agentId), agentId);
          return done;
        }),
      );
      return counts.reduce((sum, one) => sum + one, 0) / seconds;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function write(
  tx: TaskTransaction,
  after: TaskRow,
  load: LoadRow | undefined,
  used: number,
  nowMs: number,
): Promise<void> {
  const { id: task_id, version, status, agent_id, claim } = after;
  await updateTasks(tx, [after]);
  await insertHistory(tx, [
    { task_id, version, at_ms: nowMs, event: 'assign', status, agent_id, claim, detail: '{}' },
  ]);
  if (load !== undefined)
    await updateLoads(tx, [{ ...load, used: load.used + used, version: load.version + 1 }]);
}
