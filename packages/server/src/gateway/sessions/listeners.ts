// Who wants to hear of changes, and the telling: sessions of legacy clients, `subscriptions/listen` streams of modern
// ones. Changes of lists are gathered for a moment, so that many changes are told once.

import { type Message, notification, replaceSpan, splice, stringValue } from '@tutti/wire';
import type { Clock } from '../../kernel/clock.ts';
import { LIST_CHANGED, type ListKind } from '../protocol/methods.ts';
import type { AnnouncedList } from '../routing/changed-lists.ts';
import type { View } from '../routing/view.ts';
import type { ViewChanges } from '../routing/views.ts';

/** Changes within this time are told together. */
const COALESCE_MS = 50;

export interface Listener {
  readonly view: View;
  /** Whether it wants to hear of changes of the list. */
  wantsList(kind: ListKind): boolean;
  /** The uri it is subscribed to by which it knows the server's resource; undefined: it is not subscribed. */
  subscribedUri(server: string, uri: string): string | undefined;
  /** Gets a notification without any subscription id. */
  notify(message: Buffer): void;
  /** What principals may use changed; undefined: it is told by other means. */
  accessesChanged?(): void;
}

type Told = (list: AnnouncedList, notifications: number) => void;

export class Listeners implements Disposable {
  readonly #clock: Clock;
  readonly #told: Told;
  readonly #listeners = new Set<Listener>();
  readonly #dirty = new Map<View, Set<AnnouncedList>>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, told: Told) {
    this.#clock = clock;
    this.#told = told;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  /** Notes which lists of which views changed. */
  changed(changes: ViewChanges): void {
    for (const [view, lists] of changes) {
      const dirty = this.#dirty.get(view) ?? new Set<AnnouncedList>();
      for (const list of lists) dirty.add(list);
      this.#dirty.set(view, dirty);
    }
    if (this.#dirty.size > 0) this.#timer ??= this.#clock.after(COALESCE_MS, this.#flush);
  }

  accessesChanged(): void {
    for (const listener of this.#listeners) listener.accessesChanged?.();
  }

  /** A resource of the server was updated: tells those who are subscribed to it, under the uri that they know. */
  resourceUpdated(server: string, message: Message): void {
    const place = message.members.get('uri');
    const uri = place === undefined ? undefined : stringValue(message.bytes, place);
    if (place === undefined || uri === undefined) return;
    for (const listener of this.#listeners) {
      const known = listener.subscribedUri(server, uri);
      if (known === undefined) continue;
      const renamed = known === uri ? [] : [replaceSpan(place, JSON.stringify(known))];
      listener.notify(splice(message.bytes, renamed));
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#listeners.clear();
  }

  readonly #flush = (): void => {
    this.#timer = undefined;
    const sent = new Map<AnnouncedList, number>();
    for (const listener of this.#listeners) {
      for (const list of this.#dirty.get(listener.view) ?? []) {
        if (!listener.wantsList(list)) continue;
        listener.notify(notification(LIST_CHANGED[list]));
        sent.set(list, (sent.get(list) ?? 0) + 1);
      }
    }
    this.#dirty.clear();
    for (const [list, count] of sent) this.#told(list, count);
  };
}
