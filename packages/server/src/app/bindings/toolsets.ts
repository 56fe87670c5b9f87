// The declared toolsets: as the gateway sees them, and as the API shows them.

import type { ApiToolset, ToolsetResource, ToolsetSpec } from '@tutti/schemas';
import type { Toolsets } from '../../gateway/ports.ts';
import type { View } from '../../gateway/routing/view.ts';
import type { Place } from '../../gateway/routing/views.ts';
import type { Admits } from '../../policy/access.ts';
import type { Problem } from '../../resources/problem.ts';
import type { ResourceStore } from '../../resources/store.ts';
import { pathOf } from '../../resources/origin.ts';
import { apiOrigin } from './sources.ts';

export function createToolsets(store: Pick<ResourceStore, 'toolsets' | 'watch'>): Toolsets & Disposable {
  const listeners = new Set<() => void>();
  let specs = read();

  function read(): ReadonlyMap<string, ToolsetSpec> {
    return new Map(store.toolsets().map(({ resource }) => [resource.name, resource.spec]));
  }

  const watching = store.watch(() => {
    const next = read();
    const isSame = next.size === specs.size && [...next].every(([name, spec]) => specs.get(name) === spec);
    if (isSame) return;
    specs = next;
    for (const listener of listeners) listener();
  });

  return {
    current: () => specs,
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  };
}

export interface ShownToolsetsDeps {
  readonly store: Pick<ResourceStore, 'toolsets'>;
  readonly view: (place: Place) => View | undefined;
  /** Where the endpoint is, without a name. */
  readonly mcpUrl: () => string;
}

/** Sorted by name. */
export function shownToolsets({ store, view, mcpUrl }: ShownToolsetsDeps): ApiToolset[] {
  return store.toolsets().map(({ resource: { name, spec, origin } }) => {
    const shown = view({ kind: 'set', name });
    const groups = [...(shown?.groups() ?? [])];
    const count = (list: 'tools' | 'prompts' | 'resources' | 'resourceTemplates'): number =>
      groups.reduce((sum, group) => sum + group[list].length, 0);
    return {
      name,
      ...(spec.description !== undefined && { description: spec.description }),
      url: `${mcpUrl()}/sets/${name}`,
      origin: apiOrigin(origin),
      toolCount: count('tools'),
      promptCount: count('prompts'),
      resourceCount: count('resources') + count('resourceTemplates'),
      servers: [...(shown?.entries() ?? [])].map((entry) => entry.name),
      conditions: [
        groups.length === 0
          ? { type: 'Ready', status: 'False', reason: 'NothingMatches', message: EMPTY }
          : { type: 'Ready', status: 'True', reason: 'Serving', message: '' },
      ],
    };
  });
}

/** Who may use it. */
export function accessTo(store: Pick<ResourceStore, 'toolsets'>, name: string): Admits {
  return store.toolsets().find(({ resource }) => resource.name === name)?.resource.spec.access ?? {};
}

/** Toolsets that show nothing are served all the same. */
export function toolsetProblems(deps: Omit<ShownToolsetsDeps, 'mcpUrl'>): readonly Problem[] {
  return [...emptyToolsets(deps).values()];
}

/** The same, by name. */
export function emptyToolsets({
  store,
  view,
}: Omit<ShownToolsetsDeps, 'mcpUrl'>): ReadonlyMap<string, Problem> {
  const isEmpty = ({ name }: ToolsetResource): boolean => {
    const [first] = view({ kind: 'set', name })?.groups() ?? [];
    return first === undefined;
  };
  return new Map(
    store
      .toolsets()
      .filter(({ resource }) => isEmpty(resource))
      .map(({ resource: { name, origin } }): [string, Problem] => [
        name,
        {
          path: pathOf(origin),
          line: origin.line,
          column: 1,
          message: `the toolset \`${name}\`: ${EMPTY}`,
          severity: 'warning',
        },
      ]),
  );
}

const EMPTY = 'nothing that the servers show matches; compare its globs with `tutti tools -o json`';
