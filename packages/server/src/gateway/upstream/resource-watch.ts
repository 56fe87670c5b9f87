// Keeps one server's change announcements coming: resource subscriptions counted per uri, in the way of the server's
// era. A legacy server is subscribed uri by uri; a modern one has one standing `subscriptions/listen`, renewed when the
// set of uris changes.

import type { Message } from '@tutti/wire';
import { isObject, parseObject } from '../protocol/capabilities.ts';
import type { Instance } from './instance.ts';

export class ResourceWatch {
  readonly #counts = new Map<string, number>();
  readonly #timeoutMs: () => number;
  #instance: Instance | undefined;
  #stopListening: (() => void) | undefined;

  constructor(timeoutMs: () => number) {
    this.#timeoutMs = timeoutMs;
  }

  get isUsed(): boolean {
    return this.#counts.size > 0;
  }

  /** A new instance is ready: it is told all that is wanted. */
  attach(instance: Instance): void {
    this.#instance = instance;
    this.#stopListening = undefined;
    if (instance.handshake?.era === 'modern') return this.#listen();
    for (const uri of this.#counts.keys()) this.#request('resources/subscribe', uri).catch(() => undefined);
  }

  detach(): void {
    this.#instance = undefined;
    this.#stopListening = undefined;
  }

  /** The server's answer when it had to be asked; undefined when it was subscribed already. */
  async subscribe(uri: string): Promise<Message | undefined> {
    const count = this.#counts.get(uri) ?? 0;
    this.#counts.set(uri, count + 1);
    if (count > 0 || this.#instance === undefined) return undefined;
    if (this.#instance.handshake?.era === 'modern') {
      this.#listen();
      return undefined;
    }
    try {
      const answer = await this.#request('resources/subscribe', uri);
      if (answer.kind === 'error') this.#forget(uri);
      return answer;
    } catch (error) {
      this.#forget(uri);
      throw error;
    }
  }

  unsubscribe(uri: string): void {
    if (!this.#forget(uri) || this.#instance === undefined) return;
    if (this.#instance.handshake?.era === 'modern') this.#listen();
    else this.#request('resources/unsubscribe', uri).catch(() => undefined);
  }

  /** True when nobody is left. */
  #forget(uri: string): boolean {
    const count = this.#counts.get(uri) ?? 0;
    if (count > 1) this.#counts.set(uri, count - 1);
    else this.#counts.delete(uri);
    return count === 1;
  }

  #request(method: string, uri: string): Promise<Message> {
    if (this.#instance === undefined) return Promise.reject(new Error('not connected'));
    return this.#instance.request(method, JSON.stringify({ uri }), this.#timeoutMs());
  }

  /** Opens the new stream before it ends the old one, so that no change falls between them. */
  #listen(): void {
    const instance = this.#instance;
    if (instance === undefined) return;
    const wanted = listenFilter(instance, [...this.#counts.keys()]);
    const stopOld = this.#stopListening;
    this.#stopListening = wanted === undefined ? undefined : this.#open(instance, wanted);
    stopOld?.();
  }

  #open(instance: Instance, wanted: object): () => void {
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

/** Pause before a standing stream that the server ended is opened again. */
const RELISTEN_MS = 1_000;

function listenFilter(instance: Instance, uris: readonly string[]): object | undefined {
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
