// 1,000 servers with 100,000 tools: the pages of the list, and a change of one server until its clients know.

import { join } from 'node:path';
import { createTuttiClient } from '@tutti/sdk';
import { openClient, readPage, type ClientSession } from '../load/client-session.ts';
import { summarize, type LatencySummary } from '../load/latencies.ts';
import { startHttpUpstream } from '../targets/bare.ts';
import { cpuTimeMs, residentBytes, sleep } from '../targets/process.ts';
import { startTutti, type ServerConfig, type Tutti } from '../targets/tutti.ts';
import { serverName, SERVERS, TOOLS_EACH } from './catalog-size.ts';

const PAGES_TIMED = 500;
const CHANGES = 20;
const DISCOVERY_TIMEOUT_MS = 300_000;
const POLL_MS = 1_000;
const SEARCHES = 50;

export interface CatalogResult {
  readonly servers: number;
  readonly tools: number;
  /** Until all are listed, from an empty state. */
  readonly discoveryMs: number;
  readonly pageTools: number;
  /** One page, over HTTP, on the client's clock. */
  readonly page: LatencySummary;
  /** From the server's list_changed to the client's. */
  readonly change: LatencySummary;
  /** CPU time of the Tutti process for one change, its re-listing included. */
  readonly changeCpuMs: number;
  /** From another rule of a toolset of all servers until its client knows. */
  readonly viewChange: LatencySummary;
  readonly viewChangeCpuMs: number;
  /** The longest that anybody else waited for an answer meanwhile. */
  readonly viewChangeStallMs: number;
  readonly residentBytes: number;
  /** The first search, which indexes all tools. */
  readonly firstSearchMs: number;
  readonly search: LatencySummary;
  /** With the index. */
  readonly searchResidentBytes: number;
}

export async function measureCatalog(folder: string, bin: string): Promise<CatalogResult> {
  await using upstream = await startHttpUpstream('legacy', TOOLS_EACH);
  const servers: Record<string, ServerConfig> = {};
  for (let index = 0; index < SERVERS; index += 1) {
    const name = serverName(index);
    servers[name] = { type: 'http', url: new URL(`/${name}`, upstream.url).href };
  }
  const startedAt = performance.now();
  await using tutti = await startTutti({ folder: join(folder, 'catalog'), servers, bin });
  const client = await openClient(`${tutti.url}?mode=direct`);
  const discoveryMs = await tutti.running.waitFor(async () => {
    const tools = await client.listTools();
    if (tools.length === SERVERS * TOOLS_EACH) return performance.now() - startedAt;
    await sleep(POLL_MS);
    return undefined;
  }, DISCOVERY_TIMEOUT_MS);
  const pages = await timePages(client);
  const changes = await timeChanges(client, upstream.url, tutti.pid);
  const viewChanges = await timeViewChanges(tutti);
  const listedBytes = residentBytes(tutti.pid);
  const searches = await timeSearches(client);
  return {
    servers: SERVERS,
    tools: SERVERS * TOOLS_EACH,
    discoveryMs,
    ...pages,
    ...changes,
    ...viewChanges,
    residentBytes: listedBytes,
    ...searches,
    searchResidentBytes: residentBytes(tutti.pid),
  };
}

async function timePages(client: ClientSession): Promise<Pick<CatalogResult, 'pageTools' | 'page'>> {
  const latencies: number[] = [];
  let cursor: string | undefined;
  let pageTools = 0;
  while (latencies.length < PAGES_TIMED) {
    const sentAt = performance.now();
    const page = await client.fetchPage(cursor);
    latencies.push(performance.now() - sentAt);
    const { tools, nextCursor } = readPage(page);
    pageTools = Math.max(pageTools, tools.length);
    cursor = nextCursor;
  }
  return { pageTools, page: summarize(latencies) };
}

async function timeSearches(client: ClientSession): Promise<Pick<CatalogResult, 'firstSearchMs' | 'search'>> {
  const latencies: number[] = [];
  for (let search = 0; search <= SEARCHES; search += 1) {
    const sentAt = performance.now();
    const answer = await client.call('search_tools', { query: `tool ${search * 7} of the server` });
    latencies.push(performance.now() - sentAt);
    if (!answer.includes('tools')) throw new Error(`nothing found: ${answer.slice(0, 500)}`);
  }
  const [firstSearchMs = 0, ...rest] = latencies;
  return { firstSearchMs, search: summarize(rest) };
}

async function timeChanges(
  client: ClientSession,
  upstream: string,
  pid: number,
): Promise<Pick<CatalogResult, 'change' | 'changeCpuMs'>> {
  const stop = new AbortController();
  const events = client.events(stop.signal)[Symbol.asyncIterator]();
  const latencies: number[] = [];
  const cpuBefore = cpuTimeMs(pid);
  for (let change = 0; change < CHANGES; change += 1) {
    const next = nextListChanged(events);
    const changedAt = performance.now();
    const place = `/change/${serverName(change * 37)}`;
    const response = await fetch(new URL(place, upstream), { method: 'POST' });
    await response.body?.cancel();
    await next;
    latencies.push(performance.now() - changedAt);
  }
  const changeCpuMs = (cpuTimeMs(pid) - cpuBefore) / CHANGES;
  stop.abort();
  return { change: summarize(latencies), changeCpuMs };
}

async function timeViewChanges({
  url,
  token,
  pid,
}: Tutti): Promise<Pick<CatalogResult, 'viewChange' | 'viewChangeCpuMs' | 'viewChangeStallMs'>> {
  const api = createTuttiClient({ url: new URL('/', url).href, token });
  const declare = (index: number) =>
    api.apply(
      JSON.stringify({
        apiVersion: 'tutti.dev/v1alpha1',
        kind: 'Toolset',
        metadata: { name: 'bench' },
        spec: { tools: [{ tool: '*' }], exclude: [{ server: serverName(index), tool: 'echo' }] },
      }),
    );
  await declare(0);
  const client = await openClient(`${url}/sets/bench?mode=direct`);
  const other = await openClient(`${url}?mode=direct`);
  const stop = new AbortController();
  const events = client.events(stop.signal)[Symbol.asyncIterator]();
  const latencies: number[] = [];
  const cpuBefore = cpuTimeMs(pid);
  const over = new AbortController();
  let stallMs = 0;
  const waiting = (async () => {
    while (!over.signal.aborted) {
      const sentAt = performance.now();
      await other.ping();
      stallMs = Math.max(stallMs, performance.now() - sentAt);
      await sleep(1);
    }
  })();
  for (let change = 1; change <= CHANGES; change += 1) {
    const next = nextListChanged(events);
    const changedAt = performance.now();
    const declared = declare(change * 37);
    await next;
    latencies.push(performance.now() - changedAt);
    await declared;
  }
  const viewChangeCpuMs = (cpuTimeMs(pid) - cpuBefore) / CHANGES;
  over.abort();
  await waiting;
  stop.abort();
  return { viewChange: summarize(latencies), viewChangeCpuMs, viewChangeStallMs: stallMs };
}

async function nextListChanged(events: AsyncIterator<string>): Promise<void> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error('the event stream ended');
    if (value.includes('notifications/tools/list_changed')) return;
  }
}
