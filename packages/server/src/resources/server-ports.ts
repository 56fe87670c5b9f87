// Which server is served by itself on which port. A port has one holder; whoever can't have the port that it declares is
// told why, and runs without it. Pure.

import type { GatewaySettings, McpServerResource } from '@tutti/schemas';
import { placeOf } from './origin.ts';
import { byPlace, conflictMessage } from './port-conflicts.ts';

export interface PortRules extends Pick<GatewaySettings['ports'], 'from' | 'to' | 'reserved'> {
  /** The port that Tutti itself listens on. */
  readonly own?: number | undefined;
  /** The host that the ports would listen on, when it is one that they must not. */
  readonly exposedHost?: string | undefined;
}

export interface RefusedPort {
  readonly resource: McpServerResource;
  readonly port: number;
  readonly reason: 'Reserved' | 'OutOfRange' | 'Conflict' | 'Exposed';
  readonly message: string;
  /** A suspended server may well share its port with another: only one of them is to run. */
  readonly isProblem: boolean;
}

export interface PortAllotment {
  readonly holders: ReadonlyMap<number, McpServerResource>;
  readonly refused: readonly RefusedPort[];
}

/** Among equals the first by the order of places has the port; who is suspended comes after all others. */
export function allotPorts(resources: readonly McpServerResource[], rules: PortRules): PortAllotment {
  const holders = new Map<number, McpServerResource>();
  const refused: RefusedPort[] = [];
  const wrapped = new Map(
    resources.flatMap((resource): [number, McpServerResource][] => {
      const { httpPort, suspended } = resource.spec;
      return httpPort === undefined || suspended ? [] : [[httpPort, resource]];
    }),
  );
  const inOrder = resources.toSorted(byPlace);
  for (const suspended of [false, true]) {
    for (const resource of inOrder) {
      const { port } = resource.spec;
      if (port === undefined || resource.spec.suspended !== suspended) continue;
      const refuse = (reason: RefusedPort['reason'], message: string, isProblem = true): void =>
        void refused.push({ resource, port, reason, message, isProblem });
      const barred = barredBy(port, rules);
      const wrapper = wrapped.get(port);
      const holder = holders.get(port);
      if (barred !== undefined) refuse(barred.reason, barred.message);
      else if (wrapper !== undefined)
        refuse(
          'Conflict',
          `${port} is the httpPort of \`${wrapper.name}\` (${placeOf(wrapper.origin)}); choose another one for \`${resource.name}\``,
        );
      else if (holder !== undefined) refuse('Conflict', conflictMessage(port, holder, resource), !suspended);
      else holders.set(port, resource);
    }
  }
  return { holders, refused };
}

function barredBy(
  port: number,
  { from, to, reserved, own, exposedHost }: PortRules,
): Pick<RefusedPort, 'reason' | 'message'> | undefined {
  if (exposedHost !== undefined)
    return {
      reason: 'Exposed',
      message: `${exposedHost} can be reached by others, and nothing asks them who they are; let \`ports.host\` of the Gateway be 127.0.0.1, ask for keys with its \`auth.required\`, or allow it with --insecure-open`,
    };
  if (port === own)
    return { reason: 'Reserved', message: `${port} is the port of Tutti itself; choose another one` };
  if (reserved.includes(port))
    return {
      reason: 'Reserved',
      message: `${port} is reserved; choose another one, or take it out of \`ports.reserved\` of the Gateway`,
    };
  if (port >= from && port <= to) return undefined;
  return {
    reason: 'OutOfRange',
    message: `${port} is not one of the ports ${from} to ${to}; choose one of them, or change \`ports\` of the Gateway`,
  };
}
