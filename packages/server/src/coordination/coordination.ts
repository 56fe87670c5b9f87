// Agents, tasks and messages in one piece: what the API, the tools and the command line call. Whoever calls is known
// (Caller); an agent acts only for the principal that registered it.

import { agentRoom, ROOM_EVENTS } from '@tutti/schemas';
import { createAgents, type Agents } from './agents-face.ts';
import { type Budgets, createBudgets } from './budgets-face.ts';
import { type Cards, createCards } from './cards-face.ts';
import { type CoordinationDeps as EngineDeps, openEngine } from './engine.ts';
import { createKnowledge, type Knowledge } from './knowledge/knowledge.ts';
import { type Leases, type LeasesDeps, openLeases } from './leases-face.ts';
import { withLeaseNews } from './leases/notices.ts';
import { type Mail, type MailMeter, openMail } from './mail.ts';
import { createMessages, type Messages } from './messages-face.ts';
import type { IsPerson } from './messages/load-mail.ts';
import { NO_METER } from './meter.ts';
import { createProjects, type Projects } from './projects/projects.ts';
import { createRoomsFace, type RoomsFace } from './rooms-face.ts';
import { createTaskContexts, type TaskContexts } from './task-context.ts';
import { createTasks, type Tasks } from './tasks-face.ts';
import { createThreads, type Threads } from './threads-face.ts';

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
  readonly messages: Messages;
  readonly threads: Threads;
  readonly rooms: RoomsFace;
}

export interface CoordinationDeps extends EngineDeps, LeasesDeps {
  /** Whether there is a person of this principal, to whom messages can be written; left out: nobody. */
  readonly isPerson?: IsPerson;
  readonly mailMeter?: MailMeter;
  /** What an agent was sent and did not take went back to the senders. */
  readonly bounced?: (participantId: string, messages: number) => void;
}

export async function openCoordination(deps: CoordinationDeps): Promise<Coordination> {
  const { isPerson = () => false, mailMeter, bounced, warn, meter = NO_METER } = deps;
  await using stack = new AsyncDisposableStack();
  let leases: Leases | undefined;
  let mail: Mail | undefined;
  const events: EngineDeps['events'] = {
    ...deps.events,
    agentChanged(agent, what) {
      deps.events.agentChanged(agent, what);
      leases?.agentChanged(agent, what);
      const { id, phase, status } = agent;
      const payload = { agent_id: id, what, phase, status };
      mail?.rooms.publish({ event: ROOM_EVENTS.agentChanged, rooms: [agentRoom(id)], payload });
    },
  };
  const engine = stack.use(await openEngine({ ...deps, events }));
  const opened = stack.use(await openLeases(engine, deps));
  leases = opened;
  mail = stack.use(await openMail({ engine, isPerson, meter: mailMeter, bounced, warn }));
  const knowledge = createKnowledge({ ...engine, meter });
  const agents = withLeaseNews(createAgents(engine, mail), opened);
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
    messages: createMessages(engine, mail),
    threads: createThreads(engine, mail),
    rooms: createRoomsFace(engine, mail),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
