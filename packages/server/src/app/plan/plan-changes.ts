// From changes of declarations to what they would do: the same admission, the same resolving of variables and the same
// passes as for real, on copies.

import { randomUUID } from 'node:crypto';
import { isLoopback } from '../../policy/origin.ts';
import type { Preview } from '../../reconcile/mcp-server/preview.ts';
import type { Problem } from '../../resources/problem.ts';
import type { ResourceStore, ScopeContent } from '../../resources/store.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import { createAccesses, type HostAccesses } from '../accesses.ts';
import { createAllowedEnvironment } from '../allowed-environment.ts';
import { createLaunchableServers, type Launchable, type LaunchableServers } from '../desired-servers.ts';
import type { Environment } from '../environment.ts';
import { ownRules } from '../native/own-rules.ts';
import type { ListensAt } from '../server-ports.ts';
import { createUpstreamProxy, type UpstreamProxy } from '../upstream-proxy.ts';
import { planChange, type PlannedChange } from './plan-change.ts';
import { principalViews } from './principal-views.ts';
import { sideOf } from './side.ts';

/** What is in force. */
export interface InForce {
  readonly store: ResourceStore;
  readonly servers: Pick<LaunchableServers, 'list' | 'problems'>;
  readonly snapshot: () => Snapshot;
  readonly preview: (desired: readonly Launchable[]) => Promise<Preview>;
  readonly proxy: Pick<UpstreamProxy, 'base' | 'problems'>;
  readonly accesses: Pick<HostAccesses, 'all' | 'problems'>;
  readonly environment: Pick<Environment, 'upstreamProxy' | 'isInCluster' | 'variables'>;
  readonly listensAt: ListensAt;
}

export type ScopeChanges = ReadonlyMap<string, ScopeContent | null>;

export interface AskedAbout {
  readonly changes: ScopeChanges;
  /** Servers of which no command says any more whether they are suspended. */
  readonly overruled?: readonly string[];
  /** Sources whose declarations are among the changes. */
  readonly readSources?: readonly string[];
  /** Whether a problem is one of what is asked about. */
  readonly isAbout: (problem: Problem) => boolean;
}

export async function planChanges(inForce: InForce, asked: AskedAbout): Promise<PlannedChange> {
  const { environment, listensAt } = inForce;
  const { changes, overruled = [], readSources = [], isAbout } = asked;
  const store = inForce.store.fork();
  if (overruled.length > 0)
    store.setSuspensions(new Map([...store.suspensions()].filter(([name]) => !overruled.includes(name))));
  store.apply(changes);
  store.apply(goneWithTheirSources(inForce.store, store));
  const proxy = createUpstreamProxy({
    store,
    environment,
    folder: '',
    lastGood: { base: inForce.proxy.base() },
  });
  const environmentOf = createAllowedEnvironment({
    environment: environment.variables,
    sources: () => store.sources(),
    gateway: () => store.gateway(),
  });
  // Nothing of this is ever logged, and what is masked for real stays as it is.
  const redactor = { set() {} };
  const servers = createLaunchableServers({
    store,
    environmentOf,
    redactor,
    proxyUrl: (server) => proxy.urlOf(server),
  });
  using accesses = createAccesses({
    store,
    environmentOf,
    token: randomUUID(),
    ownRules,
    isExposed: !isLoopback(listensAt.host) && !listensAt.insecureOpen,
    redactor,
  });
  const { snapshot, servers: previewed } = await inForce.preview(servers.list());
  const sides = {
    before: sideOf({
      store: inForce.store,
      servers: inForce.servers,
      snapshot: inForce.snapshot(),
      settingsProblems: [...inForce.proxy.problems(), ...inForce.accesses.problems()],
      accesses: inForce.accesses.all(),
      listensAt,
    }),
    after: sideOf({
      store,
      servers,
      snapshot,
      settingsProblems: [...proxy.problems(), ...accesses.problems()],
      accesses: accesses.all(),
      listensAt,
    }),
  };
  const whole = planChange({ ...sides, previewed, readSources: new Set(readSources), isAbout });
  const { views, unplanned } = await principalViews(sides.before, sides.after, whole.views);
  return {
    ...whole,
    changes: whole.changes || views.length > 0,
    views: [...whole.views, ...views],
    ...(unplanned.length > 0 && { unplannedPrincipals: [...unplanned] }),
  };
}

/** Of a Source that is not declared any more nothing stays. */
function goneWithTheirSources(before: ResourceStore, after: ResourceStore): ScopeChanges {
  const kept = new Set(after.sources().map(({ name }) => name));
  const gone = before.sources().filter(({ name }) => !kept.has(name));
  const isOf = (scope: string): boolean =>
    gone.some(({ name }) => scope === `source ${name}` || scope.startsWith(`${name}:`));
  return new Map(after.scopes().flatMap((scope) => (isOf(scope) ? [[scope, null] as const] : [])));
}
