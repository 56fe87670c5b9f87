// What one route shows of the snapshot, and which server a name on it belongs to. The federated view is an index over
// all servers that follows the snapshot change by change; the view of one server shows that server as it is.

import { matchesGlob } from '@tutti/schemas';
import { diffSnapshots } from '../../snapshot/diff.ts';
import { uriBehindAlias } from '../../snapshot/names.ts';
import type { PromptItem, ServerEntry, Snapshot, ToolItem } from '../../snapshot/types.ts';

export interface ToolTarget {
  readonly server: string;
  /** Undefined when the server may have a tool of that name that was not listed yet. */
  readonly item: ToolItem | undefined;
}

export interface PromptTarget {
  readonly server: string;
  readonly item: PromptItem | undefined;
}

export interface ResourceTarget {
  readonly server: string;
  /** The uri as the server knows it. */
  readonly uri: string;
}

export interface View {
  /** The one server shown; undefined in the federated view. */
  readonly server: string | undefined;
  tool(name: string): ToolTarget | undefined;
  prompt(name: string): PromptTarget | undefined;
  resource(uri: string): ResourceTarget | undefined;
  entries(): Iterable<ServerEntry>;
}

/** The server in an alias that a second holder of a uri is reached by. */
const ALIAS = /^tutti:\/\/([^/]+)\//;

export class FederatedView implements View {
  readonly server = undefined;
  readonly #tools = new Map<string, ToolTarget>();
  readonly #prompts = new Map<string, PromptTarget>();
  readonly #resources = new Map<string, ResourceTarget>();
  #snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
    for (const entry of snapshot.servers.values()) this.#add(entry);
  }

  /** Moves on to the next snapshot; costs what changed. */
  follow(next: Snapshot): void {
    const previous = this.#snapshot;
    this.#snapshot = next;
    const changed = diffSnapshots(previous, next).filter(
      (diff) => previous.servers.get(diff.name)?.segment !== next.servers.get(diff.name)?.segment,
    );
    for (const { name } of changed) this.#remove(previous.servers.get(name));
    for (const { name } of changed) this.#add(next.servers.get(name));
  }

  tool(name: string): ToolTarget | undefined {
    return this.#tools.get(name);
  }

  prompt(name: string): PromptTarget | undefined {
    return this.#prompts.get(name);
  }

  resource(uri: string): ResourceTarget | undefined {
    return this.#resources.get(uri) ?? this.#byAlias(uri) ?? this.#byTemplate(uri) ?? this.#onlyHolder(uri);
  }

  entries(): Iterable<ServerEntry> {
    return this.#snapshot.servers.values();
  }

  #add(entry: ServerEntry | undefined): void {
    if (entry?.segment === undefined) return;
    const { name: server, segment } = entry;
    for (const item of segment.tools) this.#tools.set(item.exposedName, { server, item });
    for (const item of segment.prompts) this.#prompts.set(item.exposedName, { server, item });
    for (const item of segment.resources) this.#resources.set(item.exposedUri, { server, uri: item.uri });
  }

  #remove(entry: ServerEntry | undefined): void {
    if (entry?.segment === undefined) return;
    const own = (target: { readonly server: string } | undefined): boolean => target?.server === entry.name;
    for (const { exposedName } of entry.segment.tools)
      if (own(this.#tools.get(exposedName))) this.#tools.delete(exposedName);
    for (const { exposedName } of entry.segment.prompts)
      if (own(this.#prompts.get(exposedName))) this.#prompts.delete(exposedName);
    for (const { exposedUri } of entry.segment.resources)
      if (own(this.#resources.get(exposedUri))) this.#resources.delete(exposedUri);
  }

  #byAlias(uri: string): ResourceTarget | undefined {
    const server = ALIAS.exec(uri)?.[1];
    if (server === undefined || !this.#snapshot.servers.has(server)) return undefined;
    const own = uriBehindAlias(server, uri);
    return own === undefined ? undefined : { server, uri: own };
  }

  #byTemplate(uri: string): ResourceTarget | undefined {
    for (const { name, segment } of this.entries()) {
      for (const template of segment?.resourceTemplates ?? []) {
        // An expression stands for any text: close enough to tell whose resource it is.
        if (matchesGlob(template.exposedUriTemplate.replaceAll(/\{[^}]*\}/g, '*'), uri))
          return { server: name, uri };
      }
    }
    return undefined;
  }

  /** Servers may have resources that they don't list; with one server that has any, it must be its. */
  #onlyHolder(uri: string): ResourceTarget | undefined {
    let holder: string | undefined;
    for (const { name, segment } of this.entries()) {
      if (segment === undefined || segment.resources.length + segment.resourceTemplates.length === 0)
        continue;
      if (holder !== undefined) return undefined;
      holder = name;
    }
    return holder === undefined ? undefined : { server: holder, uri };
  }
}

/** One server under its own names. Names it did not list are passed on: the server knows best, unless its filter blocks them. */
export function createServerView(
  server: string,
  entry: () => ServerEntry | undefined,
  isAllowed: (entry: ServerEntry, tool: string) => boolean,
): View {
  return {
    server,
    tool(name) {
      const found = entry();
      if (found !== undefined && !isAllowed(found, name)) return undefined;
      return { server, item: found?.segment?.byTool.get(name) };
    },
    prompt: () => ({ server, item: undefined }),
    resource: (uri) => ({ server, uri }),
    *entries() {
      const found = entry();
      if (found !== undefined) yield found;
    },
  };
}
