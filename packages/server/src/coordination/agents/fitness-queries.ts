// The SQL of what agents have shown: one row for each agent and class of tasks.

import type { ReadQueries, Transaction } from '../../store/database.ts';
import { jsonRows } from '../../store/json-rows.ts';
import { sql } from '../../store/kysely.ts';
import { MAX_SHOWN_AMOUNT, type AgentTables, type FitnessRow } from './agent-row.ts';

type AgentTransaction = Transaction<AgentTables>;

/** Pairs of agent and class that are read at once, and kept in memory. */
export const MAX_FITNESS_ROWS = 100_000;

const SUMS = ['completed', 'failed', 'total_ms', 'metered'] as const;
/** What agents say themselves, and could say without end. */
const BOUNDED_SUMS = ['cost_micros', 'tokens'] as const;

/** What was shown now is added to what was shown before. */
export async function addFitness(tx: AgentTransaction, rows: readonly FitnessRow[]): Promise<void> {
  const columns = {
    agent_id: 'text',
    class_id: 'text',
    completed: 'integer',
    failed: 'integer',
    total_ms: 'integer',
    cost_micros: 'integer',
    tokens: 'integer',
    metered: 'integer',
    seen_ms: 'integer',
  } as const;
  const list = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  const sumOf = (name: string) => sql`${sql.ref(`agents_fitness.${name}`)} + ${sql.ref(`excluded.${name}`)}`;
  const most = sql.lit(MAX_SHOWN_AMOUNT);
  const sums = [
    ...SUMS.map((name) => sql`${sql.ref(name)} = ${sumOf(name)}`),
    ...BOUNDED_SUMS.map(
      (name) =>
        sql`${sql.ref(name)} = case when ${sumOf(name)} > ${most} then ${most} else ${sumOf(name)} end`,
    ),
  ];
  await sql`insert into agents_fitness (${list})
    select ${list} from ${jsonRows(tx.dialect, 'added', columns, rows)} where true
    on conflict (agent_id, class_id) do update set ${sql.join(sums)}, seen_ms = excluded.seen_ms`.execute(tx);
}

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

/** A newcomer has shown nothing, unless its principal had one of that id before. */
export async function dropFitnessOfOthers(
  tx: AgentTransaction,
  agentId: string,
  owner: string,
): Promise<void> {
  await tx
    .deleteFrom('agents_fitness')
    .where('agent_id', '=', agentId)
    .where((eb) => eb.or([eb('owner', 'is', null), eb('owner', '!=', owner)]))
    .execute();
}

/** Up to `limit` rows that are too many: beyond the newest `perAgent` of an agent, and of agents that left before. */
export async function deleteOldFitness(
  tx: AgentTransaction,
  { perAgent, leftBeforeMs, limit }: OldFitness,
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from agents_fitness where (agent_id, class_id) in (
      select agent_id, class_id from (
        select agent_id, class_id, seen_ms,
          row_number() over (partition by agent_id order by seen_ms desc, class_id) as place
        from agents_fitness
      ) ranked
      where place > ${perAgent} or (seen_ms < ${leftBeforeMs} and not exists (
        select 1 from agents_agents where agents_agents.id = ranked.agent_id
      ))
      limit ${limit}
    )`.execute(tx);
  return Number(numAffectedRows);
}

export interface OldFitness {
  readonly perAgent: number;
  readonly leftBeforeMs: number;
  readonly limit: number;
}
