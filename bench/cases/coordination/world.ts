// A store with many agents and open tasks, and coordination over it, in this process.

import { randomBytes } from 'node:crypto';
import { AgentRegistrationSchema, TaskSubmissionSchema } from '@tutti/schemas';
import { AGENT_MIGRATIONS } from '../../../packages/server/src/coordination/agents/migrations.ts';
import {
  type Coordination,
  openCoordination,
} from '../../../packages/server/src/coordination/coordination.ts';
import { BUDGET_MIGRATIONS } from '../../../packages/server/src/coordination/budgets/migrations.ts';
import { LEASE_MIGRATIONS } from '../../../packages/server/src/coordination/leases/migrations.ts';
import { KNOWLEDGE_MIGRATIONS } from '../../../packages/server/src/coordination/knowledge/migrations.ts';
import { PROJECT_MIGRATIONS } from '../../../packages/server/src/coordination/projects/migrations.ts';
import { MESSAGE_MIGRATIONS } from '../../../packages/server/src/coordination/messages/migrations.ts';
import { TASK_MIGRATIONS } from '../../../packages/server/src/coordination/tasks/migrations.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import { createIds } from '../../../packages/server/src/kernel/ids.ts';
import type { Database } from '../../../packages/server/src/store/database.ts';
import { openDatabase } from '../../../packages/server/src/store/open-database.ts';

/** Kinds of tasks; each agent can do one of them. */
const KINDS = 20;
const AT_ONCE = 500;
const HEARTBEAT_MS = 30_000;
const BEATS_EVERY_MS = 50;

export const BENCH = { id: 'bench', isAdmin: true } as const;

export interface World extends AsyncDisposable {
  readonly coordination: Coordination;
  readonly database: Database<object>;
  readonly agents: readonly string[];
  /** Agents that only do tasks of this kind. */
  addAgents(count: number, prefix: string, kind: string): Promise<readonly string[]>;
  submit(kind: string, id?: string): Promise<string>;
  addTasks(count: number): Promise<void>;
  /** All agents send heartbeats until it is disposed of. */
  beat(): Disposable;
}

export interface Size {
  readonly agents: number;
  readonly openTasks: number;
}

export async function openWorld(url: string, { agents: count, openTasks }: Size): Promise<World> {
  const database = await openDatabase(url, {
    migrations: [
      AGENT_MIGRATIONS,
      TASK_MIGRATIONS,
      BUDGET_MIGRATIONS,
      KNOWLEDGE_MIGRATIONS,
      PROJECT_MIGRATIONS,
      LEASE_MIGRATIONS,
      MESSAGE_MIGRATIONS,
    ],
  });
  const coordination = await openCoordination({
    database,
    clock: systemClock,
    makeId: createIds({ nowMs: () => Date.now(), randomBytes }),
    switches: () => ({ domainFiltering: true, loadBalancing: true }),
    roles: () => ({}),
    events: { agentChanged: () => undefined, tasksChanged: () => undefined, unsatisfiable: () => undefined },
    warn: (message, cause) => console.error(message, cause),
  });
  const agents: string[] = [];

  let next = 0;

  async function inGroups(all: number, one: (n: number) => Promise<unknown>): Promise<void> {
    for (let at = 0; at < all; at += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, all - at) }, (_, n) => one(at + n)));
  }

  async function addAgents(more: number, prefix: string, kind?: string): Promise<readonly string[]> {
    const ids = Array.from({ length: more }, (_, n) => `${prefix}-${n}`);
    await inGroups(more, (n) =>
      coordination.agents.register(
        AgentRegistrationSchema.parse({ id: ids[n], capabilities: [kind ?? kindOf(n)] }),
        BENCH,
      ),
    );
    agents.push(...ids);
    return ids;
  }

  async function submit(kind: string, id?: string): Promise<string> {
    const task = TaskSubmissionSchema.parse({
      id,
      description: 'a task of the benchmark',
      required_capabilities: [kind],
      payload: { rows: 1 },
    });
    return (await coordination.tasks.submit(task, BENCH)).id;
  }

  const world: World = {
    coordination,
    database,
    agents,
    addAgents,
    submit,
    addTasks: (more) => inGroups(more, (n) => submit(kindOf(n))),
    beat() {
      const timer = setInterval(() => {
        // Each once in its interval.
        const due = Math.ceil((agents.length * BEATS_EVERY_MS) / HEARTBEAT_MS);
        for (let n = 0; n < due; n++)
          void coordination.agents.alive(agents[next++ % agents.length] ?? '', BENCH);
      }, BEATS_EVERY_MS);
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
    async [Symbol.asyncDispose]() {
      await coordination[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
  await addAgents(count, 'agent');
  await world.addTasks(openTasks);
  return world;
}

export function kindOf(n: number): string {
  return `kind-${n % KINDS}`;
}
