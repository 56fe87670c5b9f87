// Keeps one server's change announcements coming: resource subscriptions, each held by as many as want it, in the way of
// the server's era. A legacy server is subscribed uri by uri; a modern one has one standing `subscriptions/listen`,
// renewed when the set of uris changes. What is held outlives instances: each new one is told all of it.

import type { Message } from '@tutti/wire';
import { type AppError, toAppError } from '../../kernel/errors.ts';
import { isObject, parseObject } from '../protocol/capabilities.ts';
import type { Instance } from './instance.ts';

export type SubscribeOutcome =
  /** It is, or will be as soon as the server is there. */
  | { readonly kind: 'subscribed' }
  | { readonly kind: 'refused'; readonly answer: Message }
  | { readonly kind: 'failed'; readonly error: AppError };

/** One holder's share in a subscription. Disposing lets go of it, once; where the server refused there is none left. */
export interface Subscription extends Disposable {
  readonly outcome: Promise<SubscribeOutcome>;
}

/** What an instance is asked for. */
export type WatchedInstance = Pick<Instance, 'handshake' | 'state' | 'request' | 'openStream' | 'later'>;

interface Wanted {
  readonly uri: string;
  /** Where it is kept: changes when a server comes back under its name. */
  owner: ResourceWatch;
  holders: number;
  /** What came of asking the server, or is to come; undefined when nobody has to ask any more. */
  asked: Promise<SubscribeOutcome> | undefined;
  /** Requests of one uri go one after another: whichever the server sees last must be the one that counts. */
  queue: Promise<unknown>;
}

export class ResourceWatch {
  readonly #wanted = new Map<string, Wanted>();
  readonly #timeoutMs: () => number;
  #instance: WatchedInstance | undefined;
  #stopListening: (() => void) | undefined;

  constructor(timeoutMs: () => number) {
    this.#timeoutMs = timeoutMs;
  }

  get isUsed(): boolean {
    return this.#wanted.size > 0;
  }

  /** A new instance is ready: it is told all that is wanted. */
  attach(instance: WatchedInstance): void {
    this.#instance = instance;
    this.#stopListening = undefined;
    if (instance.handshake?.era === 'modern') return this.#listen();
    for (const wanted of this.#wanted.values()) {
      wanted.queue = Promise.resolve();
      if (wanted.holders > 0) this.#request('resources/subscribe', wanted).catch(() => undefined);
      else this.#wanted.delete(wanted.uri);
    }
  }

  detach(): void {
    this.#instance = undefined;
    this.#stopListening = undefined;
  }

  /** Takes over what is held at the watch of a server of this name that was removed. */
  inherit(old: ResourceWatch): void {
    for (const wanted of old.#wanted.values()) {
      if (wanted.holders === 0) continue;
      wanted.owner = this;
      wanted.asked = SUBSCRIBED;
      this.#wanted.set(wanted.uri, wanted);
    }
    old.#wanted.clear();
  }

  subscribe(uri: string): Subscription {
    let wanted = this.#wanted.get(uri);
    if (wanted === undefined) {
      wanted = { uri, owner: this, holders: 0, asked: undefined, queue: Promise.resolve() };
      this.#wanted.set(uri, wanted);
    }
    wanted.holders++;
    wanted.asked ??= this.#ask(wanted);
    return subscription(wanted, wanted.asked);
  }

  /** One holder less. */
  release(wanted: Wanted): void {
    // One that was refused is nobody's any more.
    if (this.#wanted.get(wanted.uri) !== wanted || --wanted.holders > 0) return;
    wanted.asked = undefined;
    if (this.#instance === undefined || this.#instance.handshake?.era === 'modern') {
      this.#wanted.delete(wanted.uri);
      return this.#listen();
    }
    const leave = async (): Promise<void> => {
      if (wanted.holders > 0 || wanted.owner !== this) return;
      await this.#request('resources/unsubscribe', wanted).catch(() => undefined);
      if (wanted.holders === 0 && this.#wanted.get(wanted.uri) === wanted) this.#wanted.delete(wanted.uri);
    };
    wanted.queue = wanted.queue.then(leave);
  }

  #ask(wanted: Wanted): Promise<SubscribeOutcome> {
    if (this.#instance === undefined) return SUBSCRIBED;
    if (this.#instance.handshake?.era === 'modern') {
      this.#listen();
      return SUBSCRIBED;
    }
    const asked = wanted.queue.then(async (): Promise<SubscribeOutcome> => {
      const outcome = await this.#request('resources/subscribe', wanted).then(
        (answer): SubscribeOutcome =>
          answer.kind === 'error' ? { kind: 'refused', answer } : { kind: 'subscribed' },
        (error: unknown): SubscribeOutcome => ({ kind: 'failed', error: toAppError(error) }),
      );
      if (outcome.kind !== 'subscribed' && wanted.asked === asked) this.#wanted.delete(wanted.uri);
      return outcome;
    });
    wanted.queue = asked;
    return asked;
  }

  async #request(method: string, { uri }: Wanted): Promise<Message> {
    if (this.#instance === undefined) throw new Error('not connected');
    return this.#instance.request(method, JSON.stringify({ uri }), this.#timeoutMs());
  }

  /** Opens the new stream before it ends the old one, so that no change falls between them. */
  #listen(): void {
    const instance = this.#instance;
    if (instance === undefined) return;
    const wanted = listenFilter(instance, [...this.#wanted.keys()]);
    const stopOld = this.#stopListening;
    this.#stopListening = wanted === undefined ? undefined : this.#open(instance, wanted);
    stopOld?.();
  }

  #open(instance: WatchedInstance, wanted: object): () => void {
    let stopped = false;
    const stop = instance.openStream(
      'subscriptions/listen',
      JSON.stringify({ notifications: wanted }),
      () => {
        // The server ended it: open again, unless we did so ourselves or the instance is gone.
        if (stopped || this.#instance !== instance || instance.state !== 'ready') return;
        instance.later(RELISTEN_MS, () => {
          if (!stopped && this.#instance === instance) this.#listen();
        });
      },
    );
    return () => {
      stopped = true;
      stop();
    };
  }
}

const SUBSCRIBED: Promise<SubscribeOutcome> = Promise.resolve({ kind: 'subscribed' });

function subscription(wanted: Wanted, outcome: Promise<SubscribeOutcome>): Subscription {
  let held = true;
  return {
    outcome,
    [Symbol.dispose]() {
      if (held) wanted.owner.release(wanted);
      held = false;
    },
  };
}

/** Pause before a standing stream that the server ended is opened again. */
const RELISTEN_MS = 1_000;

function listenFilter(instance: WatchedInstance, uris: readonly string[]): object | undefined {
  const capabilities = parseObject(instance.handshake?.capabilities ?? '{}');
  const announces = (name: string): boolean => {
    const capability = capabilities[name];
    return isObject(capability) && capability['listChanged'] === true;
  };
  const wanted = {
    ...(announces('tools') && { toolsListChanged: true }),
    ...(announces('prompts') && { promptsListChanged: true }),
    ...(announces('resources') && { resourcesListChanged: true }),
    ...(uris.length > 0 && { resourceSubscriptions: uris }),
  };
  return Object.keys(wanted).length === 0 ? undefined : wanted;
}
