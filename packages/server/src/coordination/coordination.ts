// Agents and tasks in one piece: what the API, the tools and the command line call. Whoever calls is known (Caller); an
// agent acts only for the principal that registered it.

import { createAgents, type Agents } from './agents-face.ts';
import { type Budgets, createBudgets } from './budgets-face.ts';
import { type CoordinationDeps, openEngine } from './engine.ts';
import { type Leases, type LeasesDeps, openLeases } from './leases-face.ts';
import { withLeaseNews } from './leases/notices.ts';
import { createTasks, type Tasks } from './tasks-face.ts';

export interface Coordination extends AsyncDisposable {
  readonly agents: Agents;
  readonly tasks: Tasks;
  readonly budgets: Budgets;
  readonly leases: Leases;
}

export async function openCoordination(deps: CoordinationDeps & LeasesDeps): Promise<Coordination> {
  await using stack = new AsyncDisposableStack();
  let leases: Leases | undefined;
  const engine = stack.use(
    await openEngine({
      ...deps,
      events: {
        ...deps.events,
        agentChanged(agent, what) {
          deps.events.agentChanged(agent, what);
          leases?.agentChanged(agent, what);
        },
      },
    }),
  );
  const opened = stack.use(await openLeases(engine, deps));
  leases = opened;
  const owned = stack.move();
  return {
    agents: withLeaseNews(createAgents(engine), opened),
    tasks: createTasks(engine),
    budgets: createBudgets(engine),
    leases: opened,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
