// The SQL of what imported cards held beside the registration.

import type { Queries } from '../../store/database.ts';
import { isOneOf } from '../../store/json-rows.ts';
import type { AgentTables, CardRow } from '../agents/agent-row.ts';
import type { Readable } from '../agents/queries.ts';

/** The newest import counts. */
export async function writeCard(tx: Queries<AgentTables>, row: CardRow): Promise<void> {
  await tx
    .insertInto('agents_cards')
    .values(row)
    .onConflict((conflict) => conflict.column('agent_id').doUpdateSet({ card: row.card }))
    .execute();
}

export async function deleteCard(tx: Queries<AgentTables>, agentId: string): Promise<void> {
  await tx.deleteFrom('agents_cards').where('agent_id', '=', agentId).execute();
}

export function readCards({ read, dialect }: Readable, ids: readonly string[]): Promise<readonly CardRow[]> {
  return read
    .selectFrom('agents_cards')
    .selectAll()
    .where(isOneOf(dialect, 'agent_id', ids))
    .execute();
}
