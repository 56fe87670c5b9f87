// Agents and tasks at size, on both databases: claims, completions, and how soon a task finds an agent; beside the bare
// statements, and beside two libraries for queues on the same PostgreSQL.

import { join } from 'node:path';
import { startPostgres } from '../../targets/postgres.ts';
import { type LatencySummary, summarize } from '../../load/latencies.ts';
import { bare } from './bare.ts';
import { type Contender, takeTurns } from './contender.ts';
import { openGraphileWorker, openPgBoss } from './libraries.ts';
import { type AssignedResult, measureAssigned, measureSingle, own, type SingleResult } from './ours.ts';
import { openWorld, type Size, type World } from './world.ts';

const CALLERS = 32;
const FULL = {
  size: { agents: 10_000, openTasks: 100_000 },
  turns: { rounds: 5, seconds: 2 },
  waiting: [1_000, 10_000],
};
const QUICK = {
  size: { agents: 1_000, openTasks: 20_000 },
  turns: { rounds: 1, seconds: 2 },
  waiting: [1_000],
};

export interface StoreResult extends SingleResult {
  readonly store: 'SQLite' | 'PostgreSQL';
  /** Claims and completions, each task once. */
  readonly cyclesPerSecond: number;
  /** The claims of those. */
  readonly busyClaim: LatencySummary;
  readonly barePerSecond: number;
  readonly assigned: readonly AssignedResult[];
  /** Submits per second while the store was filled. */
  readonly filledPerSecond: number;
  /** In turns with ours; on PostgreSQL. */
  readonly libraries?: Libraries;
}

/** Jobs per second. */
export interface Libraries {
  readonly pgBoss: number;
  readonly graphileWorker: number;
}

export interface CoordinationResult {
  readonly size: Size;
  readonly callers: number;
  readonly rounds: number;
  readonly stores: readonly StoreResult[];
}

export async function measureCoordination(
  folder: string,
  { quick, progress }: { readonly quick: boolean; readonly progress: (line: string) => void },
): Promise<CoordinationResult> {
  const { size, turns, waiting } = quick ? QUICK : FULL;
  const measure = async (store: StoreResult['store'], url: string): Promise<StoreResult> => {
    progress(`coordination on ${store}`);
    const startedAt = performance.now();
    await using world = await openWorld(url, size);
    const filledPerSecond = (size.openTasks * 1_000) / (performance.now() - startedAt);
    const single = await measureSingle(world);
    progress(`coordination on ${store}: in turns`);
    const throughput = await measureThroughput(world, store === 'PostgreSQL' ? url : undefined);
    progress(`coordination on ${store}: submit to assigned`);
    const assigned: AssignedResult[] = [];
    for (const count of waiting) assigned.push(await measureAssigned(world, count));
    return { store, ...single, ...throughput, assigned, filledPerSecond };
  };

  async function measureThroughput(
    world: World,
    url: string | undefined,
  ): Promise<Pick<StoreResult, 'cyclesPerSecond' | 'busyClaim' | 'barePerSecond' | 'libraries'>> {
    await using stack = new AsyncDisposableStack();
    const ours = own(world, CALLERS);
    const contenders: Contender[] = [ours, bare(world, CALLERS)];
    if (url !== undefined) {
      const library = { callers: CALLERS, openJobs: size.openTasks };
      contenders.push(stack.use(await openPgBoss(url, library)));
      contenders.push(stack.use(await openGraphileWorker(url, library)));
    }
    const [cyclesPerSecond = 0, barePerSecond = 0, pgBoss, graphileWorker] = await takeTurns(
      contenders,
      turns,
    );
    const busyClaim = summarize(ours.claims);
    if (pgBoss === undefined || graphileWorker === undefined)
      return { cyclesPerSecond, barePerSecond, busyClaim };
    return { cyclesPerSecond, barePerSecond, busyClaim, libraries: { pgBoss, graphileWorker } };
  }

  const stores = [await measure('SQLite', `sqlite:${join(folder, 'coordination.db')}`)];
  await using postgres = await startPostgres();
  if (postgres !== undefined) stores.push(await measure('PostgreSQL', postgres.url));
  return { size, callers: CALLERS, rounds: turns.rounds, stores };
}
