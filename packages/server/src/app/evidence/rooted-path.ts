// A path below a declared root, with links followed: what it means after all must still be inside of the root.

import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { Place, Unknown } from '../../coordination/evidence/ports.ts';

export interface Root {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export type RootedPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'absent' }
  | Unknown;

/** The real path of a place. */
export async function resolveInside(roots: readonly Root[], place: Place): Promise<RootedPath> {
  const root = roots.find(({ name }) => name === place.root);
  if (root === undefined) {
    const known = roots.map(({ name }) => `\`${name}\``).join(', ');
    return unknown(
      `no root \`${place.root}\` is declared`,
      known === ''
        ? 'have one added to `coordination.evidence.roots` of the Gateway'
        : `take one of ${known}, or have it added to \`coordination.evidence.roots\` of the Gateway`,
    );
  }
  try {
    const base = await realpath(root.path);
    const found = await realpath(join(base, place.path));
    if (isInside(base, found)) return { kind: 'path', path: found };
    return unknown(`\`${place.path}\` leads out of the root \`${place.root}\``, 'name a path inside of it');
  } catch (error) {
    if (isAbsent(error)) return { kind: 'absent' };
    return unknown(`\`${place.path}\` can't be read: ${reasonOf(error)}`, 'have its permissions mended');
  }
}

export function isInside(base: string, path: string): boolean {
  const way = relative(base, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

export function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function unknown(why: string, next: string): Unknown {
  return { kind: 'unknown', why, next };
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
