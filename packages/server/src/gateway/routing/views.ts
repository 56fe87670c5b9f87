// The views that clients are served from. Those who may use the same share them: a layer is made for each such group
// when the first of it comes, and goes when nobody may do just that any more.

import { type Access, isAdmitted } from '../../policy/access.ts';
import type { Snapshots, Toolsets } from '../ports.ts';
import type { ChangedLists } from './changed-lists.ts';
import type { View } from './view.ts';
import { ViewLayer } from './view-layer.ts';

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
  /** Whose views are made at once: most callers are like this one. */
  readonly first: Access | undefined;
}

/** One server for a holder of its own, whose sessions are at home with no other; dispose when it is not needed any more. */
export interface AloneViews extends Disposable {
  /** Undefined when there is no such server for the one who asks. */
  of(access: Access): View | undefined;
  has(view: View): boolean;
}

export class Views implements Disposable {
  readonly #deps: ViewsDeps;
  readonly #layers = new Map<string, ViewLayer>();
  /** The views of each holder of its own. */
  readonly #alone = new Set<Map<ViewLayer, View>>();
  /** How a view is found again for somebody who may use something else. */
  readonly #again = new WeakMap<View, (access: Access) => View | undefined>();
  readonly #places = new WeakMap<View, string>();
  readonly #subscriptions = new DisposableStack();

  constructor(deps: ViewsDeps) {
    this.#deps = deps;
    const { snapshots, toolsets } = deps;
    this.#subscriptions.use(
      snapshots.subscribe((next, previous) => this.#tell((layer) => layer.follow(next, previous))),
    );
    if (deps.first !== undefined) this.#layer(deps.first);
    this.#subscriptions.use(toolsets.subscribe(() => this.#tell((layer) => layer.followToolsets())));
  }

  /** Undefined when there is no such server or toolset for the one who asks. */
  of(place: Place, access: Access): View | undefined {
    if (place.kind === 'set') {
      const admits = this.#deps.toolsets.current().get(place.name)?.access;
      if (admits !== undefined && !isAdmitted(admits, access.principal)) return undefined;
    }
    return this.#layer(access).of(place);
  }

  /** Whether there is such a server or toolset for anybody. */
  has(place: Place): boolean {
    if (place.kind === 'server') return this.#deps.snapshots.current().servers.has(place.name);
    return place.kind === 'all' || this.#deps.toolsets.current().has(place.name);
  }

  /** The same endpoint for somebody else, or for one who may use something else now; undefined: it is not there. */
  again(view: View, access: Access): View | undefined {
    return this.#again.get(view)?.(access);
  }

  /** Which endpoint it is, as text: the same after a restart. */
  placeOf(view: View): string | undefined {
    return this.#places.get(view);
  }

  alone(name: string): AloneViews {
    const made = new Map<ViewLayer, View>();
    this.#alone.add(made);
    const of = (access: Access): View | undefined => {
      const layer = this.#layer(access);
      if (layer.of({ kind: 'server', name }) === undefined) return undefined;
      let view = made.get(layer);
      if (view === undefined) {
        view = layer.alone(name);
        made.set(layer, view);
        this.#again.set(view, of);
        this.#places.set(view, `alone ${name}`);
      }
      return view;
    };
    return {
      of,
      has: (view) => [...made.values()].includes(view),
      [Symbol.dispose]: () => {
        this.#alone.delete(made);
        for (const [layer, view] of made) layer.forget(view);
      },
    };
  }

  /** Drops what nobody can ask for any more. */
  keep(accesses: Iterable<Access>): void {
    const kept = new Set([...accesses].map(({ digest }) => digest));
    for (const [digest, layer] of this.#layers) {
      if (kept.has(digest)) continue;
      this.#layers.delete(digest);
      for (const made of this.#alone) made.delete(layer);
    }
  }

  [Symbol.dispose](): void {
    this.#subscriptions.dispose();
  }

  #layer({ digest, rules }: Access): ViewLayer {
    let layer = this.#layers.get(digest);
    if (layer === undefined) {
      layer = new ViewLayer({
        ...this.#deps,
        rules,
        made: (view, place) => {
          this.#again.set(view, (other) => this.of(place, other));
          this.#places.set(view, place.kind === 'all' ? 'all' : `${place.kind} ${place.name}`);
        },
      });
      this.#layers.set(digest, layer);
    }
    return layer;
  }

  #tell(changesOf: (layer: ViewLayer) => ViewChanges): void {
    const all = new Map<View, ChangedLists>();
    for (const layer of this.#layers.values())
      for (const [view, lists] of changesOf(layer)) all.set(view, lists);
    this.#deps.changed(all);
  }
}
