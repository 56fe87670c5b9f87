// What a change does to what single principals see, where policies, roles or keys make that another change than the one
// without policies. Those of whom just the same is true are told together. Others get their
// turn between one view and the next.

import type { ApiPlannedView } from '@tutti/schemas';
import { CatalogView } from '../../gateway/routing/catalog-view.ts';
import { restricted } from '../../gateway/routing/restricted-selection.ts';
import { WHOLE_CATALOG } from '../../gateway/routing/selection.ts';
import { toolsetSelection } from '../../gateway/routing/toolset-selection.ts';
import type { View } from '../../gateway/routing/view.ts';
import { type Access, isAdmitted } from '../../policy/access.ts';
import { scopeOf } from '../../policy/rule.ts';
import { digestOf } from '../../resources/digest.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';
import type { Side } from './side.ts';
import { viewChange } from './view-change.ts';

/** Groups of principals, and views of each, that are compared in one plan: each costs a look at the whole catalog. */
export const MAX_COMPARED_VIEWS = 64;

export interface PrincipalViews {
  readonly views: readonly ApiPlannedView[];
  /** Ids of those for whom there was no room. */
  readonly unplanned: readonly string[];
}

/** `whole`: the changes without policies, of all views. */
export async function principalViews(
  before: Side,
  after: Side,
  whole: readonly ApiPlannedView[],
): Promise<PrincipalViews> {
  const ids = [...new Set([...before.accesses.keys(), ...after.accesses.keys()])].sort();
  const made = { before: new Map<string, View>(), after: new Map<string, View>() };
  const views: ApiPlannedView[] = [];
  const unplanned = new Set<string>();
  let compared = 0;
  for (const one of whole) {
    const groups = new Map<string, string[]>();
    const pairs = new Map<string, readonly [was: Access | undefined, is: Access | undefined]>();
    for (const id of ids) {
      const was = admitted(before, one.path, before.accesses.get(id));
      const is = admitted(after, one.path, after.accesses.get(id));
      if (isAsWhole(was, is, one)) continue;
      const key = JSON.stringify([was?.digest, is?.digest].map((digest) => digest ?? null));
      pairs.set(key, [was, is]);
      groups.set(key, [...(groups.get(key) ?? []), id]);
    }
    for (const [key, principals] of groups) {
      const [was, is] = pairs.get(key) ?? [];
      compared += 1;
      if (compared > MAX_COMPARED_VIEWS) {
        for (const id of principals) unplanned.add(id);
        continue;
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
      const mayCome = one.unknown.filter(
        (server) => is !== undefined && scopeOf(is.rules, server).tools !== 'none',
      );
      const change = viewChange(
        one.path,
        viewOf(before, one.path, was, made.before),
        viewOf(after, one.path, is, made.after),
        mayCome,
      );
      if (change.change !== 'none' && !isSameChange(change, one)) views.push({ ...change, principals });
    }
  }
  return { views, unplanned: [...unplanned] };
}

/** Nobody's view of it can change otherwise than the whole does. */
function isAsWhole(was: Access | undefined, is: Access | undefined, whole: ApiPlannedView): boolean {
  if (was?.digest !== is?.digest) return false;
  if (was === undefined || is === undefined) return true;
  return whole.change === 'none' || is.rules.every(isAboutOwnTools);
}

/** Who may use Tutti's own tools is no policy, and they are there whatever is declared. */
function isAboutOwnTools({ servers }: Access['rules'][number]): boolean {
  return servers.every((server) => server === NATIVE_SERVER);
}

const SET = '/mcp/sets/';

/** Undefined for one to whom the view is not there. */
function admitted(side: Side, path: string, access: Access | undefined): Access | undefined {
  if (access === undefined || !path.startsWith(SET)) return access;
  const set = side.toolsets.get(path.slice(SET.length));
  if (set === undefined) return undefined;
  return set.spec.access === undefined || isAdmitted(set.spec.access, access.principal) ? access : undefined;
}

function viewOf(
  { snapshot, catalog, toolsets }: Side,
  path: string,
  access: Access | undefined,
  made: Map<string, View>,
): View | undefined {
  if (access === undefined) return undefined;
  const set = path.startsWith(SET) ? toolsets.get(path.slice(SET.length)) : undefined;
  if (access.rules.length === 0) return set?.view ?? catalog;
  const key = JSON.stringify([path, access.digest]);
  let view = made.get(key);
  if (view === undefined) {
    const selection = set === undefined ? WHOLE_CATALOG : toolsetSelection(set.spec);
    made.set(key, (view = new CatalogView(snapshot, restricted(selection, access.rules))));
  }
  return view;
}

function isSameChange(one: ApiPlannedView, other: ApiPlannedView): boolean {
  return digestOf({ ...one, unknown: [] }) === digestOf({ ...other, unknown: [] });
}
