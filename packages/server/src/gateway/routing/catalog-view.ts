// A view of many servers: an index over what its selection shows of them, which follows the snapshot change by change.
// Names of the whole catalog are unique already; where a selection gives names of its own, the first holder keeps one.

import { matchesGlob } from '@tutti/schemas';
import { freeName, uriBehindAlias } from '../../snapshot/names.ts';
import { renamedItem } from '../../snapshot/segment.ts';
import { type Family, NATIVE_SERVER, type ServerEntry, type Snapshot } from '../../snapshot/types.ts';
import { type ChangedLists, changedLists } from './changed-lists.ts';
import type { ContextMode } from '../context/mode.ts';
import { heldInView } from './held-tools.ts';
import type { Selection } from './selection.ts';
import type { Group, PromptTarget, ResourceTarget, ToolTarget, View } from './view.ts';

/** The server in an alias that a second holder of a uri is reached by. */
const ALIAS = /^tutti:\/\/([^/]+)\//;

type Named = ToolTarget & { readonly key: string };

export class CatalogView implements View {
  readonly server = undefined;
  toolBytes = 0;
  readonly #tools = new Map<string, Named>();
  readonly #prompts = new Map<string, PromptTarget>();
  readonly #resources = new Map<string, ResourceTarget>();
  readonly #groups = new Map<string, Group>();
  #selection: Selection;
  #snapshot: Snapshot;

  constructor(snapshot: Snapshot, selection: Selection) {
    this.#snapshot = snapshot;
    this.#selection = selection;
    for (const key of keysOf(snapshot)) this.#add(key);
  }

  /** Moves on to the next snapshot; costs what changed. Returns the lists that are not what they were. */
  follow(next: Snapshot): ChangedLists {
    const previous = this.#snapshot;
    this.#snapshot = next;
    return this.#replace(changedKeys(previous, next));
  }

