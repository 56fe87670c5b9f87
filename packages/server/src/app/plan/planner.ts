// Plans of a running instance: what a change would do, or without one, what is declared and not in force.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ApiPlanRequestSchema, type ApiPlan, type ApiPlanRequest, type ApiServer } from '@tutti/schemas';
import type { Sources } from '../sources.ts';
import { askedChanges, type ReadPlaces } from './asked-changes.ts';
import { driftOf } from './drift.ts';
import { planChanges, type InForce } from './plan-changes.ts';

export interface PlannerDeps extends InForce {
  readonly sources: Pick<Sources, 'pending' | 'list' | 'places'>;
  readonly apiServers: () => readonly ApiServer[];
  /** Resolves when nothing that was declared waits to be acted on. */
  readonly settled: () => Promise<void>;
}

export type Planner = (request: ApiPlanRequest) => Promise<ApiPlan>;

export function createPlanner(deps: PlannerDeps): Planner {
  const { store, sources } = deps;

  async function readPlaces(): Promise<ReadPlaces> {
    const { checkouts, path: given } = sources.places;
    if (given === undefined) return { root: undefined, checkouts };
    const path = resolve(given);
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => true,
    );
    return { root: { path, isFolder }, checkouts };
  }

  return async (request) => {
    const { change } = ApiPlanRequestSchema.parse(request);
    await deps.settled();
    if (change === undefined) {
      const plan = await planChanges(deps, await sources.pending(), () => true);
      const drift = driftOf({ store, servers: deps.apiServers(), sources: sources.list() });
      return { ...plan, drift };
    }
    const { changes, isAbout, asGiven } = askedChanges(change, store, await readPlaces());
    const plan = await planChanges(deps, changes, isAbout);
    const problems = plan.problems.map((problem) => ({
      ...problem,
      path: asGiven(problem.path),
      message: asGiven(problem.message),
    }));
    return { ...plan, problems, drift: [] };
  };
}
