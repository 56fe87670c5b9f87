// The SQL of what agents have shown: one row for each agent and class of tasks.

import type { ReadQueries, Transaction } from '../../store/database.ts';
import { isOneOf } from '../../store/json-rows.ts';
import { insertion } from '../../store/json-statements.ts';
import { sql } from '../../store/kysely.ts';
import { MAX_SHOWN_AMOUNT, type AgentTables, type FitnessRow } from './agent-row.ts';

type AgentTransaction = Transaction<AgentTables>;

/** Pairs of agent and class that are read at once, and kept in memory. */
export const MAX_FITNESS_ROWS = 100_000;

/** What was shown now is added to what was shown before. */
export async function addFitness(tx: AgentTransaction, rows: readonly FitnessRow[]): Promise<void> {
  await ADD_FITNESS(tx, { rows });
}

const sumOf = (name: string) => sql`${sql.ref(`agents_fitness.${name}`)} + ${sql.ref(`excluded.${name}`)}`;
const MOST = sql.lit(MAX_SHOWN_AMOUNT);
const SUMS = [
  ...['completed', 'failed', 'total_ms', 'metered'].map((name) => sql`${sql.ref(name)} = ${sumOf(name)}`),
  // What agents say themselves, and could say without end.
  ...['cost_micros', 'tokens'].map(
    (name) => sql`${sql.ref(name)} = case when ${sumOf(name)} > ${MOST} then ${MOST} else ${sumOf(name)} end`,
  ),
];
const ADD_FITNESS = insertion(
  'agents_fitness',
  {
    agent_id: 'text',
    class_id: 'text',
    completed: 'integer',
    failed: 'integer',
    total_ms: 'integer',
    cost_micros: 'integer',
    tokens: 'integer',
    metered: 'integer',
    seen_ms: 'integer',
  },
  sql`on conflict (agent_id, class_id) do update set ${sql.join(SUMS)}, seen_ms = excluded.seen_ms`,
);

export function readFitness(read: ReadQueries<AgentTables>): Promise<readonly FitnessRow[]> {
  return read.selectFrom('agents_fitness').selectAll().limit(MAX_FITNESS_ROWS).execute();
}

/** What these have shown, what ended last first. */
export function readFitnessOf(
  read: ReadQueries<AgentTables>,
  ids: readonly string[],
): Promise<readonly FitnessRow[]> {
  return read
    .selectFrom('agents_fitness')
    .selectAll()
    .where('agent_id', 'in', ids)
    .orderBy('seen_ms', 'desc')
    .orderBy('class_id')
    .limit(MAX_FITNESS_ROWS)
    .execute();
}

/** The agent leaves; what it has shown stays its principal's. */
export async function keepFitnessFor(tx: AgentTransaction, agentId: string, owner: string): Promise<void> {
  await tx.updateTable('agents_fitness').set({ owner }).where('agent_id', '=', agentId).execute();
}

/** One that comes has shown what its principal's agent of that id had shown before it left, and nothing else. */
export async function takeUpFitness(tx: AgentTransaction, agentId: string, owner: string): Promise<void> {
  await tx
    .deleteFrom('agents_fitness')
    .where('agent_id', '=', agentId)
    .where((eb) => eb.or([eb('owner', 'is', null), eb('owner', '!=', owner)]))
    .execute();
  await tx.updateTable('agents_fitness').set({ owner: null }).where('agent_id', '=', agentId).execute();
}

/** Deletes what is beyond the newest `perAgent` rows of some agents that have more; how many rows went. */
export async function deleteCrowdedFitness(
  tx: AgentTransaction,
  { perAgent, agents }: { readonly perAgent: number; readonly agents: number },
): Promise<number> {
  const crowded = await tx
    .selectFrom('agents_fitness')
    .select('agent_id')
    .groupBy('agent_id')
    .having((eb) => eb.fn.countAll(), '>', perAgent)
    .limit(agents)
    .execute();
  if (crowded.length === 0) return 0;
  const ids = crowded.map(({ agent_id: id }) => id);
  const { numAffectedRows = 0n } = await sql`
    delete from agents_fitness where (agent_id, class_id) in (
      select agent_id, class_id from (
        select agent_id, class_id,
          row_number() over (partition by agent_id order by seen_ms desc, class_id) as place
        from agents_fitness where ${isOneOf(tx.dialect, 'agent_id', ids)}
      ) ranked where place > ${perAgent}
    )`.execute(tx);
  return Number(numAffectedRows);
}

/** Deletes some of what agents had shown that left long ago; how many rows went. */
export async function deleteLeftFitness(
  tx: AgentTransaction,
  { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from agents_fitness where (agent_id, class_id) in (
      select agent_id, class_id from agents_fitness
      where owner is not null and seen_ms < ${beforeMs} limit ${limit}
    )`.execute(tx);
  return Number(numAffectedRows);
}
