// Tasks in every state that there is, reached through the intents of the product; and everything that can be asked for of
// them.

import { ApprovalSchema, TaskQuestionSchema, TaskSubmissionSchema } from '@tutti/schemas';
import type { Intent } from '../../../src/coordination/tasks/book.ts';
import {
  answer,
  anotherTry,
  assignment,
  budgetRecheck,
  cancellation,
  dueTask,
  lostClaim,
  needsRecheck,
} from '../../../src/coordination/tasks/commands.ts';
import { approvalIntent, type GatheredFacts } from '../../../src/coordination/tasks/proofs.ts';
import { reassignment } from '../../../src/coordination/tasks/reassign.ts';
import {
  acknowledgement,
  completionReport,
  failureReport,
  progressReport,
  proofReport,
  questionReport,
  releaseReport,
  startReport,
} from '../../../src/coordination/tasks/reports.ts';
import { submission } from '../../../src/coordination/tasks/submit.ts';
import type { TaskRow } from '../../../src/coordination/tasks/task-row.ts';
import { LOCAL } from '../support/open.ts';

export interface Place {
  readonly id: string;
  readonly agentId: string;
}

type Submit = (intent: Intent) => Promise<TaskRow>;

interface Options {
  readonly retries: number;
  readonly deadline?: string;
  readonly approved?: boolean;
  readonly needs?: readonly string[];
}

export const PROOF = 'reviewer_approval';
export const OFFER_FOR_MS = 120_000;

function submitted({ id }: Place, { retries, deadline, approved, needs = [] }: Options): Intent {
  const task = TaskSubmissionSchema.parse({
    description: 'work',
    deadline,
    depends_on: needs,
    retryPolicy: { maxRetries: retries },
    evidence: approved === true ? [{ kind: PROOF }] : [],
  });
  return submission({ id, by: LOCAL, task });
}

export const proofOf = ({ id, agentId }: Place, claim: number) => ({ taskId: id, agentId, claim });
const assigned = ({ id, agentId }: Place): Intent =>
  assignment({ taskId: id, agentId, why: {}, options: { domainFiltering: true } });
const question = TaskQuestionSchema.parse({ agent_id: 'a', claim: 1, prompt: 'Which?' });

/** As if all had been found out that can be, but for what reviewers say. */
export function factsOf({ agentId }: Place, claim: number, revision: number): GatheredFacts {
  const worker = { agentId, principal: LOCAL.id };
  return { claim, revision, facts: { satisfied: true, missing: [] }, worker };
}

const command = ({ id }: Place) => ({ taskId: id, by: LOCAL.id });

type Reach = (place: Place, options: Options, submit: Submit) => Promise<TaskRow>;

async function steps(submit: Submit, ...intents: readonly Intent[]): Promise<TaskRow> {
  let row: TaskRow | undefined;
  for (const intent of intents) row = await submit(intent);
  if (row === undefined) throw new Error('nothing was done');
  return row;
}

