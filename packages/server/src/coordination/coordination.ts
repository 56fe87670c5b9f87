// Agents and tasks in one piece: what the API, the tools and the command line call. Whoever calls is known (Caller); an
// agent acts only for the principal that registered it.

import { createAgents, type Agents } from './agents-face.ts';
import { type Budgets, createBudgets } from './budgets-face.ts';
import { type Cards, createCards } from './cards-face.ts';
import { type CoordinationDeps, openEngine } from './engine.ts';
import { createKnowledge, type Knowledge } from './knowledge/knowledge.ts';
import { type Leases, type LeasesDeps, openLeases } from './leases-face.ts';
import { withLeaseNews } from './leases/notices.ts';
import { NO_METER } from './meter.ts';
import { createProjects, type Projects } from './projects/projects.ts';
import { createTaskContexts, type TaskContexts } from './task-context.ts';
import { createTasks, type Tasks } from './tasks-face.ts';

export interface Coordination extends AsyncDisposable {
  readonly agents: Agents;
  readonly tasks: Tasks;
  readonly budgets: Budgets;
  readonly leases: Leases;
  readonly knowledge: Knowledge;
  readonly projects: Projects;
  /** What whoever does a task should know beside it. */
  readonly contexts: TaskContexts;
  readonly cards: Cards;
}

export async function openCoordination(deps: CoordinationDeps & LeasesDeps): Promise<Coordination> {
  const { meter = NO_METER, events } = deps;
  await using stack = new AsyncDisposableStack();
  let leases: Leases | undefined;
  const engine = stack.use(
    await openEngine({
      ...deps,
      events: {
        ...events,
        agentChanged(agent, what) {
          events.agentChanged(agent, what);
          leases?.agentChanged(agent, what);
        },
      },
    }),
  );
  const opened = stack.use(await openLeases(engine, deps));
  leases = opened;
  const knowledge = createKnowledge({ ...engine, meter });
  const agents = withLeaseNews(createAgents(engine), opened);
  const owned = stack.move();
  return {
    agents,
    tasks: createTasks(engine),
    budgets: createBudgets(engine),
    leases: opened,
    knowledge,
    contexts: createTaskContexts({ ...engine, knowledge }),
    projects: createProjects({
      ...engine,
      changed(news) {
        meter.projectChanged(news.kind, news.before === undefined ? 'created' : 'status');
        events.projectChanged?.(news);
      },
    }),
    cards: createCards(engine, agents),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
