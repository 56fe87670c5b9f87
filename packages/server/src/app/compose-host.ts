// Puts the parts of one host together: both planes, the API and the store, each taken down in the reverse order.

import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createApiListener } from '../api/listener.ts';
import { createGateway } from '../gateway/gateway.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { isAdmin } from '../policy/access.ts';
import { isLoopback } from '../policy/origin.ts';
import { createEventLog } from '../resources/events/event-log.ts';
import { createMcpServerReconciler } from '../reconcile/mcp-server/reconciler.ts';
import { createResourceStore } from '../resources/store.ts';
import { createStoredResources } from '../resources/stored/stored-resources.ts';
import { createOwnerId, OWNER_VARIABLE, runPrefix, withTag } from '../runner/process/owner-tag.ts';
import { findPortHolder } from '../runner/process/port-holder.ts';
import { createProcessRunner } from '../runner/process/process-runner.ts';
import { createHeartbeatLine } from '../telemetry/heartbeat-line.ts';
import { createAccesses } from './accesses.ts';
import { createAllowedEnvironment } from './allowed-environment.ts';
import { createAttachments } from './attachments.ts';
import { createChangeNews } from './change-news.ts';
import { createApiDeps } from './bindings/api.ts';
import { createBackups } from './bindings/backup.ts';
import { createCatalogDatabase } from './bindings/catalog-database/catalog-database.ts';
import { createNamesDatabase } from './bindings/catalog-database/names-database.ts';
import { createDialer } from './bindings/dialer.ts';
import { openKeptResults } from './bindings/kept-results/kept-results.ts';
import { openKeptSessions } from './bindings/kept-sessions/kept-sessions.ts';
import { createEventHistory } from './bindings/event-history/event-history.ts';
import { watchFamilies } from './bindings/families.ts';
import { createNotices } from './bindings/work/notices.ts';
import { createGatewayEvents } from './bindings/gateway-events.ts';
import { watchServerStates } from './bindings/server-states.ts';
import { createPinsDatabase } from './bindings/pins-database/pins-database.ts';
import { createToolsets } from './bindings/toolsets.ts';
import { createClaims } from './bindings/work/claims.ts';
import { openHostCoordination } from './bindings/work/coordination.ts';
import { type Configuration } from './configuration.ts';
import { openControl } from './control/create-control.ts';
import { resolveStoreUrl, storePlace } from './database.ts';
import { createLaunchableServers } from './desired-servers.ts';
import { type Environment } from './environment.ts';
import { createHostFiles } from './files/host-files.ts';
import { httpUrl, listen } from './http-server.ts';
import { ensureGatewayKey } from './gateway-key.ts';
import { openHostStore } from './host-store.ts';
import { writeInstance } from './instance-file.ts';
import { liveOrigin } from './live-origin.ts';
import { createHostModels } from './models/host-models.ts';
import { withoutNativeServer } from './native/native-launchable.ts';
import { openNative } from './native/open-native.ts';
import { ownRules } from './native/own-rules.ts';
import { runningServers } from './running-servers.ts';
import { createServerPorts } from './server-ports.ts';
import { createSources } from './sources.ts';
import { refuseIdle, refuseOpenBind } from './start-checks.ts';
import { releaseStartupMemory } from './startup-memory.ts';
import { sweepLeftDrafts } from './sweep-drafts.ts';
import { createStoreHealth } from './store-health.ts';
import { tellStoreHealth } from './tell-store-health.ts';
import { createTelemetry } from './telemetry.ts';
import { createUpstreamProxy } from './upstream-proxy.ts';
import { unlessAborted } from './unless-aborted.ts';
import { VERSION } from './version.ts';
import { watchLimits } from './watch-limits.ts';
import type { Host, HostOptions } from './host.ts';

const DEFAULT_DRAIN_MS = 5_000;

export interface Composition {
  readonly options: HostOptions;
  readonly environment: Environment;
  readonly configuration: Configuration;
  /** Takes things down in the reverse order of their making. */
  readonly stack: AsyncDisposableStack;
  /** Nobody needs the host any more. */
  readonly unused: () => void;
}