  /** Shows another part of the catalog from now on. What it shows as before is left as it is. */
  select(selection: Selection): ChangedLists {
    this.#selection = selection;
    return this.#replace(
      [...keysOf(this.#snapshot)].filter((key) => !isSameGroup(this.#groups.get(key), this.#shown(key))),
    );
  }

  tool(name: string): ToolTarget | undefined {
    return this.#tools.get(name);
  }

  withheld(name: string): string | undefined {
    return heldInView(this.#snapshot.servers.values(), name, this.#selection.shownAs);
  }

  prompt(name: string): PromptTarget | undefined {
    return this.#prompts.get(name);
  }

  resource(uri: string): ResourceTarget | undefined {
    const found =
      this.#resources.get(uri) ?? this.#byAlias(uri) ?? this.#byTemplate(uri) ?? this.#onlyHolder(uri);
    if (found === undefined || !this.#selection.allowsResource(found.server, found.uri)) return undefined;
    return found;
  }

  get mode(): ContextMode | undefined {
    return this.#selection.mode;
  }

  entries(): Iterable<ServerEntry> {
    const { servers } = this.#snapshot;
    if (this.#selection.isWhole)
      return [...servers.values()].filter(({ name }) => this.#selection.showsServer(name));
    const shown = new Set(this.#groups.keys());
    for (const { tools } of this.#familyGroups())
      for (const tool of tools)
        if ('members' in tool) for (const server of tool.members.keys()) shown.add(server);
    return [...servers.values()].filter(({ name }) => shown.has(name));
  }

  *groups(): Iterable<Group> {
    yield* this.#familyGroups();
    for (const name of this.#snapshot.servers.keys()) {
      const group = this.#groups.get(name);
      if (group !== undefined) yield group;
    }
  }

  *#familyGroups(): Iterable<Group> {
    for (const name of this.#snapshot.families.keys()) {
      const group = this.#groups.get(familyKey(name));
      if (group !== undefined) yield group;
    }
  }

  #replace(keys: readonly string[]): ChangedLists {
    const before = keys.map((key) => this.#groups.get(key));
    for (const key of keys) this.#remove(key);
    for (const key of keys) this.#add(key);
    return changedLists(
      before,
      keys.map((key) => this.#groups.get(key)),
    );
  }

  #add(key: string): void {
    const shown = this.#shown(key);
    if (shown === undefined) return;
    const { family } = shown;
    const tools = shown.tools.map((tool) => {
      const name = freeName(tool.exposedName, key, tool.name, (taken) => this.#tools.has(taken));
      const item = name === tool.exposedName ? tool : renamedItem(tool, name);
      if (!('members' in item)) this.#tools.set(name, { kind: 'server', key, server: key, item });
      else if (family !== undefined) this.#tools.set(name, { kind: 'family', key, family, item });
      return item;
    });
    for (const item of shown.prompts) this.#prompts.set(item.exposedName, { server: key, item });
    for (const { exposedUri, uri } of shown.resources) this.#resources.set(exposedUri, { server: key, uri });
    if (key !== NATIVE_SERVER) for (const { exposedBytes } of tools) this.toolBytes += exposedBytes.length;
    this.#groups.set(key, { ...shown, tools });
  }

  /** Undefined when there is nothing to show. */
  #shown(key: string): Group | undefined {
    const family = this.#familyOf(key);
    if (family !== undefined) {
      const tools = this.#selection.ofFamily(family);
      if (tools.length === 0) return undefined;
      return { key, family, tools, prompts: [], resources: [], resourceTemplates: [] };
    }
    const entry = this.#snapshot.servers.get(key);
    if (entry?.segment === undefined) return undefined;
    const ownFamily = entry.family && this.#snapshot.families.get(entry.family.name);
    const lists = this.#selection.ofServer(entry.segment, ownFamily);
    const { tools, prompts, resources, resourceTemplates } = lists;
    if (tools.length + prompts.length + resources.length + resourceTemplates.length === 0) return undefined;
    return { ...lists, key, family: undefined };
  }

  #familyOf(key: string): Family | undefined {
    return key.startsWith(FAMILY) ? this.#snapshot.families.get(key.slice(FAMILY.length)) : undefined;
  }

  #remove(key: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    this.#groups.delete(key);
    if (key !== NATIVE_SERVER)
      for (const { exposedBytes } of group.tools) this.toolBytes -= exposedBytes.length;
    for (const { exposedName } of group.tools)
      if (this.#tools.get(exposedName)?.key === key) this.#tools.delete(exposedName);
    for (const { exposedName } of group.prompts)
      if (this.#prompts.get(exposedName)?.server === key) this.#prompts.delete(exposedName);
    for (const { exposedUri } of group.resources)
      if (this.#resources.get(exposedUri)?.server === key) this.#resources.delete(exposedUri);
  }

  #byAlias(uri: string): ResourceTarget | undefined {
    const server = ALIAS.exec(uri)?.[1];
    if (server === undefined || !this.#snapshot.servers.has(server)) return undefined;
    const own = uriBehindAlias(server, uri);
    return own === undefined ? undefined : { server, uri: own };
  }

  #byTemplate(uri: string): ResourceTarget | undefined {
    for (const { key, resourceTemplates } of this.#groups.values()) {
      for (const template of resourceTemplates) {
        // An expression stands for any text: close enough to tell whose resource it is.
        if (matchesGlob(template.exposedUriTemplate.replaceAll(/\{[^}]*\}/g, '*'), uri))
          return { server: key, uri };
      }
    }
    return undefined;
  }

  /** Servers may have resources that they don't list; with one server that has any, it must be its. */
  #onlyHolder(uri: string): ResourceTarget | undefined {
    let holder: string | undefined;
    for (const { key, resources, resourceTemplates } of this.#groups.values()) {
      if (resources.length + resourceTemplates.length === 0) continue;
      if (holder !== undefined) return undefined;
      holder = key;
    }
    return holder === undefined ? undefined : { server: holder, uri };
  }
}

/** Sorts before all names of servers, which no family's key can be. */
const FAMILY = '!';

function familyKey(name: string): string {
  return `${FAMILY}${name}`;
}

function* keysOf({ families, servers }: Snapshot): Iterable<string> {
  for (const name of families.keys()) yield familyKey(name);
  yield* servers.keys();
}

/** The groups that may be other than before, in the order of their keys. */
function changedKeys(previous: Snapshot, next: Snapshot): readonly string[] {
  const families = new Set<string>();
  const servers = new Set<string>();
  for (const name of [...previous.families.keys(), ...next.families.keys()]) {
    const [before, after] = [previous.families.get(name), next.families.get(name)];
    if (before === after) continue;
    families.add(name);
    // What the family shows is no longer shown as its members' own.
    for (const family of [before, after]) for (const server of family?.servers ?? []) servers.add(server);
  }
  const compare = (name: string): void => {
    const [before, after] = [previous.servers.get(name), next.servers.get(name)];
    if (before === after) return;
    if (before?.segment !== after?.segment || before?.family?.name !== after?.family?.name) servers.add(name);
  };
  for (const name of next.servers.keys()) compare(name);
  for (const name of previous.servers.keys()) if (!next.servers.has(name)) compare(name);
  return [...[...families].sort().map(familyKey), ...[...servers].sort()];
}

/** Nothing in it is other than before; what has a name of the view's own counts as new. */
function isSameGroup(was: Group | undefined, is: Group | undefined): boolean {
  if (was === undefined || is === undefined) return was === is;
  return (
    was.family === is.family &&
    isSameList(was.tools, is.tools) &&
    isSameList(was.prompts, is.prompts) &&
    isSameList(was.resources, is.resources) &&
    isSameList(was.resourceTemplates, is.resourceTemplates)
  );
}

function isSameList(was: readonly unknown[], is: readonly unknown[]): boolean {
  return was === is || (was.length === is.length && was.every((item, index) => item === is[index]));
}
