// The claims that a worker has: takes what it is handed as far as there is room, each claim once, and hears what is lost.

import type { Handout, LostClaim } from '@tutti/schemas';
import type { ClaimRun, RunOutcome } from './claim-run.ts';
import type { ClaimId } from './work-api.ts';

/** Claims that ended here; the server may not know it yet when it hands out again what it believes to be held. */
const MAX_ENDED = 1_000;

export interface Desk {
  readonly free: number;
  readonly running: readonly ClaimRun[];
  readonly holding: readonly ClaimId[];
  /** A handout that is known, or for which there is no room, stays with the server. */
  take(handout: Handout): void;
  lose(lost: LostClaim): void;
  /** Nothing more is taken. */
  close(): void;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export interface DeskDeps {
  readonly maxTasks: number;
  readonly run: (handout: Handout) => ClaimRun;
  /** A task that was begun under this name, but not here: the process before this one ended without a word. */
  readonly orphan: (handout: Handout) => Promise<void>;
  readonly onEnded: (run: ClaimRun, outcome: RunOutcome) => void;
}

export function createDesk({ maxTasks, run, orphan, onEnded }: DeskDeps): Desk {
  const runs = new Map<string, ClaimRun>();
  const ended = new Set<string>();
  /** Handed out while the last report of another was on its way: the server knew of the free place first. */
  const waiting = new Map<string, Handout>();
  let closed = false;

  function forget(key: string): void {
    ended.add(key);
    const [oldest] = ended;
    if (ended.size > MAX_ENDED && oldest !== undefined) ended.delete(oldest);
  }

  async function follow(key: string, one: ClaimRun): Promise<void> {
    const outcome = await one.outcome;
    runs.delete(key);
    forget(key);
    onEnded(one, outcome);
    for (const [next, handout] of waiting) {
      if (closed || runs.size >= maxTasks) break;
      waiting.delete(next);
      begin(next, handout);
    }
  }

  function begin(key: string, handout: Handout): void {
    const one = run(handout);
    runs.set(key, one);
    void follow(key, one);
  }

  return {
    get free() {
      return closed ? 0 : maxTasks - runs.size - waiting.size;
    },
    get running() {
      return [...runs.values()];
    },
    get holding() {
      const offered = [...waiting.values()].map(({ task, claim }) => ({ task_id: task.id, claim }));
      return [...[...runs.values()].map(({ id }) => id), ...offered];
    },
    take(handout) {
      const key = keyOf(handout.task.id, handout.claim);
      if (runs.has(key) || waiting.has(key) || ended.has(key)) return;
      for (const one of runs.values())
        if (one.id.task_id === handout.task.id && one.id.claim < handout.claim)
          one.lose('it was handed out again');
      if (closed) return;
      if (handout.task.status !== 'assigned') {
        forget(key);
        void orphan(handout).catch(() => ended.delete(key));
        return;
      }
      if (runs.size < maxTasks) begin(key, handout);
      else if (waiting.size < maxTasks) waiting.set(key, handout);
    },
    lose({ task_id, claim, reason }) {
      const key = keyOf(task_id, claim);
      waiting.delete(key);
      runs.get(key)?.lose(reason);
    },
    close() {
      closed = true;
      // They go back to others with the agent.
      waiting.clear();
    },
    async idle() {
      while (runs.size > 0) await Promise.all([...runs.values()].map(({ outcome }) => outcome));
    },
  };
}

function keyOf(taskId: string, claim: number): string {
  return `${claim} ${taskId}`;
}
