// Keeps every declared server as it should be. Level-triggered: a change of the declaration, an observation, a command
// or a timer only says which server to look at; a pass looks at all that is known of it, plans, acts, and plans again
// until there is nothing to do.

import type { ApiServerStatus } from '@tutti/schemas';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { createWorkQueue } from '../../kernel/work-queue.ts';
import type { Observations, Snapshots } from '../../snapshot/observation.ts';
import type { Segment } from '../../snapshot/types.ts';
import { createSnapshotPublisher } from '../../snapshot/publisher.ts';
import { withFamilies, withFamilyAnew } from '../../snapshot/families.ts';
import type { EventLog } from '../../resources/events/event-log.ts';
import { act, type ActDeps } from './act.ts';
import { openCatalog } from './catalog.ts';
import type { CatalogStore, NameStore } from './catalog-store.ts';
import { awaitDiscovery } from './await-discovery.ts';
import type { Desired, DesiredServers } from './desired.ts';
import { notableOf } from './notable.ts';
import { createPinControl, type PinControl } from './pins/pin-control.ts';
import { createPinNews } from './pins/pin-news.ts';
import type { PinStore } from './pins/pin-store.ts';
import { openPins } from './pins/pins.ts';
import { fold, NOTHING_OBSERVED, type Observed, type Occurrence } from './observe.ts';
import { runPass, type PassDeps } from './pass.ts';
import { preview, type Preview } from './preview.ts';
import { sanitise } from './sanitise.ts';
import { statusOf } from './status.ts';
import { suspendedText } from './suspended-text.ts';

/** Each server is looked at so often at the least. */
export const RESYNC_MS = 30_000;
/** Servers that are worked on at once; the work that takes time is writing to disk. */
const MAX_CONCURRENT_PASSES = 8;

export interface McpServerReconciler extends AsyncDisposable {
  readonly snapshots: Snapshots;
  readonly observations: Observations;
  /** Undefined for a server that is not declared. */
  status(server: string): ApiServerStatus | undefined;
  /** By server, sorted. */
  statuses(): ReadonlyMap<string, ApiServerStatus>;
  /** What the server showed last, whether it is listed now or not. */
  segment(server: string): Segment | undefined;
  /** Starts the server anew, whatever its state; its status says so at once. Throws when there is nothing to start. */
  restart(server: string): void;
  /** Has the server run, with `autoStart: false` too; one that runs is left alone. Throws as `restart` does. */
  start(server: string): void;
  /** Looks at what the server offers, and starts it for a while when it does not run. Rejects with an AppError. */
  discover(server: string): Promise<void>;
  /** What would be done, and in force then, if these servers were declared. */
  preview(desired: readonly Desired[]): Promise<Preview>;
  /** What is known of the server; undefined for one that is not declared. */
  observed(server: string): Observed | undefined;
  /** What is approved of the servers' tools. */
  readonly pins: PinControl;
  /** Resolves when what was declared, seen and commanded so far has been acted on. */
  settled(): Promise<void>;
}

export interface McpServerReconcilerDeps {
  readonly desired: DesiredServers;
  readonly store: CatalogStore;
  readonly names: NameStore;
  readonly pins: PinStore;
  readonly events: EventLog;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly warn: (message: string, cause?: unknown) => void;
}

