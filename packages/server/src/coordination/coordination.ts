// Agents and tasks in one piece: what the API, the tools and the command line call. Whoever calls is known (Caller); an
// agent acts only for the principal that registered it.

import { createAgents, type Agents } from './agents-face.ts';
import { type Budgets, createBudgets } from './budgets-face.ts';
import { type Cards, createCards } from './cards-face.ts';
import { type CoordinationDeps, openEngine } from './engine.ts';
import { createTasks, type Tasks } from './tasks-face.ts';

export interface Coordination extends AsyncDisposable {
  readonly agents: Agents;
  readonly tasks: Tasks;
  readonly budgets: Budgets;
  readonly cards: Cards;
}

export async function openCoordination(deps: CoordinationDeps): Promise<Coordination> {
  const engine = await openEngine(deps);
  const agents = createAgents(engine);
  return {
    agents,
    tasks: createTasks(engine),
    budgets: createBudgets(engine),
    cards: createCards(engine, agents),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
