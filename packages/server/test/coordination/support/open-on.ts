// Coordination on an open store. Apart from the stores of tests, which bring a database server: child processes use it
// too.

import { randomBytes } from 'node:crypto';
import { AgentRegistrationSchema, TaskSubmissionSchema, type ApiTask } from '@tutti/schemas';
import type { z } from 'zod';
import { AGENT_MIGRATIONS } from '../../../src/coordination/agents/migrations.ts';
import { BUDGET_MIGRATIONS } from '../../../src/coordination/budgets/migrations.ts';
import { LEASE_MIGRATIONS } from '../../../src/coordination/leases/migrations.ts';
import type { LeasesDeps } from '../../../src/coordination/leases-face.ts';
import { MESSAGE_MIGRATIONS } from '../../../src/coordination/messages/migrations.ts';
import type { Caller } from '../../../src/coordination/agents/registry.ts';
import {
  openCoordination,
  type Coordination,
  type CoordinationDeps,
} from '../../../src/coordination/coordination.ts';
import { KNOWLEDGE_MIGRATIONS } from '../../../src/coordination/knowledge/migrations.ts';
import { PROJECT_MIGRATIONS } from '../../../src/coordination/projects/migrations.ts';
import { TASK_MIGRATIONS } from '../../../src/coordination/tasks/migrations.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import { createIds } from '../../../src/kernel/ids.ts';
import type { Database } from '../../../src/store/database.ts';

export const MIGRATIONS = [
  AGENT_MIGRATIONS,
  TASK_MIGRATIONS,
  BUDGET_MIGRATIONS,
  KNOWLEDGE_MIGRATIONS,
  PROJECT_MIGRATIONS,
  LEASE_MIGRATIONS,
  MESSAGE_MIGRATIONS,
];
export const LOCAL: Caller = { id: 'local', isAdmin: false };
export const ADMIN: Caller = { id: 'admin', isAdmin: true };
export const STRANGER: Caller = { id: 'stranger', isAdmin: false };

export interface Happenings {
  readonly agents: string[];
  readonly unsatisfiable: string[];
}

export interface TestCoordination extends Coordination {
  readonly database: Database<object>;
  readonly happenings: Happenings;
  agent(registration: z.input<typeof AgentRegistrationSchema>, by?: Caller): Promise<void>;
  task(submission: Partial<z.input<typeof TaskSubmissionSchema>>, by?: Caller): Promise<ApiTask>;
}

export async function openOn(
  database: Database<object>,
  clock: Clock = systemClock,
  more: Partial<CoordinationDeps & LeasesDeps> = {},
): Promise<TestCoordination> {
  const happenings: Happenings = { agents: [], unsatisfiable: [] };
  const coordination = await openCoordination({
    database,
    clock,
    makeId: createIds({ nowMs: () => Date.now(), randomBytes }),
    switches: () => ({ domainFiltering: true, loadBalancing: true }),
    roles: () => ({ Idler: [] }),
    events: {
      agentChanged: ({ id }, what) => void happenings.agents.push(`${id} ${what}`),
      tasksChanged: () => undefined,
      unsatisfiable: (id) => void happenings.unsatisfiable.push(id),
    },
    isPerson: (name) => ['local', 'stranger'].includes(name),
    warn: (message, cause) => process.stderr.write(`${message}: ${String(cause)}\n`),
    ...more,
  });
  return {
    ...coordination,
    database,
    happenings,
    async agent(registration, by = LOCAL) {
      await coordination.agents.register(AgentRegistrationSchema.parse(registration), by);
    },
    task: (task, by = LOCAL) =>
      coordination.tasks.submit(TaskSubmissionSchema.parse({ description: 'work', ...task }), by),
    [Symbol.asyncDispose]: () => coordination[Symbol.asyncDispose](),
  };
}
