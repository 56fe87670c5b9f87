// What a change would do, from what is in force and what would be. Pure: no clock, no store, no running server; what to
// start, stop and restart is read from the reconciler's own steps. What would break beside servers and views (workflows,
// tasks) joins here as further lists.

import {
  matchesGlob,
  type ApiPlan,
  type ApiPlannedFamily,
  type ApiPlannedSetting,
  type ApiPlannedSource,
  type ApiPlannedView,
  type ToolsetSpec,
} from '@tutti/schemas';
import type { PreviewedServer } from '../../reconcile/mcp-server/preview.ts';
import { changedFields } from '../../resources/changed-fields.ts';
import { digestOf } from '../../resources/digest.ts';
import { compareProblems, type Problem } from '../../resources/problem.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import type { Launchable } from '../desired-servers.ts';
import { serverChange } from './server-change.ts';
import type { Side } from './side.ts';
import { viewChange } from './view-change.ts';

export interface Change {
  readonly before: Side;
  readonly after: Side;
  /** What the reconciler would do, by server. */
  readonly previewed: ReadonlyMap<string, PreviewedServer>;
  /** Sources whose declarations are part of it. */
  readonly readSources: ReadonlySet<string>;
  /** Whether a problem is one of what is asked about; new ones are told in any case. */
  readonly isAbout: (problem: Problem) => boolean;
}

export type PlannedChange = Omit<ApiPlan, 'drift'>;

export function planChange({ before, after, previewed, readSources, isAbout }: Change): PlannedChange {
  const names = [...new Set([...before.servers.keys(), ...after.servers.keys()])].sort();
  const { renamedTo, renamedFrom } = renames(before.servers, after.servers);
  const found = names.map((name) => ({
    name,
    planned: serverChange({
      name,
      before: before.servers.get(name),
      after: after.servers.get(name),
      previewed: previewed.get(name) ?? NOTHING_PREVIEWED,
      renamedTo: renamedTo.get(name),
      renamedFrom: renamedFrom.get(name),
    }),
  }));
  const servers = found.flatMap(({ planned }) => planned ?? []);
  const unknown = servers.filter(({ toolsKnown }) => !toolsKnown).map(({ name }) => name);
  const views = viewChanges(before, after, unknown);
  const families = familyChanges(before.snapshot, after.snapshot);
  const sources = sourceChanges(before, after, readSources);
  const settings = settingChanges(before, after);
  const told = new Set([...before.problems, ...before.emptyToolsets.values()].map(digestOf));
  const problems = [...after.problems, ...staysEmpty(after, unknown)].toSorted(compareProblems);
  return {
    changes:
      servers.length + families.length + sources.length + settings.length > 0 ||
      views.some(({ change }) => change !== 'none'),
    servers,
    keptServers: found.filter(({ planned }) => planned === undefined).map(({ name }) => name),
    views,
    families,
    sources,
    settings,
    problems: problems.filter((problem) => isAbout(problem) || !told.has(digestOf(problem))),
  };
}

const NOTHING_PREVIEWED: PreviewedServer = { steps: [], before: undefined, after: undefined };

type Servers = ReadonlyMap<string, Launchable>;

/** Servers that go, and others that come with the very same process: people say that they rename them. */
function renames(before: Servers, after: Servers) {
  const come = new Map<string, string>();
  for (const [name, { identityDigest }] of after) if (!before.has(name)) come.set(identityDigest, name);
  const renamedTo = new Map<string, string>();
  const renamedFrom = new Map<string, string>();
  for (const [name, { identityDigest }] of before) {
    const to = after.has(name) ? undefined : come.get(identityDigest);
    if (to === undefined || renamedFrom.has(to)) continue;
    renamedTo.set(name, to);
    renamedFrom.set(to, name);
  }
  return { renamedTo, renamedFrom };
}

function viewChanges(before: Side, after: Side, unknown: readonly string[]): ApiPlannedView[] {
  const views = [viewChange('/mcp', before.catalog, after.catalog, unknown)];
  const sets = [...new Set([...before.toolsets.keys(), ...after.toolsets.keys()])].sort();
  for (const name of sets) {
    const [was, is] = [before.toolsets.get(name), after.toolsets.get(name)];
    const mayCome = is === undefined ? [] : unknown.filter((server) => mayShow(is.spec, server));
    views.push(viewChange(`/mcp/sets/${name}`, was?.view, is?.view, mayCome));
  }
  return views;
}

/** Toolsets that show nothing, whatever servers will turn out to have. */
function staysEmpty({ toolsets, emptyToolsets }: Side, unknown: readonly string[]): Problem[] {
  return [...emptyToolsets].flatMap(([name, problem]) => {
    const spec = toolsets.get(name)?.spec;
    return spec !== undefined && unknown.some((server) => mayShow(spec, server)) ? [] : [problem];
  });
}

/** Whether any tool of the server could be in the toolset. */
function mayShow({ servers, tools }: ToolsetSpec, server: string): boolean {
  return (
    servers.some((pattern) => matchesGlob(pattern, server)) &&
    tools.some((rule) => matchesGlob(rule.server, server))
  );
}

function familyChanges(before: Snapshot, after: Snapshot): ApiPlannedFamily[] {
  const names = [...new Set([...before.families.keys(), ...after.families.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [before.families.get(name), after.families.get(name)];
    const joined = (is?.servers ?? []).filter((server) => was?.servers.includes(server) !== true);
    const left = (was?.servers ?? []).filter((server) => is?.servers.includes(server) !== true);
    if (joined.length + left.length === 0) return [];
    const change = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    return { name, change, joined, left };
  });
}

function sourceChanges(before: Side, after: Side, read: ReadonlySet<string>): ApiPlannedSource[] {
  const names = [...new Set([...before.sources.keys(), ...after.sources.keys()])].sort();
  return names.flatMap((name): ApiPlannedSource[] => {
    const [was, is] = [before.sources.get(name), after.sources.get(name)];
    if (is === undefined)
      return [{ name, change: 'removed', message: 'what it declared is not in force any more' }];
    if (was === undefined)
      return [
        { name, change: 'added', message: read.has(name) ? 'what it declares is in this plan' : LATER },
      ];
    const fields = changedFields(was.spec, is.spec).map(({ field }) => `\`${field}\``);
    if (fields.length === 0) return [];
    const message = `${fields.join(', ')} changed; ${LATER}`;
    return [{ name, change: 'changed', message }];
  });
}

const LATER = 'what it declares is known once it is pulled';

function settingChanges(before: Side, after: Side): ApiPlannedSetting[] {
  return changedFields(before.settings, after.settings).map(({ field, before, after }) => ({
    field,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    takesEffect: field.startsWith('limits.') ? 'at the next start of Tutti' : 'now',
  }));
}
