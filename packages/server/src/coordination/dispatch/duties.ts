// What of the tasks that an agent holds it has to do something about now, for the notice of every answer to it: those that
// it was offered and did not begin, and those whose work lacks proofs. The store is asked once; from then on what this host
// commits is followed in memory, until others may have changed something. So an answer to an agent that has nothing costs
// no look at the store.

import type { Notice } from '@tutti/schemas';
import type { Directory } from '../agents/directory.ts';
import type { Ledger } from '../tasks/ledger.ts';
import type { TaskRow } from '../tasks/task-row.ts';
import { isAcknowledged } from '../tasks/transitions.ts';

export type AgentDuties = Pick<Notice, 'offered' | 'unproven'>;

export interface Duties extends Disposable {
  of(agentId: string): Promise<AgentDuties>;
  /** Others may have changed anything. */
  lookAgain(): void;
}

export interface DutiesDeps {
  readonly ledger: Pick<Ledger, 'subscribe'>;
  readonly directory: Pick<Directory, 'get' | 'subscribe'>;
  /** What the agent has a claim on. */
  readonly readHeld: (agentId: string) => Promise<readonly TaskRow[]>;
}

interface Known {
  /** Of the look that it comes from. */
  readonly epoch: number;
  /** By task. */
  readonly tasks: Map<string, TaskRow>;
  /** Tasks that changed while the store was asked: what it says of them may be older. Undefined: it has answered. */
  touched: Set<string> | undefined;
  looked: Promise<void>;
}

export function createDuties({ ledger, directory, readHeld }: DutiesDeps): Duties {
  const byAgent = new Map<string, Known>();
  let epoch = 0;

  function look(agentId: string): Known {
    const known: Known = { epoch, tasks: new Map(), touched: new Set(), looked: Promise.resolve() };
    known.looked = fill(known, agentId);
    byAgent.set(agentId, known);
    return known;
  }

  async function fill(known: Known, agentId: string): Promise<void> {
    try {
      for (const task of await readHeld(agentId))
        if (isDuty(task) && known.touched?.has(task.id) !== true) known.tasks.set(task.id, task);
      known.touched = undefined;
      // An agent that nobody knows any more is not followed.
      if (directory.get(agentId) === undefined) byAgent.delete(agentId);
    } catch (error) {
      if (byAgent.get(agentId) === known) byAgent.delete(agentId);
      throw error;
    }
  }

  function follow(agentId: string | null | undefined, task: TaskRow): void {
    const known = agentId == null ? undefined : byAgent.get(agentId);
    if (known === undefined) return;
    known.touched?.add(task.id);
    if (task.agent_id === agentId && isDuty(task)) known.tasks.set(task.id, task);
    else known.tasks.delete(task.id);
  }

  const transitions = ledger.subscribe(({ transitions: all }) => {
    for (const { before, after } of all) {
      follow(after.agent_id, after);
      if (before?.agent_id !== after.agent_id) follow(before?.agent_id, after);
    }
  });
  const gone = directory.subscribe((id) => {
    if (directory.get(id) === undefined) byAgent.delete(id);
  });

  return {
    async of(agentId) {
      let known = byAgent.get(agentId);
      if (known === undefined || known.epoch !== epoch) known = look(agentId);
      if (known.touched !== undefined) await known.looked;
      return known.tasks.size === 0 ? NOTHING : dutiesOf(known.tasks.values());
    },
    lookAgain() {
      epoch += 1;
    },
    [Symbol.dispose]() {
      transitions[Symbol.dispose]();
      gone[Symbol.dispose]();
    },
  };
}

const NOTHING: AgentDuties = { offered: [] };

function dutiesOf(tasks: Iterable<TaskRow>): AgentDuties {
  const offered: Notice['offered'] = [];
  const unproven: NonNullable<Notice['unproven']> = [];
  for (const { id: task_id, claim, status, message } of tasks) {
    if (status === 'assigned') offered.push({ task_id, claim });
    else unproven.push({ task_id, claim, why: message ?? '' });
  }
  return unproven.length === 0 ? { offered } : { offered, unproven };
}

function isDuty(task: TaskRow): boolean {
  return (
    (task.status === 'assigned' && !isAcknowledged(task)) ||
    (task.status === 'waiting' && task.reason === 'evidence')
  );
}
