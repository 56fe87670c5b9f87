// Declarations in force with a real reconciler behind them; the servers are the test's: each says which tools it has.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEventLog } from '../../../src/resources/events/event-log.ts';
import { createMcpServerReconciler } from '../../../src/reconcile/mcp-server/reconciler.ts';
import { createAccesses } from '../../../src/app/accesses.ts';
import { createAllowedEnvironment } from '../../../src/app/allowed-environment.ts';
import { createLaunchableServers } from '../../../src/app/desired-servers.ts';
import { ownRules } from '../../../src/app/native/own-rules.ts';
import { planChanges, type InForce, type ScopeChanges } from '../../../src/app/plan/plan-changes.ts';
import type { PlannedChange } from '../../../src/app/plan/plan-change.ts';
import { createUpstreamProxy } from '../../../src/app/upstream-proxy.ts';
import { readDocuments } from '../../../src/resources/read-documents.ts';
import { createResourceStore, type ResourceStore } from '../../../src/resources/store.ts';
import type { Clock } from '../../../src/kernel/clock.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { openTestCatalog } from '../../reconcile/mcp-server/catalog-store.ts';
import { found, HANDSHAKE, tools } from '../../snapshot/found.ts';

export const FOLDER = '/declared';

/** Texts by name; null: the file goes. */
export type Files = Readonly<Record<string, string | null>>;

export interface PlanWorld extends AsyncDisposable {
  readonly store: ResourceStore;
  readonly inForce: InForce;
  /** Time goes on, and no timer has run yet. */
  isLate(ms: number): void;
  plan(files: Files): Promise<PlannedChange>;
  /** The server is ready and shows its tools. */
  shows(server: string, ...names: readonly string[]): Promise<void>;
  fails(server: string, reason: string): Promise<void>;
}

export function document(kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'tutti.dev/v1alpha1', kind, metadata: { name }, spec });
}

export function changesOf(files: Files): ScopeChanges {
  return new Map(
    Object.entries(files).map(([name, text]) => {
      const path = join(FOLDER, name);
      return [path, text === null ? null : readDocuments(path, text)];
    }),
  );
}

export async function openPlanWorld(
  files: Files,
  variables: Readonly<Record<string, string>> = {},
): Promise<PlanWorld> {
  const manual = createManualClock();
  let lateMs = 0;
  const clock: Clock = { ...manual, nowMs: () => manual.nowMs() + lateMs };
  const store = createResourceStore();
  store.apply(changesOf(files));
  const environment = { upstreamProxy: undefined, isInCluster: false, variables };
  const proxy = createUpstreamProxy({ store, environment, folder: FOLDER });
  const servers = createLaunchableServers({
    store,
    environmentOf: createAllowedEnvironment({
      environment: variables,
      sources: () => store.sources(),
      gateway: () => store.gateway(),
    }),
    redactor: { set() {} },
    proxyUrl: (server) => proxy.urlOf(server),
  });
  const accesses = createAccesses({
    store,
    environmentOf: () => variables,
    token: 'the token of the instance',
    ownRules,
    isExposed: false,
    redactor: { set() {} },
  });
  const folder = await mkdtemp(join(tmpdir(), 'tutti-plan-'));
  const catalog = await openTestCatalog(folder);
  const reconciler = await createMcpServerReconciler({
    desired: servers,
    store: catalog,
    names: catalog.names,
    pins: catalog.pins,
    events: createEventLog({ clock }),
    clock,
    random: () => 0.5,
    warn: () => {},
  });
  const attemptOf = (server: string): number => {
    const admission = reconciler.snapshots.current().servers.get(server)?.admission;
    return admission?.kind === 'dial' ? admission.attempt : 0;
  };
  const inForce: InForce = {
    store,
    servers,
    snapshot: () => reconciler.snapshots.current(),
    preview: (desired) => reconciler.preview(desired),
    proxy,
    accesses,
    environment,
    listensAt: { host: '127.0.0.1', port: 7400, insecureOpen: false },
  };
  return {
    store,
    inForce,
    isLate: (ms) => void (lateMs += ms),
    plan: (changed) => planChanges(inForce, { changes: changesOf(changed), isAbout: () => false }),
    async shows(server, ...names) {
      const attempt = attemptOf(server);
      const { observations } = reconciler;
      observations.report({ kind: 'connecting', server, attempt });
      observations.report({ kind: 'ready', server, attempt, handshake: HANDSHAKE });
      const configDigest = servers.get(server)?.identityDigest ?? '';
      observations.report({
        kind: 'discovered',
        server,
        configDigest,
        found: found({ tools: tools(...names) }),
      });
      await reconciler.settled();
    },
    async fails(server, reason) {
      const attempt = attemptOf(server);
      reconciler.observations.report({ kind: 'ended', server, attempt, end: { kind: 'exited', reason } });
      await reconciler.settled();
    },
    async [Symbol.asyncDispose]() {
      await reconciler[Symbol.asyncDispose]();
      await catalog[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
