// Plans of a running instance: what a change would do, or without one, what is declared and not in force.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ApiPlanRequestSchema, type ApiPlan, type ApiPlanRequest, type ApiServer } from '@tutti/schemas';
import { AppError } from '../../kernel/errors.ts';
import { isApiPath } from '../../resources/origin.ts';
import type { Control } from '../control/control.ts';
import type { Sources } from '../sources.ts';
import { askedChanges, planAsked, type ReadPlaces } from './asked-changes.ts';
import { driftOf } from './drift.ts';
import { planChanges, type InForce } from './plan-changes.ts';

export interface PlannerDeps extends InForce {
  readonly sources: Pick<Sources, 'pending' | 'list' | 'places'>;
  readonly control: Pick<Control, 'foresee'>;
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

  async function planApply(documents: {
    readonly text: string;
    readonly path?: string | undefined;
  }): Promise<ApiPlan> {
    const { changes, overruled, problems } = deps.control.foresee(documents);
    const plan = await planChanges(deps, { changes, overruled, isAbout: () => false });
    const told = new Set(problems.map(({ message }) => message));
    const others = plan.problems.filter(({ path, message }) => !(isApiPath(path) && told.has(message)));
    return { ...plan, problems: [...problems, ...others], drift: [] };
  }

  return async (request) => {
    const { change, apply } = ApiPlanRequestSchema.parse(request);
    await deps.settled();
    if (apply !== undefined) {
      if (change !== undefined)
        throw new AppError(
          'invalid_params',
          'A plan is of a change or of what would be applied, not of both.',
        );
      return await planApply(apply);
    }
    if (change === undefined) {
      const plan = await planChanges(deps, { changes: await sources.pending(), isAbout: () => true });
      const drift = driftOf({ store, servers: deps.apiServers(), sources: sources.list() });
      return { ...plan, drift };
    }
    return await planAsked(deps, askedChanges(change, store, await readPlaces()));
  };
}
