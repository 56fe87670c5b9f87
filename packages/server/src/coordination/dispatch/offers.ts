// Which tasks are offered to an agent and not begun, for the notice of every answer to it. The store is asked once; from
// then on what this host commits is followed in memory, until others may have changed something. So an answer to an agent
// that has nothing costs no look at the store.

import type { Directory } from '../agents/directory.ts';
import type { Ledger } from '../tasks/ledger.ts';
import type { TaskRow } from '../tasks/task-row.ts';
import { isAcknowledged } from '../tasks/transitions.ts';

export interface Offer {
  readonly task_id: string;
  readonly claim: number;
}

export interface Offers extends Disposable {
  /** What it was handed, did not begin, and did not say that it has. */
  of(agentId: string): Promise<readonly Offer[]>;
  /** Others may have changed anything. */
  lookAgain(): void;
}

export interface OffersDeps {
  readonly ledger: Pick<Ledger, 'subscribe'>;
  readonly directory: Pick<Directory, 'get' | 'subscribe'>;
  /** What the agent has a claim on. */
  readonly readHeld: (agentId: string) => Promise<readonly TaskRow[]>;
}

interface Known {
  /** Of the look that it comes from. */
  readonly epoch: number;
  /** Claims, by task. */
  readonly offers: Map<string, number>;
  /** Tasks that changed while the store was asked: what it says of them may be older. Undefined: it has answered. */
  touched: Set<string> | undefined;
  looked: Promise<void>;
}

export function createOffers({ ledger, directory, readHeld }: OffersDeps): Offers {
  const byAgent = new Map<string, Known>();
  let epoch = 0;

  function look(agentId: string): Known {
    const known: Known = { epoch, offers: new Map(), touched: new Set(), looked: Promise.resolve() };
    known.looked = fill(known, agentId);
    byAgent.set(agentId, known);
    return known;
  }

  async function fill(known: Known, agentId: string): Promise<void> {
    try {
      for (const task of await readHeld(agentId))
        if (isOffered(task) && known.touched?.has(task.id) !== true) known.offers.set(task.id, task.claim);
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
    if (task.agent_id === agentId && isOffered(task)) known.offers.set(task.id, task.claim);
    else known.offers.delete(task.id);
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
      return known.offers.size === 0
        ? NOTHING
        : Array.from(known.offers, ([task_id, claim]) => ({ task_id, claim }));
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

const NOTHING: readonly Offer[] = [];

function isOffered(task: TaskRow): boolean {
  return task.status === 'assigned' && !isAcknowledged(task);
}
