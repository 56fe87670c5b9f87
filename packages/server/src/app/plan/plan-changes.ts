// From changes of declarations to what they would do: the same admission, the same resolving of variables and the same
// passes as for real, on copies.

import type { Preview } from '../../reconcile/mcp-server/preview.ts';
import type { Problem } from '../../resources/problem.ts';
import type { ResourceStore, ScopeContent } from '../../resources/store.ts';
import type { Snapshot } from '../../snapshot/types.ts';
import { createAllowedEnvironment } from '../allowed-environment.ts';
import { createLaunchableServers, type Launchable, type LaunchableServers } from '../desired-servers.ts';
import type { Environment } from '../environment.ts';
import type { ListensAt } from '../server-ports.ts';
import { createUpstreamProxy, type UpstreamProxy } from '../upstream-proxy.ts';
import { planChange, type PlannedChange } from './plan-change.ts';
import { sideOf } from './side.ts';

/** What is in force. */
export interface InForce {
  readonly store: ResourceStore;
  readonly servers: Pick<LaunchableServers, 'list' | 'problems'>;
  readonly snapshot: () => Snapshot;
  readonly preview: (desired: readonly Launchable[]) => Promise<Preview>;
  readonly proxy: Pick<UpstreamProxy, 'base' | 'problems'>;
  readonly environment: Pick<Environment, 'upstreamProxy' | 'isInCluster' | 'variables'>;
  readonly listensAt: ListensAt;
}

export type ScopeChanges = ReadonlyMap<string, ScopeContent | null>;

export async function planChanges(
  inForce: InForce,
  changes: ScopeChanges,
  isAbout: (problem: Problem) => boolean,
): Promise<PlannedChange> {
  const { environment, listensAt } = inForce;
  const store = inForce.store.fork();
  store.apply(changes);
  store.apply(goneWithTheirSources(inForce.store, store));
  const proxy = createUpstreamProxy({
    store,
    environment,
    folder: '',
    lastGood: { base: inForce.proxy.base() },
  });
  const servers = createLaunchableServers({
    store,
    environmentOf: createAllowedEnvironment({
      environment: environment.variables,
      sources: () => store.sources(),
      gateway: () => store.gateway(),
    }),
    // Nothing of this is ever logged, and what is masked for real stays as it is.
    redactor: { set() {} },
    proxyUrl: (server) => proxy.urlOf(server),
  });
  const { snapshot, servers: previewed } = await inForce.preview(servers.list());
  return planChange({
    before: sideOf({
      store: inForce.store,
      servers: inForce.servers,
      snapshot: inForce.snapshot(),
      settingsProblems: inForce.proxy.problems(),
      listensAt,
    }),
    after: sideOf({ store, servers, snapshot, settingsProblems: proxy.problems(), listensAt }),
    previewed,
    isAbout,
  });
}

/** Of a Source that is not declared any more nothing stays. */
function goneWithTheirSources(before: ResourceStore, after: ResourceStore): ScopeChanges {
  const kept = new Set(after.sources().map(({ name }) => name));
  const gone = before.sources().filter(({ name }) => !kept.has(name));
  const isOf = (scope: string): boolean =>
    gone.some(({ name }) => scope === `source ${name}` || scope.startsWith(`${name}:`));
  return new Map(after.scopes().flatMap((scope) => (isOf(scope) ? [[scope, null] as const] : [])));
}