export async function composeHost({
  options,
  environment,
  configuration,
  stack,
  unused,
}: Composition): Promise<Omit<Host, 'closed' | 'close'>> {
  const { statePath, shown: configPath } = configuration;
  const clock: Clock = systemClock;
  const token = randomBytes(24).toString('base64url');
  const startedAtMs = clock.nowMs();
  const telemetry = createTelemetry({
    environment,
    logDir: join(statePath, 'logs'),
    clock,
    terminal: options.terminal,
  });
  stack.defer(() => telemetry.flush());
  stack.use(telemetry.logs);
  const { logger, redactor, metrics, logs, events: happenings } = telemetry;
  const warn = (message: string, cause?: unknown): void =>
    logger.warn({ cause: cause instanceof Error ? cause.message : undefined }, message);
  const storeUrl = resolveStoreUrl(environment.store, statePath);
  const storeHealth = createStoreHealth({
    place: storePlace(storeUrl),
    watch: metrics.store,
    clock,
    random: Math.random,
  });
  const {
    database,
    host: self,
    leader,
  } = stack.use(
    await openHostStore({
      url: storeUrl,
      clock,
      redactor,
      statePath,
      metrics: metrics.store,
      watch: storeHealth,
      warn,
    }),
  );

  const ownerId = createOwnerId(await stat(statePath, { bigint: true }), randomBytes(6).toString('hex'));
  const runner = stack.use(
    createProcessRunner({
      ownerId,
      baseEnv: environment.variables,
      platform: process.platform,
      logs,
      events: happenings,
      clock,
    }),
  );

  const store = createResourceStore();
  store.apply(configuration.declared);
  // Written to the end: what the others tell while they are taken down too.
  const history = stack.use(
    createEventHistory({ database, host: self, leader, clock, random: Math.random, warn }),
  );
  const events = createEventLog({ clock, earlier: await history.load() });
  stack.use(
    events.subscribe((event) => {
      if (event.host === undefined) history.add(event);
    }),
  );
  stack.use(history.follow((others) => events.learn(others)));
  stack.use(tellStoreHealth(storeHealth, { events, happenings, history }));
  const lasting = { database, clock, warn };
  const files = createHostFiles({ store, configuration });
  const coordination = stack.use(
    await openHostCoordination({
      ...lasting,
      store,
      environment,
      runner,
      events,
      files: files.spaces,
      metrics,
    }),
  );
  const opened = stack.use(
    await openControl({
      store,
      stored: createStoredResources(database),
      isShared: database.dialect === 'postgres',
      clock,
      folder: configuration.folder,
      events,
      happenings,
      warn,
    }),
  );
  const sources = stack.use(
    createSources({
      path: configuration.path,
      folder: join(statePath, 'sources'),
      store,
      environment: environment.variables,
      // What git starts is ours, and is swept up with the rest when we can't end it.
      gitEnvironment: {
        ...environment.variables,
        TUTTI_STORE: undefined,
        [OWNER_VARIABLE]: withTag(environment.variables[OWNER_VARIABLE], `${runPrefix(ownerId)}git`),
      },
      clock,
      random: Math.random,
      redactor,
      happenings,
    }),
  );
  await unlessAborted(sources.synced, options.signal);
  stack.use(sweepLeftDrafts(store, clock));
  const { limits } = store.settings();
  const proxy = createUpstreamProxy({ store, environment, folder: process.cwd() });
  const environmentOf = createAllowedEnvironment({
    environment: environment.variables,
    sources: () => store.sources(),
    gateway: () => store.gateway(),
  });
  const servers = createLaunchableServers({
    store,
    environmentOf,
    redactor,
    proxyUrl: (server) => proxy.urlOf(server),
  });
  refuseIdle(servers, store);
  const native = openNative({ servers, version: VERSION, warn });
  const accesses = stack.use(
    createAccesses({
      store,
      environmentOf,
      token,
      ownRules,
      isExposed: !isLoopback(options.host) && options.insecureOpen !== true,
      redactor,
    }),
  );
  refuseOpenBind(options, store.settings());

  const reconciler = stack.use(
    await createMcpServerReconciler({
      desired: native.servers,
      store: createCatalogDatabase({ database, replica: self.replica, warn }),
      names: createNamesDatabase({ database, warn }),
      pins: createPinsDatabase(database),
      events: withoutNativeServer(events),
      clock,
      random: Math.random,
      warn,
    }),
  );
  const key = await ensureGatewayKey(statePath, warn);
  const keeping = { ...lasting, random: Math.random };
  const kept = stack.use(await openKeptSessions({ ...keeping, replica: self.replica, limits }));
  const results = stack.use(
    await openKeptResults({ ...keeping, replica: self.replica, ttlMs: limits.resultTtlMs }),
  );

  // Before the gateway starts servers: where the port is taken nothing should run, not even for a moment.
  const server = await listen({
    host: options.host,
    port: options.port,
    limits,
    // Called in a later turn only; by then all of it is there.
    handle: (request, response) => {
      if (!gateway.handle(request, response) && !attachments.handle(request, response))
        api(request, response);
    },
  });
  stack.defer(() => server.close());
  const origin = liveOrigin(options.host, store);
  const notices = createNotices(coordination.messages);
  const gateway = createGateway({
    ports: {
      notices,
      claims: createClaims(coordination),
      sessions: kept,
      results,
      snapshots: reconciler.snapshots,
      toolsets: stack.use(createToolsets(store)),
      accesses,
      observations: reconciler.observations,
      dialer: createDialer({
        servers,
        native: native.server,
        runner,
        log: (server, line) => void logs.append(server, 'stdout', line),
        dialledThroughProxy: (server, url, proxyUrl) =>
          happenings.serverDialledThroughProxy(server, url, proxyUrl),
      }),
      events: createGatewayEvents(happenings),
    },
    clock,
    random: Math.random,
    limits,
    origin,
    contextMode: () => store.settings().contextMode,
    owner: ownerId.run,
    key,
    version: VERSION,
    startsAtOnce: availableParallelism(),
  });
  stack.defer(() => gateway.close(0));
  metrics.readInFlight(() => gateway.inFlight());
  const listensAt = { host: options.host, port: server.port, insecureOpen: options.insecureOpen ?? false };
  const ports = stack.use(
    await createServerPorts({
      store,
      gateway,
      events,
      happenings,
      clock,
      random: Math.random,
      limits,
      ...listensAt,
      findHolder: findPortHolder,
      warn,
    }),
  );

  const closing = new AbortController();
  const control = opened.start({ reconciler, sources });
  const shown = createApiDeps({
    origin,
    closing: closing.signal,
    accesses,
    servers: native.servers,
    sources,
    store,
    ports,
    proxy,
    environment,
    reconciler,
    gateway,
    runner,
    logs,
    events,
    history,
    storeProblems: () => storeHealth.problems(),
    metrics,
    happenings,
    readiness: () => ({
      ready: !closing.signal.aborted,
      reasons: closing.signal.aborted ? ['tutti is stopping'] : [],
    }),
    info: () => ({
      version: VERSION,
      pid: process.pid,
      url,
      mcpUrl: `${url}/mcp`,
      configPath,
      statePath,
      startedAt: new Date(startedAtMs).toISOString(),
      uptimeSeconds: (clock.nowMs() - startedAtMs) / 1_000,
    }),
    backup: createBackups(database, clock),
    control,
    coordination,
  });
  const api = createApiListener(shown);
  const models = createHostModels({ store, environmentOf, redactor, clock, random: Math.random });
  const own = { shown, control, coordination, models, files: files.shared(coordination.leases) };
  native.start({ ...own, settings: () => store.settings(), clock, notices });

  const attachments = stack.use(
    createAttachments({
      clock,
      isAdmitted: (authorization) => isAdmin(accesses.of(authorization)),
      unused: options.whileAttached === true ? unused : () => undefined,
    }),
  );
  const url = httpUrl(options.host, server.port);
  stack.use(
    await writeInstance(statePath, {
      pid: process.pid,
      url,
      token,
      configPath,
      startedAt: new Date(startedAtMs).toISOString(),
      version: VERSION,
    }),
  );
  happenings.listening(url);

  const running = (): string[] => runningServers(reconciler);
  stack.use(createHeartbeatLine({ clock, running, write: (line) => happenings.serversRunning(line) }));
  const news = stack.use(createChangeNews(clock));
  const { changed } = news;
  stack.use(events.subscribe(changed));
  stack.use(store.watch(changed));
  stack.use(watchLimits(store, warn));
  stack.use(watchFamilies({ snapshots: reconciler.snapshots, events, warn }));
  stack.use(watchServerStates({ reconciler, events, happenings, logs }));
  stack.use(reconciler.snapshots.subscribe(changed));
  stack.use(releaseStartupMemory(clock, () => gateway.stats.openCalls === 0));
  // The first to be taken down: no new requests, and time for those under way.
  stack.defer(async () => {
    happenings.stopping('closing');
    closing.abort();
    server.stopAccepting();
    ports.stopAccepting();
    await gateway.close(options.drainMs ?? DEFAULT_DRAIN_MS);
  });

  return {
    url,
    mcpUrl: `${url}/mcp`,
    statePath,
    servers: () => shown.servers(),
    problems: () => shown.problems(),
    onChange: (listener) => news.listen(listener),
    reload: () => control.reload(),
  };
}
