// Names at the federated endpoint. The first holder of a name keeps it: a name once allocated changes only when its own
// server's prefix does, whoever comes or goes. The outcome depends on nothing but the names allocated before.

import { createHash } from 'node:crypto';

export const MAX_EXPOSED_NAME_LENGTH = 64;
/** Names of items that a server no longer lists are kept for their return, so many of each kind. */
export const MAX_ABSENT_NAMES = 1_000;

const HASH_LENGTH = 8;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
export const NAME_KINDS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;

type NameKind = (typeof NAME_KINDS)[number];

/** The names allocated to one server. */
export interface ServerNames {
  /** What the names of tools and prompts begin with. */
  readonly prefix: string;
  /** For each kind, the server's own name → the exposed one, oldest first. */
  readonly given: Readonly<Record<NameKind, ReadonlyMap<string, string>>>;
}

/** What a server lists, by its own names. */
export type ListedNames = Readonly<Record<NameKind, readonly string[]>>;

export interface NameBook {
  /** Takes up names that were allocated before. The one who comes first keeps a name that two claim. */
  restore(server: string, names: ServerNames): void;
  /** Allocates what is missing and returns all names of the server. */
  allocate(server: string, prefix: string, listed: ListedNames): ServerNames;
  /** Whether all that is listed has its name, and nothing is to be given up: `allocate` changes nothing then. */
  covers(server: string, prefix: string, listed: ListedNames): boolean;
  /** Gives the server's names up. */
  release(server: string): void;
}

export function isSameNames(one: ServerNames, other: ServerNames): boolean {
  return (
    one.prefix === other.prefix &&
    NAME_KINDS.every((kind) => {
      const names = other.given[kind];
      return (
        one.given[kind].size === names.size &&
        [...one.given[kind]].every(([own, exposed]) => names.get(own) === exposed)
      );
    })
  );
}

type Taken = (candidate: string) => boolean;

/** Who holds which name. Owns that memory and nothing else. */
export function createNameBook(): NameBook {
  const held: Record<NameKind, Set<string>> = {
    tools: new Set(),
    prompts: new Set(),
    resources: new Set(),
    resourceTemplates: new Set(),
  };
  const books = new Map<string, { prefix: string; given: Record<NameKind, Map<string, string>> }>();

  function release(server: string): void {
    const book = books.get(server);
    if (book === undefined) return;
    for (const kind of NAME_KINDS)
      for (const exposed of book.given[kind].values()) held[kind].delete(exposed);
    books.delete(server);
  }

  return {
    release,

    covers(server, prefix, listed) {
      const book = books.get(server);
      if (book === undefined || book.prefix !== prefix) return false;
      return NAME_KINDS.every((kind) => {
        const given = book.given[kind];
        return (
          listed[kind].every((own) => given.has(own)) && absentOverBound(given, listed[kind]).length === 0
        );
      });
    },

    restore(server, names) {
      release(server);
      const given = emptyGiven();
      for (const kind of NAME_KINDS) {
        for (const [own, exposed] of names.given[kind]) {
          if (held[kind].has(exposed)) continue;
          held[kind].add(exposed);
          given[kind].set(own, exposed);
        }
      }
      books.set(server, { prefix: names.prefix, given });
    },

    allocate(server, prefix, listed) {
      if (books.get(server)?.prefix !== prefix) release(server);
      const book = books.get(server) ?? { prefix, given: emptyGiven() };
      books.set(server, book);
      for (const kind of NAME_KINDS) {
        const given = book.given[kind];
        const taken: Taken = (candidate) => held[kind].has(candidate);
        // Sorted, so that the order in which a server lists its items decides nothing.
        for (const own of [...new Set(listed[kind])].sort()) {
          if (given.has(own)) continue;
          const exposed = exposedFor(kind, server, prefix, own, taken);
          held[kind].add(exposed);
          given.set(own, exposed);
        }
        for (const own of absentOverBound(given, listed[kind])) {
          held[kind].delete(given.get(own) ?? '');
          given.delete(own);
        }
      }
      const { given } = book;
      return {
        prefix,
        given: {
          tools: new Map(given.tools),
          prompts: new Map(given.prompts),
          resources: new Map(given.resources),
          resourceTemplates: new Map(given.resourceTemplates),
        },
      };
    },
  };
}

