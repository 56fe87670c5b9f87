// What happens in Tutti, one function per event: a constant message with key-values for the log, the metric, and where
// it concerns a server, the line in that server's own log. No secret is ever a field.

import type { FinishedCall } from './call-metrics.ts';
import type { Logger } from './logger.ts';
import type { Metrics, PolicyDenial, ReconcileOutcome, RefusedKey } from './metrics.ts';
import type { LogStream, ServerLogs } from './server-logs.ts';

export interface EventSinks {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly logs: Pick<ServerLogs, 'append'>;
}

export type Events = ReturnType<typeof createEvents>;

export function createEvents({ logger, metrics, logs }: EventSinks) {
  return {
    // processes
    processStarted(server: string, pid: number): void {
      metrics.childStarted(server);
      logs.append(server, 'tutti', `started (pid ${pid})`);
      logger.info({ server, pid }, 'process started');
    },
    /** `reason` says how: exit code or signal, and why when it was us. */
    processEnded(server: string, pid: number, reason: string): void {
      metrics.childEnded(server);
      logs.append(server, 'tutti', `ended (pid ${pid}): ${reason}`);
      logger.info({ server, pid, reason }, 'process ended');
    },
    processUnkillable(server: string, pid: number, survivors: number): void {
      logs.append(
        server,
        'tutti',
        `${survivors} processes of pid ${pid} do not die of SIGKILL; still trying`,
      );
      logger.error({ server, pid, survivors }, 'processes do not die of SIGKILL');
    },
    processLimitReached(server: string, limit: number): void {
      metrics.rejected('max_processes');
      logger.warn({ server, limit }, 'limit of processes reached');
    },
    memoryLimitNotEnforced(server: string): void {
      logs.append(server, 'tutti', 'the memory limit is not enforced: this system has no /proc');
      logger.warn({ server }, 'memory limit not enforced');
    },
    leftoversKilled(count: number): void {
      if (count > 0) logger.warn({ count }, 'killed processes that an earlier run left behind');
    },
    guardianLost(reason: string): void {
      logger.warn({ reason }, 'guardian of the processes ended; a new one takes over');
    },
    guardianUnavailable(reason: string): void {
      logger.error({ reason }, 'no guardian: processes may outlive a crash of tutti');
    },

    // servers
    serverRestarting(server: string, restarts: number, reason: string): void {
      metrics.serverRestarted(server);
      logs.append(server, 'tutti', `restarting (restart ${restarts}): ${reason}`);
      logger.warn({ server, restarts, reason }, 'server restarting');
    },
    serverStateChanged(server: string, state: string, reason: string | undefined): void {
      metrics.upstreamState(server, state);
      logger.info({ server, state, reason }, 'server state changed');
    },
    serverDialledThroughProxy(server: string, url: string, proxyUrl: string): void {
      logs.append(server, 'tutti', `dialled at ${proxyUrl} instead of ${url}`);
      logger.info({ server, url, proxyUrl }, 'server dialled through the proxy');
    },
    serverRemoved(server: string): void {
      metrics.serverRemoved(server);
      logger.info({ server }, 'server removed');
    },
    serverPortOpened(server: string, url: string): void {
      logs.append(server, 'tutti', `is served by itself on ${url}`);
      logger.info({ server, url }, 'port of a server opened');
    },
    serverPortUnavailable(server: string, reason: string): void {
      logs.append(server, 'tutti', reason);
      logger.warn({ server, reason }, 'server is not served on the port that it declares');
    },
    serverLogged(server: string, stream: LogStream, line: string): void {
      logs.append(server, stream, line);
    },
    /** The one message that is not constant: watchers search the log for this very line. */
    serversRunning(line: string): void {
      logger.info({}, line);
    },
    reconciled(kind: string, name: string, outcome: ReconcileOutcome, durationMs: number): void {
      metrics.reconciled(kind, outcome, durationMs);
      logger.debug({ kind, name, outcome, durationMs }, 'reconciled');
    },

    // sources
    sourcePulled(source: string, commit: string, subject: string, committedAt: string): void {
      logger.info({ source, commit, subject, committedAt }, 'commit in force');
    },
    sourceFailed(source: string, reason: string): void {
      logger.warn({ source, reason }, 'source cannot be pulled; what it declared stays in force');
    },

    // the store
    storeFailed(reason: string): void {
      logger.error({ reason }, 'the store takes nothing; what is new is in memory only until it does');
    },
    storeRecovered(): void {
      logger.info({}, 'the store takes everything again');
    },

    // changes while it runs
    resourceDeclared(kind: string, name: string, change: string, by: string): void {
      logger.info({ kind, name, change, by }, 'resource declared over the API');
    },
    resourceRemoved(kind: string, name: string, by: string): void {
      logger.info({ kind, name, by }, 'resource removed over the API');
    },

    // calls
    callFinished(call: FinishedCall): void {
      metrics.callFinished(call);
    },
    sessionsChanged(open: number): void {
      metrics.sessionsOpen(open);
    },
    sessionRevived(): void {
      metrics.sessionRevived();
    },
    callsHeld(count: number): void {
      metrics.callsHeld(count);
    },
    listChangedSent(list: 'tools' | 'prompts' | 'resources', sessions: number): void {
      metrics.listChangedSent(list, sessions);
      logger.debug({ list, sessions }, 'list_changed sent');
    },
    toolsListed(mode: 'direct' | 'search', bytes: number, wholeBytes: number): void {
      metrics.toolsListed(mode, bytes, wholeBytes);
    },
    limitReached(limit: string, server: string | undefined): void {
      metrics.rejected(limit);
      logger.debug({ limit, server }, 'refused at a limit');
    },

    // who may do what; never who asked, nor with which key
    keyRefused(reason: RefusedKey): void {
      metrics.keyRefused(reason);
      logger.debug({ reason }, 'request without a good key refused');
    },
    policyDenied(what: PolicyDenial): void {
      metrics.policyDenied(what);
      logger.debug({ what }, 'denied by a policy');
    },

    // tutti itself
    internalError(error: unknown): void {
      const stack = error instanceof Error ? error.stack : undefined;
      logger.error(
        { reason: error instanceof Error ? error.message : String(error), stack },
        'internal error',
      );
    },
    listening(url: string): void {
      logger.info({ url }, 'listening');
    },
    stopping(reason: string): void {
      logger.info({ reason }, 'stopping');
    },
    logFileFailed(path: string, reason: string): void {
      logger.warn({ path, reason }, 'cannot write a log file; its lines are kept in memory only');
    },
  };
}