/** Each state in which something else may follow. */
export const STATES: Readonly<Record<string, Reach>> = {
  ready: (at, options, submit) => steps(submit, submitted(at, options)),
  async unblocked(at, options, submit) {
    const needed = { ...at, id: `${at.id}/needed` };
    await submit(submitted(needed, { retries: 0 }));
    const row = await submit(submitted(at, { ...options, needs: [needed.id] }));
    await steps(submit, assigned(needed), completionReport(proofOf(needed, 1)));
    return row;
  },
  async doomed(at, options, submit) {
    const needed = { ...at, id: `${at.id}/needed` };
    await submit(submitted(needed, { retries: 0 }));
    const row = await submit(submitted(at, { ...options, needs: [needed.id] }));
    await submit(cancellation(command(needed)));
    return row;
  },
  backoff: (at, options, submit) =>
    steps(
      submit,
      submitted(at, { ...options, retries: 3 }),
      assigned(at),
      failureReport({ ...proofOf(at, 1), error: 'no', retryable: true }),
    ),
  assigned: (at, options, submit) => steps(submit, submitted(at, options), assigned(at)),
  'assigned, to be approved': (at, options, submit) =>
    steps(submit, submitted(at, { ...options, approved: true }), assigned(at)),
  acknowledged: (at, options, submit) =>
    steps(
      submit,
      submitted(at, options),
      assigned(at),
      acknowledgement({ ...proofOf(at, 1), forMs: OFFER_FOR_MS }),
    ),
  begun: (at, options, submit) =>
    steps(submit, submitted(at, options), assigned(at), startReport(proofOf(at, 1))),
  'begun, to be approved': (at, options, submit) =>
    steps(submit, submitted(at, { ...options, approved: true }), assigned(at), startReport(proofOf(at, 1))),
  asking: (at, options, submit) =>
    steps(submit, submitted(at, options), assigned(at), questionReport({ ...proofOf(at, 1), question })),
  unproven: (at, options, submit) =>
    steps(
      submit,
      submitted(at, { ...options, approved: true }),
      assigned(at),
      completionReport(proofOf(at, 1), factsOf(at, 1, 0)),
    ),
  completed: (at, options, submit) =>
    steps(submit, submitted(at, options), assigned(at), completionReport(proofOf(at, 1))),
  failed: (at, options, submit) =>
    steps(
      submit,
      submitted(at, options),
      assigned(at),
      failureReport({ ...proofOf(at, 1), error: 'no', retryable: false }),
    ),
  cancelled: (at, options, submit) => steps(submit, submitted(at, options), cancellation(command(at))),
};

const approval = (decision: 'approve' | 'reject') => ApprovalSchema.parse({ proof: PROOF, decision });
const reviewer = { principal: 'rita', roles: [] };

/** All that anybody, or time, does to a task; `due` after a time in which everything is due. */
export const ACTIONS: Readonly<Record<string, (place: Place, row: TaskRow) => Intent>> = {
  assign: assigned,
  acknowledge: (at, { claim }) => acknowledgement({ ...proofOf(at, claim), forMs: OFFER_FOR_MS }),
  start: (at, { claim }) => startReport(proofOf(at, claim)),
  progress: (at, { claim }) => progressReport({ ...proofOf(at, claim), progress: 0.5 }),
  ask: (at, { claim }) => questionReport({ ...proofOf(at, claim), question }),
  answer: (at) => answer({ ...command(at), response: 'this', cancelled: false }),
  complete: (at, { claim }) => completionReport(proofOf(at, claim)),
  'complete with facts': (at, { claim }) => completionReport(proofOf(at, claim), factsOf(at, claim, 0)),
  prove: (at, { claim }) => proofReport({ ...proofOf(at, claim), evidence: [] }, factsOf(at, claim, 1)),
  approve: ({ id: taskId }) => approvalIntent({ taskId, approval: approval('approve'), ...reviewer }),
  reject: ({ id: taskId }) => approvalIntent({ taskId, approval: approval('reject'), ...reviewer }),
  fail: (at, { claim }) => failureReport({ ...proofOf(at, claim), error: 'no', retryable: true }),
  'fail for good': (at, { claim }) => failureReport({ ...proofOf(at, claim), error: 'no', retryable: false }),
  release: (at, { claim }) => releaseReport({ ...proofOf(at, claim), reason: '' }),
  'lose its agent': ({ id }, { claim }) => lostClaim(id, claim, 'its agent is gone'),
  'have its needs looked at': ({ id }) => needsRecheck(id),
  'have its budget looked at': ({ id }) => budgetRecheck(id),
  cancel: (at) => cancellation(command(at)),
  reassign: (at) => reassignment({ ...command(at), agentId: 'somebody else' }),
  retry: (at) => anotherTry(command(at)),
  due: ({ id }) => dueTask(id),
};