function emptyGiven(): Record<NameKind, Map<string, string>> {
  return { tools: new Map(), prompts: new Map(), resources: new Map(), resourceTemplates: new Map() };
}

/** The oldest names that nobody lists any more, as many as are over the bound. */
function absentOverBound(given: ReadonlyMap<string, string>, listed: readonly string[]): readonly string[] {
  if (given.size <= listed.length) return [];
  const present = new Set(listed);
  const absent = [...given.keys()].filter((own) => !present.has(own));
  return absent.slice(0, Math.max(0, absent.length - MAX_ABSENT_NAMES));
}

function exposedFor(kind: NameKind, server: string, prefix: string, own: string, taken: Taken): string {
  if (kind === 'resources') return firstFree(own, aliasUri(server, own), taken);
  if (kind === 'resourceTemplates') return firstFree(own, aliasTemplate(server, own), taken);
  return exposedName(server, prefix, own, taken);
}

/** What the names of one server begin with: the prefix of all servers, which is not put before itself, and its own. */
export function serverPrefix(ofAll: string, own: string): string {
  return own.startsWith(ofAll) ? own : `${ofAll}${own}`;
}

/**
 * The name that an item has unless it is too long or taken: `<prefix>_<own>` in the allowed characters. Words of the
 * prefix that the own name begins with already are not said twice: `x_git` and `git_log` are `x_git_log`. An empty prefix
 * leaves the name as it is.
 */
export function plainName(prefix: string, own: string): string {
  const whole = prefix === '' ? '' : `${prefix}_`;
  let said = 0;
  while (!own.startsWith(whole.slice(said))) said = whole.indexOf('_', said) + 1;
  return `${whole.slice(0, said)}${own}`.replaceAll(/[^A-Za-z0-9_.-]/gu, '_');
}

function exposedName(server: string, prefix: string, own: string, taken: Taken): string {
  return freeName(plainName(prefix, own), server, own, taken);
}

/** The name, or where it is too long or taken one that ends in a hash of whose it is. */
export function freeName(plain: string, server: string, own: string, taken: Taken): string {
  if (plain.length <= MAX_EXPOSED_NAME_LENGTH && !taken(plain)) return plain;
  const stem = plain.slice(0, MAX_EXPOSED_NAME_LENGTH - HASH_LENGTH - 1);
  for (let salt = 0; ; salt++) {
    const name = `${stem}_${hashOf(server, own, salt)}`;
    if (!taken(name)) return name;
  }
}

function hashOf(server: string, own: string, salt: number): string {
  const text = salt === 0 ? `${server}\0${own}` : `${server}\0${own}\0${salt}`;
  const digest = createHash('sha256').update(text).digest();
  let bits = digest.readUIntBE(0, 5);
  let hash = '';
  for (let index = 0; index < HASH_LENGTH; index++) {
    hash = (BASE32[bits % 32] ?? '') + hash;
    bits = Math.floor(bits / 32);
  }
  return hash;
}

function firstFree(own: string, alias: string, taken: Taken): string {
  if (!taken(own)) return own;
  let candidate = alias;
  for (let salt = 2; taken(candidate); salt++) candidate = `${alias}?${salt}`;
  return candidate;
}

function aliasUri(server: string, uri: string): string {
  return `tutti://${server}/${encodeURIComponent(uri.toWellFormed())}`;
}

// A template stays as it is behind the prefix: encoded, what a client expands in it could not be told from the rest.
function aliasTemplate(server: string, template: string): string {
  return `tutti://${server}/${template}`;
}

/**
 * The server's own uri behind `tutti://<server>/…`, be it the alias of a resource (encoded) or an expanded template (as
 * it is, and so with the colon of its scheme). Undefined when the uri is not an alias of this server.
 */
export function uriBehindAlias(server: string, uri: string): string | undefined {
  const prefix = `tutti://${server}/`;
  if (!uri.startsWith(prefix)) return undefined;
  const rest = uri.slice(prefix.length);
  if (rest.includes(':')) return rest;
  try {
    return decodeURIComponent(rest);
  } catch {
    return undefined;
  }
}
