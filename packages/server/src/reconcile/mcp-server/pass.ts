// One pass over one server: plan, act, and plan again until there is nothing to do. The same pass is made for real and
// on a copy of what is known, to tell what a change would do.

import type { ServerEntry } from '../../snapshot/types.ts';
import type { Desired } from './desired.ts';
import type { Observed } from './observe.ts';
import { plan, type Step } from './plan.ts';

/** Plans in one pass; more would be a plan that never comes to rest. */
const MAX_TURNS = 10;

export interface PassDeps {
  readonly desired: (server: string) => Desired | undefined;
  readonly observed: (server: string) => Observed;
  readonly published: (server: string) => ServerEntry | undefined;
  readonly nowMs: () => number;
  readonly act: (server: string, step: Step) => Promise<void>;
}

/** Resolves with the time at which to look again, if time alone will change the plan. */
export async function runPass(server: string, deps: PassDeps): Promise<number | undefined> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const { steps, wakeAtMs } = plan({
      desired: deps.desired(server),
      observed: deps.observed(server),
      published: deps.published(server),
      nowMs: deps.nowMs(),
    });
    if (steps.length === 0) return wakeAtMs;
    for (const step of steps) await deps.act(server, step);
  }
  throw new Error(`the plan for ${server} does not come to rest`);
}
