// A control plane over a real store, for tests: the gateway's part is played by reports.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createEventLog } from '../../../src/resources/events/event-log.ts';
import type { Desired } from '../../../src/reconcile/mcp-server/desired.ts';
import { createMcpServerReconciler } from '../../../src/reconcile/mcp-server/reconciler.ts';
import type { Observation } from '../../../src/snapshot/observation.ts';
import { createManualClock } from '../../kernel/manual-clock.ts';
import { found, HANDSHAKE, tools } from '../../snapshot/found.ts';
import { openTestCatalog, type TestCatalogStore } from './catalog-store.ts';
import { createDeclarations } from './declared.ts';

/** For the tests of one file; what was opened is closed after each. */
export function usePlanes() {
  let state: string;
  let catalogs: TestCatalogStore[];
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'tutti-reconciler-'));
    catalogs = [];
  });
  afterEach(async () => {
    for (const catalog of catalogs) await catalog[Symbol.asyncDispose]();
    await rm(state, { recursive: true, force: true });
  });

  async function openCatalog(warn?: (message: string) => void): Promise<TestCatalogStore> {
    const catalog = await openTestCatalog(state, warn);
    catalogs.push(catalog);
    return catalog;
  }

  /** A control plane over a real store; the gateway's part is played by `report`. */
  async function start(...initial: readonly Desired[]) {
    return await startOn((warn) => openCatalog(warn), ...initial);
  }

  async function startOn(
    open: (warn: (message: string) => void) => Promise<TestCatalogStore>,
    ...initial: readonly Desired[]
  ) {
    const clock = createManualClock();
    const declarations = createDeclarations(...initial);
    const events = createEventLog({ clock });
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const catalog = await open(warn);
    const reconciler = await createMcpServerReconciler({
      desired: declarations,
      store: catalog,
      names: catalog.names,
      pins: catalog.pins,
      events,
      clock,
      random: () => 0.5,
      warn,
    });
    const entry = (name: string) => reconciler.snapshots.current().servers.get(name);
    return {
      ...reconciler,
      clock,
      declarations,
      warnings,
      catalog,
      entry,
      told: (name: string, reason: string): string | undefined =>
        events.list().find((event) => event.name === name && event.reason === reason)?.message,
      reasons: (name: string): readonly string[] =>
        events
          .list()
          .filter((event) => event.name === name)
          .map(({ reason }) => reason),
      listed: (name: string) => entry(name)?.segment?.tools.map(({ exposedName }) => exposedName),
      attempt(name: string): number {
        const admission = entry(name)?.admission;
        return admission?.kind === 'dial' ? admission.attempt : 0;
      },
      /** The gateway connects and finds these tools. */
      async comeUp(name: string, ...names: readonly string[]): Promise<void> {
        const report = (observation: Observation): void => reconciler.observations.report(observation);
        report({ kind: 'connecting', server: name, attempt: this.attempt(name) });
        report({ kind: 'ready', server: name, attempt: this.attempt(name), handshake: HANDSHAKE });
        const configDigest = entry(name)?.configDigest ?? '';
        report({ kind: 'discovered', server: name, configDigest, found: found({ tools: tools(...names) }) });
        await reconciler.settled();
      },
      async crash(name: string): Promise<void> {
        const end = { kind: 'exited', reason: 'exited with code 1' } as const;
        reconciler.observations.report({ kind: 'ended', server: name, attempt: this.attempt(name), end });
        await reconciler.settled();
      },
    };
  }

  return { openCatalog, start, startOn };
}
