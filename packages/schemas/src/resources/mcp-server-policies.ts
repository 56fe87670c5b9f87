// The nested policies of an MCPServer: restart, health, limits.

import { z } from 'zod';
import { byteSize } from './byte-size.ts';
import { durationMs, MAX_DURATION_MS } from './duration.ts';

const anyDuration = durationMs({ minMs: 10, maxMs: MAX_DURATION_MS });
const count = (min: number, max: number) => z.int().min(min).max(max);

export const restartSchema = z
  .strictObject({
    initial: anyDuration.prefault('1s').describe('Delay before the first restart.'),
    factor: z.number().min(1).max(10).prefault(2).describe('Each further delay is this many times longer.'),
    max: anyDuration.prefault('5m').describe('No delay is longer.'),
    maxAttempts: count(0, 1_000_000)
      .optional()
      .describe('Restarts before Tutti gives up. Without it: no limit.'),
    resetAfter: anyDuration.prefault('60s').describe('Health for this long ends the series.'),
    jitter: z.number().min(0).max(1).prefault(0.1).describe('The share of a delay that chance may vary.'),
  })
  .describe('How a server that ended or failed is started again.');

export const healthSchema = z
  .strictObject({
    startupTimeout: durationMs({ minMs: 100, maxMs: 600_000 })
      .prefault('15s')
      .describe('Time for the MCP handshake.'),
    heartbeatInterval: durationMs({ minMs: 100, maxMs: MAX_DURATION_MS })
      .prefault('30s')
      .describe('Time between checks of an idle server.'),
    maxFailures: count(1, 100).prefault(3).describe('Failed checks in a row that restart the server.'),
  })
  .describe('When a server counts as ready and as alive.');

export const limitsSchema = z
  .strictObject({
    memory: byteSize(1024 ** 2)
      .optional()
      .describe('The server is restarted above it, `512Mi` for instance. Without it: no limit.'),
    maxInFlight: count(1, 100_000).prefault(64).describe('Calls at work at once.'),
    maxQueued: count(0, 100_000).prefault(256).describe('Calls that may wait for a place.'),
    maxMessageSize: byteSize(1024).prefault('16Mi').describe('The largest single message.'),
    maxInstances: count(1, 10_000).prefault(16).describe('Instances beside the shared one.'),
  })
  .describe('Bounds; a call over one of them gets an error that names it.');
