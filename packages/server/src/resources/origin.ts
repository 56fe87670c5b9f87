// Where a declaration stands, in words and in order. Pure.

import type { Origin } from '@tutti/schemas';

/** Of two origins that declare one name the first of these has it. */
const ORDER: readonly Origin['kind'][] = ['git', 'file', 'api'];

const WORDS: Readonly<Record<Origin['kind'], string>> = {
  git: 'git',
  file: 'what files declare',
  api: 'what was declared over the API',
};

/** The file as people are shown it: `/project/tutti.yaml`, `team:mcp-config/a.json` in the Source `team`,
 *  `api:MCPServer/a`. */
export function pathOf(origin: Origin): string {
  return origin.kind === 'git' ? gitPath(origin.source, origin.path) : origin.path;
}

const API = 'api:';

/** What messages call the place of what was declared over the API: `api:MCPServer/a`. */
export function apiPath(id: string): string {
  return `${API}${id}`;
}

export function isApiPath(path: string): boolean {
  return path.startsWith(API);
}

export function gitPath(source: string, path: string): string {
  return `${source}:${path}`;
}

/** `/project/tutti.yaml:3`; what was declared over the API stands in no line that people could look at. */
export function placeOf(origin: Origin): string {
  if (origin.kind === 'api') return pathOf(origin);
  return `${pathOf(origin)}:${origin.line}`;
}

/** The order in which declarations get what only one of them can have: a name, a port. */
export function compareOrigins(a: Origin, b: Origin): number {
  const [pathA, pathB] = [pathOf(a), pathOf(b)];
  if (a.kind !== b.kind) return ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind);
  if (pathA !== pathB) return pathA < pathB ? -1 : 1;
  return a.line - b.line;
}

/** What to say of a declaration that lost to another one: where that is, and why it has it. */
export function lostTo(first: Origin, loser: Origin): string {
  const place = placeOf(first);
  if (first.kind === loser.kind) return `is declared in ${place} already`;
  return `is shadowed by ${place}, because ${WORDS[first.kind]} goes before ${WORDS[loser.kind]}`;
}
