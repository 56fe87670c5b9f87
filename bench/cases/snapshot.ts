// The same catalog inside one process: what a page and a change cost the two planes themselves, without HTTP.

import { listPage } from '../../packages/server/src/gateway/routing/lists.ts';
import { CatalogView } from '../../packages/server/src/gateway/routing/catalog-view.ts';
import { WHOLE_CATALOG } from '../../packages/server/src/gateway/routing/selection.ts';
import { EMPTY_SNAPSHOT, withEntry } from '../../packages/server/src/snapshot/builder.ts';
import { createNameBook } from '../../packages/server/src/snapshot/names.ts';
import { buildSegment } from '../../packages/server/src/snapshot/segment.ts';
import type { Segment, ServerEntry, Snapshot } from '../../packages/server/src/snapshot/types.ts';
import { summarize, type LatencySummary } from '../load/latencies.ts';
import { toolSpecs } from '../upstreams/answers.ts';
import { serverName, SERVERS, TOOLS_EACH } from './catalog-size.ts';

const PAGES_TIMED = 1_000;
const CHANGES_TIMED = 200;

export interface SnapshotResult {
  readonly page: LatencySummary;
  /** One server's new list: its segment, the next snapshot, and the view that follows it. */
  readonly change: LatencySummary;
}

export function measureSnapshot(): SnapshotResult {
  const book = createNameBook();
  const segmentOf = (server: string, label: string): Segment =>
    buildSegment(
      {
        server,
        transport: 'streamable-http',
        prefix: server,
        cached: false,
        isAllowed: () => true,
        found: {
          handshake: {
            era: 'legacy',
            protocolVersion: '2025-11-25',
            capabilities: Buffer.from('{"tools":{}}'),
            serverInfo: undefined,
            instructions: undefined,
          },
          tools: toolSpecs(TOOLS_EACH, label).map((tool) =>
            Buffer.from(JSON.stringify({ ...tool, inputSchema: { type: 'object' } })),
          ),
          prompts: [],
          resources: [],
          resourceTemplates: [],
        },
      },
      book,
    ).segment;

  let snapshot: Snapshot = EMPTY_SNAPSHOT;
  for (let index = 0; index < SERVERS; index += 1) {
    const name = serverName(index);
    snapshot = withEntry(snapshot, entryOf(name, segmentOf(name, '')));
  }
  const view = new CatalogView(snapshot, WHOLE_CATALOG);
  return { page: timePages(view), change: timeChanges(view, snapshot, segmentOf) };
}

function timePages(view: CatalogView): LatencySummary {
  const latencies: number[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_TIMED; page += 1) {
    const startedAt = performance.now();
    const found = listPage(view, 'tools', cursor, '{');
    latencies.push(performance.now() - startedAt);
    cursor = /"nextCursor":"([^"]+)"}$/.exec(found?.toString() ?? '')?.[1];
  }
  return summarize(latencies);
}

function timeChanges(
  view: CatalogView,
  first: Snapshot,
  segmentOf: (server: string, label: string) => Segment,
): LatencySummary {
  const latencies: number[] = [];
  let snapshot = first;
  for (let change = 0; change < CHANGES_TIMED; change += 1) {
    const name = serverName(change * 37);
    const startedAt = performance.now();
    snapshot = withEntry(snapshot, entryOf(name, segmentOf(name, ` (${change})`)));
    view.follow(snapshot);
    latencies.push(performance.now() - startedAt);
  }
  return summarize(latencies);
}

function entryOf(name: string, segment: Segment): ServerEntry {
  return {
    name,
    configDigest: name,
    transport: 'streamable-http',
    isolation: 'shared',
    abandonedCalls: 'finish',
    admission: { kind: 'dial', attempt: 1 },
    listedOnly: false,
    limits: {
      callTimeoutMs: 60_000,
      maxCallMs: 600_000,
      startupTimeoutMs: 30_000,
      heartbeatIntervalMs: 30_000,
      maxFailures: 3,
      maxInFlight: 64,
      maxQueued: 256,
      maxMessageBytes: 64 << 20,
      maxInstances: 16,
    },
    idle: undefined,
    toolFilter: undefined,
    segment,
    knownEra: 'legacy',
  };
}
