// Coordination in this host: on the host's store, telling what happens to the log, the metrics and the events.

import { randomBytes } from 'node:crypto';
import type { CoordinationSettings, GatewaySettings } from '@tutti/schemas';
import { type Coordination, openCoordination } from '../../../coordination/coordination.ts';
import type { TaskTables } from '../../../coordination/tasks/queries.ts';
import { countTasks } from '../../../coordination/tasks/reads.ts';
import type { FileSpaces } from '../../../coordination/leases/ports.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { createIds } from '../../../kernel/ids.ts';
import type { EventLog } from '../../../resources/events/event-log.ts';
import type { ResourceStore } from '../../../resources/store.ts';
import type { Database } from '../../../store/database.ts';
import { INSTANCE_ADMIN, LOCAL } from '../../../policy/principal.ts';
import type { ProcessRunner } from '../../../runner/process/process-runner.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import type { Environment } from '../../environment.ts';
import { createWitnesses } from '../../evidence/witnesses.ts';
import { createTaskCounts } from './task-counts.ts';
import { createEventThrottle } from './event-throttle.ts';
import { measureTransition } from './measure-transition.ts';
import { leaseNews } from './lease-news.ts';
import { AGENT_NEWS, projectNews, taskNews } from './work-news.ts';

export interface HostCoordinationDeps {
  readonly database: Database<object>;
  readonly clock: Clock;
  /** Of the Gateway that is in force. */
  readonly store: Pick<ResourceStore, 'settings'>;
  readonly events: Pick<EventLog, 'add'>;
  readonly metrics: Pick<Metrics, 'work' | 'leases' | 'mail'>;
  readonly files: FileSpaces;
  readonly environment: Pick<Environment, 'variables'>;
  readonly runner: Pick<ProcessRunner, 'start'>;
  readonly warn: (message: string, cause?: unknown) => void;
}

export async function openHostCoordination(deps: HostCoordinationDeps): Promise<Coordination> {
  const { database, clock, store, files, warn } = deps;
  const { work: metrics, leases: leaseMetrics } = deps.metrics;
  const settings = (): CoordinationSettings => store.settings().coordination;
  await using stack = new AsyncDisposableStack();
  const news = stack.use(createEventThrottle({ clock, add: deps.events.add }));
  // Before anything changes them.
  const count = () => countTasks(database.over<TaskTables>().read);
  const counts = createTaskCounts({ start: await count(), clock, count, warn });
  const coordination = stack.use(
    await openCoordination({
      database,
      clock,
      makeId: createIds({ nowMs: () => clock.nowMs(), randomBytes }),
      switches: () => settings().scheduler,
      domains: settings,
      roles: () => settings().roles,
      events: {
        agentChanged(agent, what) {
          const { reason, message } = AGENT_NEWS[what];
          news.add(agent.id, reason, message(agent));
        },
        tasksChanged({ transitions }) {
          for (const transition of transitions) {
            counts.take(transition);
            measureTransition(metrics, transition);
            const told = taskNews(transition);
            if (told !== undefined) news.add(transition.after.id, told.reason, told.message);
          }
        },
        recount: () => counts.recount(),
        unsatisfiable: (taskId, message) => news.add(taskId, 'TaskUnsatisfiable', message),
        projectChanged(changed) {
          const { reason, message } = projectNews(changed);
          news.add(changed.id, reason, message);
        },
      },
      witnesses: createWitnesses({
        settings: () => settings().evidence,
        environment: deps.environment.variables,
        runner: deps.runner,
        clock,
      }),
      meter: metrics,
      files,
      leaseMeter: leaseMetrics,
      tellLost(lease, end, why) {
        const { reason, message } = leaseNews(lease, end, why);
        news.add(lease.id, reason, message);
      },
      isPerson: (principal) => isPrincipal(store.settings(), principal),
      mailMeter: deps.metrics.mail,
      bounced: (id, messages) =>
        news.add(
          id,
          'AgentMessagesBounced',
          `${messages} ${messages === 1 ? 'message' : 'messages'} that it did not take went back to the senders`,
        ),
      warn,
    }),
  );
  metrics.readTasks(() => counts.all());
  metrics.readAgents(() => coordination.agents.count());
  leaseMetrics.readLeases(() => coordination.leases.counts());
  const owned = stack.move();
  return { ...coordination, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Whether somebody can come with that name, and so can have messages. */
function isPrincipal({ auth }: GatewaySettings, name: string): boolean {
  return name === LOCAL.id || name === INSTANCE_ADMIN.id || auth.keys.some((key) => key.name === name);
}
