// Agents, tasks and messages in one piece: what the API, the tools and the command line call. Whoever calls is known
// (Caller); an agent acts only for the principal that registered it.

import { agentRoom, ROOM_EVENTS } from '@tutti/schemas';
import { createAgents, type Agents } from './agents-face.ts';
import { type Budgets, createBudgets } from './budgets-face.ts';
import { type CoordinationDeps as EngineDeps, openEngine } from './engine.ts';
import { type Mail, type MailMeter, openMail } from './mail.ts';
import { createMessages, type Messages } from './messages-face.ts';
import type { IsPerson } from './messages/load-mail.ts';
import { createRoomsFace, type RoomsFace } from './rooms-face.ts';
import { createTasks, type Tasks } from './tasks-face.ts';
import { createThreads, type Threads } from './threads-face.ts';

export interface Coordination extends AsyncDisposable {
  readonly agents: Agents;
  readonly tasks: Tasks;
  readonly budgets: Budgets;
  readonly messages: Messages;
  readonly threads: Threads;
  readonly rooms: RoomsFace;
}

export interface CoordinationDeps extends EngineDeps {
  /** Whether there is a person of this principal, to whom messages can be written; left out: nobody. */
  readonly isPerson?: IsPerson;
  readonly mailMeter?: MailMeter;
  /** What an agent was sent and did not take went back to the senders. */
  readonly bounced?: (participantId: string, messages: number) => void;
}

export async function openCoordination(deps: CoordinationDeps): Promise<Coordination> {
  const { isPerson = () => false, mailMeter, bounced, warn } = deps;
  await using stack = new AsyncDisposableStack();
  let mail: Mail | undefined;
  const events: EngineDeps['events'] = {
    ...deps.events,
    agentChanged(agent, what) {
      deps.events.agentChanged(agent, what);
      const { id, phase, status } = agent;
      const payload = { agent_id: id, what, phase, status };
      mail?.rooms.publish({ event: ROOM_EVENTS.agentChanged, rooms: [agentRoom(id)], payload });
    },
  };
  const engine = stack.use(await openEngine({ ...deps, events }));
  mail = stack.use(await openMail({ engine, isPerson, meter: mailMeter, bounced, warn }));
  const owned = stack.move();
  return {
    agents: createAgents(engine, mail),
    tasks: createTasks(engine),
    budgets: createBudgets(engine),
    messages: createMessages(engine, mail),
    threads: createThreads(engine, mail),
    rooms: createRoomsFace(engine, mail),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