/** Resolves with the first snapshot in force: every declared server is in it, with what it showed in an earlier run. */
export async function createMcpServerReconciler(deps: McpServerReconcilerDeps): Promise<McpServerReconciler> {
  const { desired, events, clock, warn } = deps;
  const known = new Map<string, Observed>();
  const statuses = new Map<string, ApiServerStatus>();
  const watchers = new Set<() => void>();
  let attemptBase = 0;
  const pins = await openPins({
    store: deps.pins,
    clock,
    warn,
    recheck: (server) => record(server, { kind: 'repinned' }),
  });
  const pinNews = createPinNews({ events, clock });
  const catalog = await openCatalog({
    store: deps.store,
    names: deps.names,
    pins,
    clock,
    warn,
    renamed: {
      server: (server) => record(server, { kind: 'repinned' }),
      family: (family) => publisher.update((current) => withFamilyAnew(current, family)),
    },
  });
  const publisher = createSnapshotPublisher({
    listenerFailed: (error) => warn('a listener to snapshots failed', error),
    complete: (next, previous) => withFamilies(next, previous, catalog.families),
  });

  function record(server: string, occurrence: Occurrence): void {
    const declared = desired.get(server);
    if (declared === undefined) return;
    const { restart, health } = declared.resource.spec;
    const before = known.get(server) ?? { ...NOTHING_OBSERVED, attempt: attemptBase, attemptBase };
    const nowMs = clock.nowMs();
    const after = fold(before, occurrence, {
      nowMs,
      chance: deps.random(),
      restart,
      maxFailures: health.maxFailures,
      clean: (text) => sanitise(text, declared.secrets),
    });
    if (after === before) return;
    known.set(server, after);
    statuses.set(server, statusOf(declared, after, nowMs, statuses.get(server)));
    const notable = notableOf(before, occurrence, after);
    if (notable !== undefined)
      events.add(server, notable.reason, sanitise(notable.message, declared.secrets));
    queue.add(server);
    for (const watcher of watchers) watcher();
  }

  /** A server that is declared anew may have shown itself in an earlier run, under the same identity. */
  function meet(server: string): void {
    const identity = desired.get(server)?.identityDigest;
    if (identity === undefined || known.has(server)) return;
    const cached = catalog.recall(server);
    if (cached?.configDigest === identity) record(server, { kind: 'loaded', ...cached });
  }

  const actDeps: ActDeps = {
    desired,
    publisher,
    catalog,
    events,
    pinNews,
    record,
    observed: (server) => known.get(server),
    forget(server) {
      attemptBase = Math.max(attemptBase, known.get(server)?.attempt ?? 0);
      known.delete(server);
      statuses.delete(server);
    },
  };

  const passDeps: PassDeps = {
    desired: (server) => desired.get(server),
    observed: (server) => known.get(server) ?? { ...NOTHING_OBSERVED, attempt: attemptBase, attemptBase },
    published: (server) => publisher.current().servers.get(server),
    nowMs: () => clock.nowMs(),
    act: (server, step) => act(server, step, actDeps),
  };

  async function pass(server: string): Promise<void> {
    meet(server);
    const wakeAtMs = await runPass(server, passDeps);
    if (wakeAtMs !== undefined) queue.addAt(server, wakeAtMs);
  }

  const queue = createWorkQueue({
    clock,
    concurrency: MAX_CONCURRENT_PASSES,
    work: pass,
    failed: (server, error) => warn(`a pass over ${server} failed and will be repeated`, error),
  });

  let resync: Disposable | undefined;
  function passAll(): void {
    for (const server of known.keys()) queue.add(server);
    for (const { resource } of desired.list()) queue.add(resource.name);
    resync = clock.after(RESYNC_MS, passAll);
  }

  const watching = desired.watch((server) => queue.add(server));
  passAll();
  await queue.idle();
  await catalog.retireOthers(new Set(known.keys()));

  function status(server: string): ApiServerStatus | undefined {
    const declared = desired.get(server);
    if (declared === undefined) return undefined;
    return statusOf(declared, known.get(server) ?? NOTHING_OBSERVED, clock.nowMs(), statuses.get(server));
  }

  function startable(server: string): Desired {
    const declared = desired.get(server);
    if (declared === undefined)
      throw new AppError('not_found', `there is no server ${server}; list them with \`tutti get servers\``);
    if (declared.resource.spec.suspended)
      throw new AppError('conflict', `${suspendedText(server, declared.suspension)} first`);
    return declared;
  }

  return {
    snapshots: publisher,
    observations: {
      report: (observation) => record(observation.server, observation),
    },
    status,
    statuses() {
      const all = new Map<string, ApiServerStatus>();
      for (const name of desired
        .list()
        .map(({ resource }) => resource.name)
        .toSorted()) {
        const found = status(name);
        if (found !== undefined) all.set(name, found);
      }
      return all;
    },
    segment: (server) => known.get(server)?.catalogued?.segment,
    restart(server) {
      startable(server);
      record(server, { kind: 'restart_requested' });
    },
    start(server) {
      startable(server);
      record(server, { kind: 'start_requested' });
    },
    async discover(server) {
      const declared = startable(server);
      record(server, { kind: 'wanted', server });
      // A hold that stood before it was wanted is no answer.
      await queue.idle();
      await awaitDiscovery(declared, {
        clock,
        observed: () => known.get(server),
        watch(listener) {
          watchers.add(listener);
          return { [Symbol.dispose]: () => void watchers.delete(listener) };
        },
      });
      // What it showed is in the catalog then.
      await queue.idle();
    },
    preview: async (wanted) =>
      preview({
        desired: wanted,
        catalog: await catalog.fork(),
        known,
        published: publisher.current(),
        nowMs: clock.nowMs(),
      }),
    observed: (server) => known.get(server),
    pins: createPinControl({
      desired,
      pins,
      events,
      observed: (server) => known.get(server),
      settled: () => queue.idle(),
    }),
    settled: () => queue.idle(),
    async [Symbol.asyncDispose]() {
      watching[Symbol.dispose]();
      resync?.[Symbol.dispose]();
      await pins[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
      await catalog.saved();
      catalog[Symbol.dispose]();
    },
  };
}
