// Agents and tasks in one piece: what the API, the tools and the command line call. Whoever calls is known (Caller); an
// agent acts only for the principal that registered it.

import { createAgents, type Agents } from './agents-face.ts';
import { type CoordinationDeps, openEngine } from './engine.ts';
import { createTasks, type Tasks } from './tasks-face.ts';

export interface Coordination extends AsyncDisposable {
  readonly agents: Agents;
  readonly tasks: Tasks;
}

export async function openCoordination(deps: CoordinationDeps): Promise<Coordination> {
  const engine = await openEngine(deps);
  return {
    agents: createAgents(engine),
    tasks: createTasks(engine),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
