// Finds leases that are over: at once what this host hears of agents and tasks, and all others by looking at the store every
// few seconds. Both only name suspects; whether they are over is decided under the guard of their space.

import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../store/database.ts';
import {
  type AllTables,
  type LeasePlace,
  readLapsedSpaces,
  readLeasesOfAgents,
  readLeasesOfTasks,
  readOver,
} from './queries.ts';

/** What is heard within this time is looked up together. */
const GATHER_MS = 20;
export const SWEEP_MS = 5_000;
/** Leases that one look takes on; the next one takes more. */
const MAX_FOUND = 500;
/** Agents and tasks that are kept until they are looked up; with more of them the next sweep finds all. */
const MAX_HEARD = 10_000;

export interface Endings extends AsyncDisposable {
  agentEnded(agentId: string): void;
  taskEnded(taskId: string): void;
  /** Looks at the store now. */
  sweep(): Promise<void>;
}

export interface EndingsDeps {
  readonly database: Database<AllTables>;
  readonly clock: Clock;
  /** Whether there may be leases at all. */
  readonly isUsed: () => boolean;
  /** None: nothing but places in line has lapsed. */
  readonly suspect: (space: string, leaseIds: readonly string[]) => Promise<void>;
  readonly warn: (message: string, cause?: unknown) => void;
}

export function createEndings({ database, clock, isUsed, suspect, warn }: EndingsDeps): Endings {
  const agents = new Set<string>();
  const tasks = new Set<string>();
  let gathering: Disposable | undefined;
  let working: Promise<void> = Promise.resolve();
  let closed = false;
  let timer = clock.after(SWEEP_MS, tick);

  function tick(): void {
    timer = clock.after(SWEEP_MS, tick);
    if (isUsed()) void inTurn(sweep);
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    working = working.then(work).catch((error: unknown) => {
      if (!closed) warn('cannot look for leases that are over; it is tried again', error);
    });
    return working;
  }

  function hear(heard: Set<string>, id: string): void {
    if (closed || !isUsed() || heard.size >= MAX_HEARD) return;
    heard.add(id);
    gathering ??= clock.after(GATHER_MS, () => {
      gathering = undefined;
      void inTurn(lookUp);
    });
  }

  async function lookUp(): Promise<void> {
    const agentIds = [...agents];
    const taskIds = [...tasks];
    agents.clear();
    tasks.clear();
    if (agentIds.length > 0) await suspectAll(await readLeasesOfAgents(database, agentIds, MAX_FOUND));
    if (taskIds.length > 0) await suspectAll(await readLeasesOfTasks(database, taskIds, MAX_FOUND));
  }

  async function sweep(): Promise<void> {
    const nowMs = clock.nowMs();
    await suspectAll(await readOver(database.read, nowMs, MAX_FOUND));
    for (const space of await readLapsedSpaces(database.read, nowMs)) await suspect(space, []);
  }

  async function suspectAll(found: readonly LeasePlace[]): Promise<void> {
    for (const [space, places] of Map.groupBy(found, (place) => place.space))
      await suspect(
        space,
        places.map(({ id }) => id),
      );
  }

  return {
    agentEnded: (agentId) => hear(agents, agentId),
    taskEnded: (taskId) => hear(tasks, taskId),
    sweep: () => inTurn(sweep),
    async [Symbol.asyncDispose]() {
      closed = true;
      timer[Symbol.dispose]();
      gathering?.[Symbol.dispose]();
      await working;
    },
  };
}
