// What is wrong with families, for people: as an event and a line in the log when it comes up, and as a problem at the
// declarations that it is about for as long as it lasts.

import type { ApiFamily } from '@tutti/schemas';
import type { View } from '../../gateway/routing/view.ts';
import type { EventLog } from '../../resources/events/event-log.ts';
import type { Problem } from '../../resources/problem.ts';
import type { ResourceStore } from '../../resources/store.ts';
import type { Snapshots } from '../../snapshot/observation.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import { pathOf } from '../../resources/origin.ts';

export interface FamilyWatchDeps {
  readonly snapshots: Snapshots;
  readonly events: EventLog;
  readonly warn: (message: string) => void;
}

export function watchFamilies({ snapshots, events, warn }: FamilyWatchDeps): Disposable {
  const told = new Map<string, string>();

  function look({ families }: Snapshot): void {
    for (const name of told.keys()) if (!families.has(name)) told.delete(name);
    for (const { name, problems } of families.values()) {
      const all = problems.map(({ message }) => message).join('; ');
      if ((told.get(name) ?? '') === all) continue;
      told.set(name, all);
      if (all === '') continue;
      warn(all);
      for (const server of new Set(problems.flatMap(({ servers }) => servers)))
        events.add(server, 'MCPServerFamilyDiverged', all);
    }
  }

  look(snapshots.current());
  return snapshots.subscribe((next) => look(next));
}

export function familyProblems(
  snapshots: Pick<Snapshots, 'current'>,
  store: Pick<ResourceStore, 'get'>,
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const family of snapshots.current().families.values())
    for (const { servers, message } of family.problems) {
      const origin = servers
        .map((server) => store.get(server)?.resource.origin)
        .find((one) => one !== undefined);
      if (origin === undefined) continue;
      problems.push({
        path: pathOf(origin),
        line: origin.line,
        column: 1,
        field: 'family',
        message,
        severity: 'warning',
      });
    }
  return problems;
}

/** The families of the snapshot, with the tools of the view. */
export function shownFamilies({ families }: Snapshot, view: View | undefined): ApiFamily[] {
  const tools = new Map<string, ApiFamily['tools']>();
  for (const { family, tools: items } of view?.groups() ?? []) {
    if (family === undefined) continue;
    const shown = items.flatMap((item) =>
      'members' in item
        ? [{ name: item.name, exposedName: item.exposedName, members: [...item.members.keys()] }]
        : [],
    );
    tools.set(family.name, shown);
  }
  return [...families.values()].map(({ name, instanceArg, fanOut, servers, problems }) => ({
    name,
    instanceArg,
    fanOut,
    servers: [...servers],
    tools: tools.get(name) ?? [],
    problems: problems.map((problem) => ({ servers: [...problem.servers], message: problem.message })),
  }));
}
