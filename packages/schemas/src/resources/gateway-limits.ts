// The limits of a Gateway, as people write them. The bounds of each keep out what would shut clients out altogether,
// or what other parts could not bear.

import { z } from 'zod';
import { byteSize } from './byte-size.ts';
import { durationMs } from './duration.ts';

const second = 1_000;
const hour = 3_600 * second;
const count = (min: number, max: number) => z.int().min(min).max(max);
const duration = (minMs: number, maxMs: number) => durationMs({ minMs, maxMs });

export const gatewayLimitsSchema = z
  .strictObject({
    maxBodySize: byteSize(4 * 1024, 64 * 1024 ** 2)
      .prefault('4Mi')
      .describe("The largest body of a client's request."),
    maxHeaderSize: byteSize(4 * 1024, 1024 ** 2)
      .prefault('16Ki')
      .describe('The largest head of a request, all its headers together.'),
    headersTimeout: duration(100, 600 * second)
      .prefault('10s')
      .describe('Time for a client to send its headers.'),
    requestTimeout: duration(100, hour)
      .prefault('60s')
      .describe('Time for a client to send its whole request.'),
    maxDepth: count(16, 1_000).prefault(64).describe('The deepest nesting of JSON in a request.'),
    maxStreams: count(1, 100_000)
      .prefault(1_024)
      .describe('Open responses of all clients together; three quarters may be standing streams.'),
    maxSessions: count(1, 1_000_000).prefault(10_000).describe('Sessions of all clients together.'),
    sessionIdle: duration(second, 720 * hour)
      .prefault('30m')
      .describe('A session that nobody uses for this long is ended.'),
    sessionAbsolute: duration(second, 720 * hour)
      .prefault('24h')
      .describe('A session is ended at this age, used or not.'),
    maxPendingMessages: count(1, 100_000)
      .prefault(100)
      .describe('Messages kept for a session that has no stream open at the moment.'),
    maxUnread: byteSize(64 * 1024, 1024 ** 3)
      .prefault('8Mi')
      .describe('A client that leaves more unread on a stream is cut off.'),
    unreadTimeout: duration(second, hour)
      .prefault('60s')
      .describe('A client that reads nothing for this long is cut off; longer than `keepAlive`.'),
    askTimeout: duration(second, 24 * hour)
      .prefault('5m')
      .describe("Time for a client to answer a server's question."),
    maxParked: count(1, 1_000_000)
      .prefault(10_000)
      .describe('Calls of clients of 2026-07-28 that wait for an answer to a question, all together.'),
    maxSubscriptions: count(1, 100_000)
      .prefault(1_000)
      .describe('Resources that one client may be subscribed to.'),
    keepAlive: duration(100, 600 * second)
      .prefault('15s')
      .describe('Silence after which a comment is sent on an open stream.'),
    longCallAfter: duration(100, hour)
      .prefault('20s')
      .describe('A call that takes longer is handed out as a task to clients that know tasks.'),
    resultTtl: duration(second, 24 * hour)
      .prefault('10m')
      .describe('How long the result of a call is kept that its client did not wait for.'),
  })
  .describe('Bounds of the endpoint. They are read when Tutti starts.');
