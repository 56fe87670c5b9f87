// What is told of approvals, and how one is given, server by server.

import type { PinPolicy } from '@tutti/schemas';
import { AppError } from '../../../kernel/errors.ts';
import type { EventLog } from '../../../resources/events/event-log.ts';
import type { Desired, DesiredServers } from '../desired.ts';
import type { Observed } from '../observe.ts';
import { sanitise } from '../sanitise.ts';
import { AS_APPROVED, type Judgement } from './judge.ts';
import { named } from './pin-news.ts';
import type { PinnedTool, Pins, PinChoice } from './pins.ts';

/** How the tools of one server stand beside what was approved. */
export interface ServerPins {
  readonly policy: PinPolicy;
  /** Undefined as long as the server has not shown its tools. */
  readonly judgement: Judgement | undefined;
}

export interface PinControl {
  /** Undefined for a server that is not declared. */
  of(server: string): ServerPins | undefined;
  /** Every tool that is shown or was approved, sorted. */
  list(server: string): Promise<readonly PinnedTool[]>;
  /** Resolves when it is on disk and in force, with the tools that it was about. Rejects with an AppError. */
  approve(server: string, choice: readonly PinChoice[], by: string): Promise<readonly string[]>;
}

export interface PinControlDeps {
  readonly desired: DesiredServers;
  readonly observed: (server: string) => Observed | undefined;
  readonly pins: Pins;
  readonly events: EventLog;
  /** Resolves when what is approved is in force. */
  readonly settled: () => Promise<void>;
}

export function createPinControl({ desired, observed, pins, events, settled }: PinControlDeps): PinControl {
  function declared(server: string): Desired {
    const found = desired.get(server);
    if (found === undefined)
      throw new AppError('not_found', `there is no server ${server}; list them with \`tutti get servers\``);
    return found;
  }

  return {
    of(server) {
      const found = desired.get(server);
      if (found === undefined) return undefined;
      const catalogued = observed(server)?.catalogued;
      const isJudged = catalogued !== undefined && catalogued.pins === found.pins;
      return { policy: found.pins, judgement: isJudged ? catalogued.judgement : catalogued && AS_APPROVED };
    },

    async list(server) {
      declared(server);
      return await pins.list(server, observed(server)?.discovery?.found.tools ?? []);
    },

    async approve(server, choice, by) {
      const { pins: policy, secrets } = declared(server);
      if (policy === 'off')
        throw new AppError(
          'conflict',
          `the tools of ${server} are not pinned (\`pins: off\`), so there is nothing to approve`,
        );
      const found = observed(server)?.discovery?.found;
      if (found === undefined)
        throw new AppError(
          'conflict',
          `${server} has not shown its tools yet; look first: \`tutti tools --server ${server} --discover\``,
        );
      const tools = await pins.approve(server, found.tools, choice, by);
      if (tools.length > 0)
        events.add(server, 'MCPServerToolsApproved', sanitise(`${by} approved ${named(tools)}`, secrets));
      await settled();
      return tools;
    },
  };
}
