// Brings completions of tasks that demand proofs through: what is to be found out is found out before the transaction;
// where something changed meanwhile, again.

import type { Evidence } from '@tutti/schemas';
import { judgeClaim } from '../claims/claim.ts';
import type { Directory } from '../agents/directory.ts';
import type { Intent } from '../tasks/book.ts';
import type { Ledger } from '../tasks/ledger.ts';
import { areFactsNeeded, type GatheredFacts } from '../tasks/proofs.ts';
import { readContents, readTask, type TaskReads } from '../tasks/reads.ts';
import type { Report } from '../tasks/reports.ts';
import { specOf, type TaskRow } from '../tasks/task-row.ts';
import { checkEvidence } from './check-evidence.ts';
import { proofsOfAttempt, withEvidence } from './kept-proofs.ts';
import type { Witnesses } from './ports.ts';

/** How often facts are gathered for one report that others overtake. */
export const MAX_GATHERINGS = 5;

export interface ProvingDeps {
  readonly database: TaskReads;
  readonly ledger: Ledger;
  readonly directory: Pick<Directory, 'get'>;
  readonly witnesses: Witnesses;
  readonly signal: AbortSignal;
}

export interface Proving {
  /** `intentOf` is asked without facts first: a task that demands nothing costs nothing more. */
  submit(
    report: Report & { readonly evidence: readonly Evidence[] },
    intentOf: (facts?: GatheredFacts) => Intent,
  ): Promise<TaskRow>;
}

export function createProving({ database, ledger, directory, witnesses, signal }: ProvingDeps): Proving {
  async function gather({
    evidence,
    ...report
  }: Parameters<Proving['submit']>[0]): Promise<GatheredFacts | undefined> {
    const [task, contents] = await Promise.all([
      readTask(database.read, report.taskId),
      readContents(database, [report.taskId]),
    ]);
    if (task === undefined || judgeClaim(task, report).kind !== 'in_force') return undefined;
    const kept = proofsOfAttempt(task, contents.find(({ part }) => part === 'proofs')?.body);
    const worker = {
      agentId: report.agentId,
      principal: directory.get(report.agentId)?.row.owner ?? task.principal,
    };
    const demanded = (specOf(task).evidence ?? []).filter(({ kind }) => kind !== 'reviewer_approval');
    const all = withEvidence(kept?.evidence ?? [], evidence);
    const facts = await checkEvidence(
      witnesses,
      { demanded, evidence: all, approvals: new Map(), worker },
      signal,
    );
    return { claim: task.claim, revision: kept?.revision ?? 0, facts, worker };
  }

  return {
    async submit(report, intentOf) {
      let facts: GatheredFacts | undefined;
      for (let gathering = 1; ; gathering += 1) {
        try {
          return await ledger.submit(intentOf(facts));
        } catch (error) {
          if (!areFactsNeeded(error) || gathering > MAX_GATHERINGS) throw error;
        }
        facts = await gather(report);
      }
    },
  };
}
