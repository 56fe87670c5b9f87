// The views of those who may use the same, each made once and kept as long as what it shows is declared, so that a
// session finds the very view that it began on. Changes are told by view.

import type { ToolsetSpec } from '@tutti/schemas';
import { atOwnEndpoint, type Rule, scopeOf } from '../../policy/rule.ts';
import { diffSnapshots } from '../../snapshot/diff.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import { CatalogView } from './catalog-view.ts';
import type { AnnouncedList, ChangedLists } from './changed-lists.ts';
import { restricted } from './restricted-selection.ts';
import { type Selection, WHOLE_CATALOG } from './selection.ts';
import { toolsetSelection } from './toolset-selection.ts';
import { createServerView, type View } from './view.ts';
import type { Place, ViewChanges, ViewsDeps } from './views.ts';

export interface ViewLayerDeps extends Pick<ViewsDeps, 'snapshots' | 'toolsets'> {
  /** Those about whoever looks. */
  readonly rules: readonly Rule[];
  /** Called for each view when it is made. */
  made(view: View, place: Place): void;
}

type ServerView = View & { readonly server: string };

export class ViewLayer {
  readonly #deps: ViewLayerDeps;
  readonly #federated: CatalogView;
  readonly #servers = new Map<string, View>();
  /** Views of one server each that are their holder's alone. */
  readonly #alone = new Set<ServerView>();
  readonly #sets = new Map<string, { readonly view: CatalogView; spec: ToolsetSpec }>();

  constructor(deps: ViewLayerDeps) {
    this.#deps = deps;
    this.#federated = new CatalogView(deps.snapshots.current(), restricted(WHOLE_CATALOG, deps.rules));
    deps.made(this.#federated, { kind: 'all' });
    this.followToolsets();
  }

  of(place: Place): View | undefined {
    switch (place.kind) {
      case 'all':
        return this.#federated;
      case 'set':
        return this.#sets.get(place.name)?.view;
      case 'server':
        return this.#ofServer(place.name);
    }
  }

  alone(name: string): View {
    const view = { ...this.#createServerView(name), server: name };
    this.#alone.add(view);
    return view;
  }

  forget(alone: View): void {
    for (const view of this.#alone) if (view === alone) this.#alone.delete(view);
  }

  follow(next: Snapshot, previous: Snapshot): ViewChanges {
    const changes = new Map<View, ChangedLists>();
    note(changes, this.#federated, this.#federated.follow(next));
    for (const { view } of this.#sets.values()) note(changes, view, view.follow(next));
    if (this.#servers.size + this.#alone.size > 0)
      for (const { name, toolsChanged, promptsChanged, resourcesChanged } of diffSnapshots(previous, next)) {
        const lists = new Set<AnnouncedList>();
        if (toolsChanged) lists.add('tools');
        if (promptsChanged) lists.add('prompts');
        if (resourcesChanged) lists.add('resources');
        note(changes, this.#servers.get(name), lists);
        for (const view of this.#alone) if (view.server === name) note(changes, view, lists);
      }
    for (const name of this.#servers.keys()) if (!next.servers.has(name)) this.#servers.delete(name);
    return changes;
  }

  followToolsets(): ViewChanges {
    const changes = new Map<View, ChangedLists>();
    const declared = this.#deps.toolsets.current();
    for (const name of this.#sets.keys()) if (!declared.has(name)) this.#sets.delete(name);
    for (const [name, spec] of declared) {
      const known = this.#sets.get(name);
      const selection = (): Selection => restricted(toolsetSelection(spec), this.#deps.rules);
      if (known === undefined) {
        const view = new CatalogView(this.#deps.snapshots.current(), selection());
        this.#sets.set(name, { view, spec });
        this.#deps.made(view, { kind: 'set', name });
      } else if (known.spec !== spec) {
        known.spec = spec;
        note(changes, known.view, known.view.select(selection()));
      }
    }
    return changes;
  }

  #ofServer(name: string): View | undefined {
    if (!this.#deps.snapshots.current().servers.has(name)) return undefined;
    let view = this.#servers.get(name);
    if (view === undefined) {
      if (scopeOf(atOwnEndpoint(this.#deps.rules), name).tools === 'none') return undefined;
      view = this.#createServerView(name);
      this.#servers.set(name, view);
      this.#deps.made(view, { kind: 'server', name });
    }
    return view;
  }

  #createServerView(name: string): View {
    const { snapshots, rules } = this.#deps;
    return createServerView(name, () => snapshots.current().servers.get(name), atOwnEndpoint(rules));
  }
}

function note(changes: Map<View, ChangedLists>, view: View | undefined, lists: ChangedLists): void {
  if (view !== undefined && lists.size > 0) changes.set(view, lists);
}
