// What Tutti's own tools need of the host: what the API shows, the one path by which servers are changed, and the agents
// and tasks.

import type { GatewaySettings } from '@tutti/schemas';
import type { ApiDeps } from '../../api/deps.ts';
import type { Coordination } from '../../coordination/coordination.ts';
import type { AgentNotices } from '../bindings/work/notices.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Control } from '../control/control.ts';
import type { SharedFiles } from '../files/shared-files.ts';
import type { Models } from '../models/models.ts';

export interface ToolDeps {
  readonly shown: Pick<
    ApiDeps,
    'servers' | 'server' | 'problems' | 'events' | 'onEvent' | 'info' | 'sources' | 'discover'
  >;
  readonly control: Control;
  readonly coordination: Coordination;
  /** Below the roots that the Gateway declares. */
  readonly files: SharedFiles;
  /** Those that the Gateway declares. */
  readonly models: Models;
  readonly settings: () => GatewaySettings;
  readonly clock: Clock;
  /** Told which session acts in the name of which agent. */
  readonly notices: Pick<AgentNotices, 'bind'>;
}

/** What there is once the host runs; throws before. */
export type Running = () => ToolDeps;

export function createRunning(): {
  readonly running: Running;
  readonly start: (deps: ToolDeps) => void;
} {
  let started: ToolDeps | undefined;
  return {
    running() {
      if (started === undefined)
        throw new AppError('unavailable', 'Tutti is starting; try again in a moment.');
      return started;
    },
    start(deps) {
      started = deps;
    },
  };
}
