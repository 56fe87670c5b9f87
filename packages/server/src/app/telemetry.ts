// Logger, metrics and logs of one host.

import type { Clock } from '../kernel/clock.ts';
import { createEvents } from '../telemetry/events.ts';
import { createLogger, stderrDestination } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createRedactor } from '../telemetry/redactor.ts';
import { createServerLogs } from '../telemetry/server-logs.ts';
import type { Environment } from './environment.ts';

export type Telemetry = ReturnType<typeof createTelemetry>;

export function createTelemetry({
  environment,
  logDir,
  clock,
}: {
  environment: Environment;
  logDir: string;
  clock: Clock;
}) {
  const redactor = createRedactor();
  const destination = stderrDestination();
  const logger = createLogger({
    level: environment.logLevel,
    pretty: process.stderr.isTTY,
    redactor,
    destination,
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
  return { redactor, destination, logger, metrics, logs, events };
}
