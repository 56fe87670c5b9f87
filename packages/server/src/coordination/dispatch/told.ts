// What the watches of this host were told that their agents hold. What this host itself takes from them they hear with the
// change; what another host takes is found here: an agent that was told more than its slots say it uses has lost something.

import type { LostClaim } from '@tutti/schemas';
import type { Directory } from '../agents/directory.ts';
import type { Ledger } from '../tasks/ledger.ts';
import { isHeld } from '../tasks/task-machine.ts';
import type { TaskRow } from '../tasks/task-row.ts';
import { lossOfClaim } from './holding.ts';

export interface Told extends Disposable {
  add(agentId: string, task: Pick<TaskRow, 'id' | 'claim'>): void;
  /** Nobody watches any more. */
  forget(agentId: string): void;
  /** Others may have changed anything; the slots of those who watch are read again. */
  lookAgain(): Promise<void>;
}

export interface ToldDeps {
  readonly ledger: Pick<Ledger, 'subscribe'>;
  readonly directory: Pick<Directory, 'get'>;
  readonly readHeld: (agentId: string) => Promise<readonly TaskRow[]>;
  readonly readTask: (id: string) => Promise<TaskRow | null>;
  readonly lost: (agentId: string, loss: LostClaim) => void;
}

export function createTold({ ledger, directory, readHeld, readTask, lost }: ToldDeps): Told {
  /** Claims, by task, by agent. */
  const byAgent = new Map<string, Map<string, number>>();

  const transitions = ledger.subscribe(({ transitions: all }) => {
    if (byAgent.size === 0) return;
    for (const { before, after } of all)
      if (before?.agent_id != null && !isHeld(after.status)) byAgent.get(before.agent_id)?.delete(after.id);
  });

  async function lookAt(agentId: string, told: Map<string, number>): Promise<void> {
    const held = new Map((await readHeld(agentId)).map(({ id, claim }) => [id, claim]));
    for (const [taskId, claim] of told) {
      if (held.get(taskId) === claim) continue;
      const task = await readTask(taskId);
      // Told of it meanwhile, or handed out anew.
      if (told.get(taskId) !== claim) continue;
      told.delete(taskId);
      const loss =
        task === null
          ? { task_id: taskId, claim, reason: `there is no task ${taskId}` }
          : lossOfClaim(task, { agentId, claim });
      if (loss !== undefined) lost(agentId, loss);
    }
  }

  return {
    add(agentId, { id, claim }) {
      const told = byAgent.get(agentId) ?? new Map<string, number>();
      byAgent.set(agentId, told.set(id, claim));
    },
    forget: (agentId) => void byAgent.delete(agentId),
    async lookAgain() {
      const suspects = [...byAgent].filter(([id, told]) => told.size > (directory.get(id)?.load.used ?? 0));
      await Promise.all(suspects.map(([id, told]) => lookAt(id, told)));
    },
    [Symbol.dispose]: () => transitions[Symbol.dispose](),
  };
}
