// Lists what a server offers, as bytes: once when it is ready, and again, list by list, when it says that one changed.

import { arrayItems, type Message, spanBytes, spanText, stringValue } from '@tutti/wire';
import { AppError } from '../../kernel/errors.ts';
import type { JsonBytes } from '../../snapshot/types.ts';
import type { Discovered } from '../ports.ts';
import { isObject, parseObject } from '../protocol/capabilities.ts';
import { LIST_METHODS, type ListKind } from '../protocol/methods.ts';
import { METHOD_NOT_FOUND } from '../protocol/rpc.ts';
import type { Instance } from './instance.ts';

/** Pages of one list; a server that has more is taken to be in a loop. */
const MAX_PAGES = 1_000;
/** Items of one list that are kept. */
export const MAX_ITEMS = 20_000;

const KINDS: readonly ListKind[] = ['tools', 'prompts', 'resources', 'resourceTemplates'];

const CAPABILITY: Readonly<Record<ListKind, string>> = {
  tools: 'tools',
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resources',
};

type Lists = Record<ListKind, readonly JsonBytes[]>;

export interface DiscoveryDeps {
  readonly timeoutMs: () => number;
  discovered(found: Discovered): void;
  failed(reason: string): void;
  /** A list has more than is kept. Called once for each list. */
  cut?(list: ListKind, kept: number): void;
}

/** What it needs of an instance. */
export type Discoverable = Pick<Instance, 'state' | 'handshake' | 'request'>;

/** Rediscovers on demand: one pass at a time, and one more if something changed meanwhile. */
export class Discovery {
  readonly #instance: Discoverable;
  readonly #deps: DiscoveryDeps;
  readonly #dirty = new Set<ListKind>(KINDS);
  readonly #cut = new Set<ListKind>();
  #lists: Lists = { tools: [], prompts: [], resources: [], resourceTemplates: [] };
  #running = false;

  constructor(instance: Discoverable, deps: DiscoveryDeps) {
    this.#instance = instance;
    this.#deps = deps;
  }

  refresh(kinds: readonly ListKind[] = []): void {
    for (const kind of kinds) this.#dirty.add(kind);
    if (this.#running) return;
    this.#running = true;
    this.#run().catch((error: unknown) =>
      this.#deps.failed(error instanceof Error ? error.message : String(error)),
    );
  }

  async #run(): Promise<void> {
    try {
      while (this.#dirty.size > 0 && this.#instance.state === 'ready') {
        const kinds = [...this.#dirty];
        this.#dirty.clear();
        const found = await Promise.all(kinds.map((kind) => this.#list(kind)));
        const { handshake } = this.#instance;
        if (handshake === undefined) return;
        this.#lists = {
          ...this.#lists,
          ...Object.fromEntries(kinds.map((kind, index) => [kind, found[index] ?? []])),
        };
        this.#deps.discovered({ handshake, ...this.#lists });
      }
    } finally {
      this.#running = false;
    }
  }

  async #list(kind: ListKind): Promise<JsonBytes[]> {
    const capabilities = parseObject(this.#instance.handshake?.capabilities ?? '{}');
    if (!isObject(capabilities[CAPABILITY[kind]])) return [];
    const items: JsonBytes[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const params = cursor === undefined ? '{}' : `{"cursor":${cursor}}`;
      const answer = await this.#instance.request(LIST_METHODS[kind], params, this.#deps.timeoutMs());
      if (answer.kind === 'error') {
        if (isMethodNotFound(answer)) return items;
        throw new AppError('upstream_invalid', `${LIST_METHODS[kind]} failed: ${errorText(answer)}`);
      }
      const list = answer.members.get(kind);
      for (const item of list === undefined ? [] : arrayItems(answer.bytes, list)) {
        if (items.length === MAX_ITEMS) {
          this.#wasCut(kind);
          return items;
        }
        // Copied: a list is kept for long, the network buffer is not.
        items.push(Buffer.from(spanBytes(answer.bytes, item)));
      }
      const next = answer.members.get('nextCursor');
      if (next === undefined || stringValue(answer.bytes, next) === undefined) return items;
      cursor = spanText(answer.bytes, next);
    }
    throw new AppError(
      'upstream_invalid',
      `${LIST_METHODS[kind]} does not end: more than ${MAX_PAGES} pages.`,
    );
  }

  #wasCut(kind: ListKind): void {
    if (this.#cut.has(kind)) return;
    this.#cut.add(kind);
    this.#deps.cut?.(kind, MAX_ITEMS);
  }
}

function isMethodNotFound(answer: Message): boolean {
  const code = answer.members.get('code');
  return code !== undefined && spanText(answer.bytes, code) === String(METHOD_NOT_FOUND);
}

function errorText(answer: Message): string {
  const message = answer.members.get('message');
  return (message === undefined ? undefined : stringValue(answer.bytes, message)) ?? 'no reason given';
}
