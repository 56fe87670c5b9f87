// What an agent says that it holds, beside what the store says. What it was handed and has is acknowledged: the offer
// stands while it says so. What it has no more it is told, from the store, whichever host took it away.

import type { LostClaim } from '@tutti/schemas';
import { type ClaimProof, judgeClaim, OFFER_MS } from '../claims/claim.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Ledger } from '../tasks/ledger.ts';
import { acknowledgement } from '../tasks/reports.ts';
import { errorOf, type TaskRow } from '../tasks/task-row.ts';

export interface Held {
  readonly task_id: string;
  readonly claim: number;
}

export interface HoldingAgent {
  readonly id: string;
  /** How long it may be silent. */
  readonly silentMs: number;
}

export interface HoldingDeps {
  readonly ledger: Pick<Ledger, 'submit'>;
  /** Null: there is no such task. */
  readonly readTask: (id: string) => Promise<TaskRow | null>;
}

export interface Holding {
  /** Those of what it holds that it does not hold. */
  check(agent: HoldingAgent, holding: readonly Held[]): Promise<readonly LostClaim[]>;
}

export function createHolding({ ledger, readTask }: HoldingDeps): Holding {
  async function checkOne(agent: HoldingAgent, held: Held): Promise<LostClaim | undefined> {
    const { task_id: taskId, claim } = held;
    const task = await readTask(taskId);
    if (task === null) return { ...held, reason: `there is no task ${taskId}` };
    const proof = { agentId: agent.id, claim };
    const loss = lossOfClaim(task, proof);
    if (loss !== undefined || task.status !== 'assigned') return loss;
    const forMs = Math.max(OFFER_MS, agent.silentMs);
    try {
      await ledger.submit(acknowledgement({ taskId, ...proof, forMs }));
      return undefined;
    } catch (error) {
      // It was taken away in this moment.
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
      return { ...held, reason: error.message };
    }
  }

  return {
    async check(agent, holding) {
      const losses = await Promise.all(holding.map((held) => checkOne(agent, held)));
      return losses.filter((loss) => loss !== undefined);
    },
  };
}

/** Undefined: it holds it, or has said itself that it is over. */
export function lossOfClaim(task: TaskRow, proof: ClaimProof): LostClaim | undefined {
  const verdict = judgeClaim(task, proof);
  if (verdict.kind === 'in_force') return undefined;
  const isOwnEnd =
    verdict.kind === 'already_done' &&
    (task.status === 'completed' || errorOf(task)?.code === 'agent_failed');
  return isOwnEnd ? undefined : { task_id: task.id, claim: proof.claim, reason: verdict.message };
}
