// Logger, metrics and logs of one host.

import type { Clock } from '../kernel/clock.ts';
import { createEvents } from '../telemetry/events.ts';
import { createFdDestination } from '../telemetry/fd-destination.ts';
import { createLogger, type LogDestination } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createRedactor } from '../telemetry/redactor.ts';
import { createServerLogs } from '../telemetry/server-logs.ts';
import type { Environment } from './environment.ts';

const STDERR = 2;

export interface TelemetryOptions {
  readonly environment: Environment;
  readonly logDir: string;
  readonly clock: Clock;
  /** A terminal that takes Tutti's own log, so that it does not break what is drawn there; stderr when left out. */
  readonly terminal: LogDestination | undefined;
}

export function createTelemetry({ environment, logDir, clock, terminal }: TelemetryOptions) {
  const redactor = createRedactor();
  const stderr = createFdDestination(STDERR);
  const logger = createLogger({
    // A table on a terminal says what happens; only what it can't say is written beside it.
    level: environment.logLevel ?? (terminal === undefined ? 'info' : 'error'),
    pretty: terminal !== undefined || process.stderr.isTTY,
    redactor,
    destination: terminal ?? stderr,
  });
  const metrics = createMetrics();
  const logs = createServerLogs({
    dir: logDir,
    clock,
    redactor,
    fileFailed: (path, error) =>
      events.logFileFailed(path, error instanceof Error ? error.message : String(error)),
  });
  const events = createEvents({ logger, metrics, logs });
  return { redactor, logger, metrics, logs, events, flush: () => stderr.flush() };
}
