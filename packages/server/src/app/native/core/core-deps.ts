// What the core tools need of the host: what the API shows, and the one path by which things are changed.

import type { ApiDeps } from '../../../api/deps.ts';
import type { GatewaySettings } from '@tutti/schemas';
import { AppError } from '../../../kernel/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Coordination } from '../../../coordination/coordination.ts';
import type { Control } from '../../control/control.ts';

export interface CoreDeps {
  readonly shown: Pick<
    ApiDeps,
    'servers' | 'server' | 'problems' | 'events' | 'onEvent' | 'info' | 'sources' | 'discover'
  >;
  readonly control: Control;
  readonly coordination: Coordination;
  readonly settings: () => GatewaySettings;
  readonly clock: Clock;
}

/** What there is once the host runs; throws before. */
export type Core = () => CoreDeps;

export function createCore(): {
  readonly core: Core;
  readonly start: (deps: CoreDeps) => void;
} {
  let started: CoreDeps | undefined;
  return {
    core() {
      if (started === undefined)
        throw new AppError('unavailable', 'Tutti is starting; try again in a moment.');
      return started;
    },
    start(deps) {
      started = deps;
    },
  };
}
