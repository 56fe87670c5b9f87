// Coordination in this host: on the host's store, telling what happens to the log, the metrics and the events.

import { randomBytes } from 'node:crypto';
import type { CoordinationSettings } from '@tutti/schemas';
import { type Coordination, openCoordination } from '../../coordination/coordination.ts';
import type { CoordinationEvents } from '../../coordination/engine.ts';
import type { Clock } from '../../kernel/clock.ts';
import { createIds } from '../../kernel/ids.ts';
import type { Database } from '../../store/database.ts';

export interface HostCoordinationDeps {
  readonly database: Database<object>;
  readonly clock: Clock;
  /** Of the Gateway that is in force. */
  readonly settings: () => CoordinationSettings;
  readonly warn: (message: string, cause?: unknown) => void;
}

export function openHostCoordination({
  database,
  clock,
  settings,
  warn,
}: HostCoordinationDeps): Promise<Coordination> {
  return openCoordination({
    database,
    clock,
    makeId: createIds({ nowMs: () => clock.nowMs(), randomBytes }),
    switches: () => settings().scheduler,
    roles: () => settings().roles,
    events: SILENT,
    warn,
  });
}

const SILENT: CoordinationEvents = {
  agentChanged: () => undefined,
  tasksChanged: () => undefined,
  unsatisfiable: () => undefined,
};
