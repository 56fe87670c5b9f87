// What a plan compares: all that is in force at one time, or would be.

import type { GatewaySettings, SourceResource, ToolsetSpec } from '@tutti/schemas';
import { CatalogView } from '../../gateway/routing/catalog-view.ts';
import { WHOLE_CATALOG } from '../../gateway/routing/selection.ts';
import { toolsetSelection } from '../../gateway/routing/toolset-selection.ts';
import type { View } from '../../gateway/routing/view.ts';
import type { Access } from '../../policy/access.ts';
import type { Problem } from '../../resources/problem.ts';
import type { ResourceStore } from '../../resources/store.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import { familyProblems } from '../bindings/families.ts';
import { emptyToolsets } from '../bindings/toolsets.ts';
import type { Launchable } from '../desired-servers.ts';
import { allotServerPorts, portProblems, type ListensAt } from '../server-ports.ts';

export interface Side {
  readonly servers: ReadonlyMap<string, Launchable>;
  readonly snapshot: Snapshot;
  /** The whole catalog. */
  readonly catalog: View;
  /** By name. */
  readonly toolsets: ReadonlyMap<string, { readonly spec: ToolsetSpec; readonly view: View }>;
  /** Toolsets that show nothing, by name. */
  readonly emptyToolsets: ReadonlyMap<string, Problem>;
  /** Who may come in, by id. */
  readonly accesses: ReadonlyMap<string, Access>;
  readonly settings: GatewaySettings;
  readonly sources: ReadonlyMap<string, SourceResource>;
  readonly problems: readonly Problem[];
}

export interface SideInput {
  readonly store: ResourceStore;
  readonly servers: { list(): readonly Launchable[]; problems(): readonly Problem[] };
  readonly snapshot: Snapshot;
  readonly settingsProblems: readonly Problem[];
  readonly accesses: readonly Access[];
  readonly listensAt: ListensAt;
}

export function sideOf(input: SideInput): Side {
  const { store, servers, snapshot, settingsProblems, accesses, listensAt } = input;
  const toolsets = new Map(
    store
      .toolsets()
      .map(({ resource: { name, spec } }) => [
        name,
        { spec, view: new CatalogView(snapshot, toolsetSelection(spec)) },
      ]),
  );
  const problems = [
    ...store.problems(),
    ...servers.problems(),
    ...portProblems(allotServerPorts(store, listensAt)),
    ...settingsProblems,
    ...familyProblems({ current: () => snapshot }, store),
  ];
  const empty = emptyToolsets({
    store,
    view: (place) => (place.kind === 'set' ? toolsets.get(place.name)?.view : undefined),
  });
  return {
    servers: new Map(servers.list().map((one) => [one.resource.name, one])),
    snapshot,
    catalog: new CatalogView(snapshot, WHOLE_CATALOG),
    toolsets,
    emptyToolsets: empty,
    accesses: new Map(accesses.map((access) => [access.principal.id, access])),
    settings: store.settings(),
    sources: new Map(store.sources().map((source) => [source.name, source])),
    problems,
  };
}
