// Agents and tasks at size, on both databases: claims, completions, and how soon a task finds an agent; beside the bare
// statements, and beside two libraries for queues on the same PostgreSQL.

import { join } from 'node:path';
import { startPostgres } from '../../targets/postgres.ts';
import { measureBare } from './bare.ts';
import { measureGraphileWorker, measurePgBoss } from './libraries.ts';
import { type AssignedResult, measureAssigned, measureOwn, type OwnResult } from './ours.ts';
import { openWorld, type Size } from './world.ts';

const CALLERS = 32;
const FULL = { size: { agents: 10_000, openTasks: 100_000 }, seconds: 8, waiting: [1_000, 10_000] };
const QUICK = { size: { agents: 1_000, openTasks: 20_000 }, seconds: 2, waiting: [1_000] };

export interface StoreResult extends OwnResult {
  readonly store: 'SQLite' | 'PostgreSQL';
  readonly barePerSecond: number;
  readonly assigned: readonly AssignedResult[];
  /** Submits per second while the store was filled. */
  readonly filledPerSecond: number;
}

export interface CoordinationResult {
  readonly size: Size;
  readonly callers: number;
  readonly stores: readonly StoreResult[];
  /** Jobs per second; undefined without PostgreSQL. */
  readonly libraries: { readonly pgBoss: number; readonly graphileWorker: number } | undefined;
}

export async function measureCoordination(
  folder: string,
  { quick, progress }: { readonly quick: boolean; readonly progress: (line: string) => void },
): Promise<CoordinationResult> {
  const { size, seconds, waiting } = quick ? QUICK : FULL;
  const pace = { callers: CALLERS, seconds };
  const measure = async (store: StoreResult['store'], url: string): Promise<StoreResult> => {
    progress(`coordination on ${store}`);
    const startedAt = performance.now();
    await using world = await openWorld(url, size);
    const filledPerSecond = (size.openTasks * 1_000) / (performance.now() - startedAt);
    const own = await measureOwn(world, pace);
    const barePerSecond = await measureBare(world, pace);
    const assigned: AssignedResult[] = [];
    for (const count of waiting) assigned.push(await measureAssigned(world, count));
    return { store, ...own, barePerSecond, assigned, filledPerSecond };
  };
  const stores = [await measure('SQLite', `sqlite:${join(folder, 'coordination.db')}`)];
  await using postgres = await startPostgres();
  if (postgres === undefined) return { size, callers: CALLERS, stores, libraries: undefined };
  stores.push(await measure('PostgreSQL', postgres.url));
  progress('libraries on PostgreSQL');
  const openJobs = size.openTasks;
  const pgBoss = await measurePgBoss(postgres.url, { ...pace, openJobs });
  const graphileWorker = await measureGraphileWorker(postgres.url, { ...pace, openJobs });
  return { size, callers: CALLERS, stores, libraries: { pgBoss, graphileWorker } };
}
