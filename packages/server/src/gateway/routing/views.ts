// The views that clients are served from, each made once and kept as long as what it shows is declared, so that a
// session finds the very view that it began on. Changes are told by view.

import type { ToolsetSpec } from '@tutti/schemas';
import { diffSnapshots } from '../../snapshot/diff.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import type { Snapshots, Toolsets } from '../ports.ts';
import { CatalogView } from './catalog-view.ts';
import type { AnnouncedList, ChangedLists } from './changed-lists.ts';
import { WHOLE_CATALOG } from './selection.ts';
import { toolsetSelection } from './toolset-selection.ts';
import { createServerView, type View } from './view.ts';

/** What an endpoint shows. */
export type Place =
  | { readonly kind: 'all' }
  | { readonly kind: 'server'; readonly name: string }
  | { readonly kind: 'set'; readonly name: string };

export type ViewChanges = ReadonlyMap<View, ChangedLists>;

export interface ViewsDeps {
  readonly snapshots: Snapshots;
  readonly toolsets: Toolsets;
  readonly changed: (changes: ViewChanges) => void;
}

export class Views implements Disposable {
  readonly federated: CatalogView;
  readonly #deps: ViewsDeps;
  readonly #servers = new Map<string, View>();
  /** Views of one server each that are their holder's alone. */
  readonly #alone = new Set<View & { readonly server: string }>();
  readonly #sets = new Map<string, { readonly view: CatalogView; spec: ToolsetSpec }>();
  readonly #subscriptions = new DisposableStack();

  constructor(deps: ViewsDeps) {
    this.#deps = deps;
    const { snapshots, toolsets } = deps;
    this.federated = new CatalogView(snapshots.current(), WHOLE_CATALOG);
    this.#followToolsets();
    this.#subscriptions.use(snapshots.subscribe((next, previous) => this.#follow(next, previous)));
    this.#subscriptions.use(toolsets.subscribe(() => deps.changed(this.#followToolsets())));
  }

  /** Undefined when there is no such server or toolset. */
  of(place: Place): View | undefined {
    switch (place.kind) {
      case 'all':
        return this.federated;
      case 'set':
        return this.#sets.get(place.name)?.view;
      case 'server':
        return this.#ofServer(place.name);
    }
  }

  /** The server for one holder, whose sessions are at home with no other; dispose when it is not needed any more. */
  alone(name: string): { readonly view: View } & Disposable {
    const { snapshots } = this.#deps;
    const view = { ...createServerView(name, () => snapshots.current().servers.get(name)), server: name };
    this.#alone.add(view);
    return { view, [Symbol.dispose]: () => void this.#alone.delete(view) };
  }

  [Symbol.dispose](): void {
    this.#subscriptions.dispose();
  }

  #ofServer(name: string): View | undefined {
    const { snapshots } = this.#deps;
    if (!snapshots.current().servers.has(name)) return undefined;
    let view = this.#servers.get(name);
    if (view === undefined) {
      view = createServerView(name, () => snapshots.current().servers.get(name));
      this.#servers.set(name, view);
    }
    return view;
  }

  #follow(next: Snapshot, previous: Snapshot): void {
    const changes = new Map<View, ChangedLists>();
    note(changes, this.federated, this.federated.follow(next));
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
    this.#deps.changed(changes);
    for (const name of this.#servers.keys()) if (!next.servers.has(name)) this.#servers.delete(name);
  }

  #followToolsets(): ViewChanges {
    const changes = new Map<View, ChangedLists>();
    const declared = this.#deps.toolsets.current();
    for (const name of this.#sets.keys()) if (!declared.has(name)) this.#sets.delete(name);
    for (const [name, spec] of declared) {
      const known = this.#sets.get(name);
      if (known === undefined) {
        const view = new CatalogView(this.#deps.snapshots.current(), toolsetSelection(spec));
        this.#sets.set(name, { view, spec });
      } else if (known.spec !== spec) {
        known.spec = spec;
        note(changes, known.view, known.view.select(toolsetSelection(spec)));
      }
    }
    return changes;
  }
}

function note(changes: Map<View, ChangedLists>, view: View | undefined, lists: ChangedLists): void {
  if (view !== undefined && lists.size > 0) changes.set(view, lists);
}
