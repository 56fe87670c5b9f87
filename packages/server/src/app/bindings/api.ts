// What the API shows of the running host, in the API's own shapes.

import type { ApiEvent, ApiInstance, ApiLogLine, ApiServer, ApiTool } from '@tutti/schemas';
import { kindJsonSchemas } from '@tutti/schemas';
import { z } from 'zod';
import type { ApiDeps } from '../../api/deps.ts';
import type { EventLog, ServerEvent } from '../../reconcile/events.ts';
import type { McpServerReconciler } from '../../reconcile/mcp-server/reconciler.ts';
import { compareProblems } from '../../resources/problem.ts';
import type { ResourceStore } from '../../resources/store.ts';
import type { ProcessRunner } from '../../runner/process/process-runner.ts';
import type { LogLine, ServerLogs } from '../../telemetry/server-logs.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { LaunchableServers } from '../desired-servers.ts';
import { isSameSecret } from '../same-secret.ts';
import { apiOrigin } from './sources.ts';

export interface ApiBindingDeps extends Pick<ApiDeps, 'origin' | 'closing' | 'readiness' | 'sources'> {
  readonly token: string;
  readonly servers: LaunchableServers;
  readonly store: ResourceStore;
  readonly reconciler: McpServerReconciler;
  readonly runner: ProcessRunner;
  readonly logs: ServerLogs;
  readonly events: EventLog;
  readonly metrics: Metrics;
  readonly info: () => ApiInstance;
  readonly reload: () => Promise<void>;
}

export function createApiDeps(deps: ApiBindingDeps): ApiDeps {
  const { servers, reconciler, logs, events } = deps;
  const server = (name: string): ApiServer | undefined => {
    const status = reconciler.status(name);
    const declared = servers.get(name);
    if (status === undefined || declared === undefined) return undefined;
    const { spec, origin } = declared.resource;
    const pid = deps.runner
      .running()
      .find((process) => process.server === name && process.instance === 'shared')?.pid;
    return {
      name,
      type: spec.type,
      ...(spec.description !== undefined && { description: spec.description }),
      origin: apiOrigin(origin),
      ...(spec.url !== undefined && { url: displayUrl(spec.url) }),
      toolCount: reconciler.snapshots.current().servers.get(name)?.segment?.tools.length,
      status: { ...status, ...(pid !== undefined && { pid }) },
    };
  };

  return {
    origin: deps.origin,
    closing: deps.closing,
    readiness: deps.readiness,
    authorize: (token) => isSameSecret(token, deps.token),
    info: deps.info,
    metrics: () => deps.metrics.render(),
    schema: (kind) => kindJsonSchemas()[kind],
    servers: () => [...reconciler.statuses().keys()].flatMap((name) => server(name) ?? []),
    server,
    sources: deps.sources,
    tools: (query) => tools(reconciler, query),
    problems: () =>
      [...deps.store.problems(), ...servers.problems()]
        .toSorted(compareProblems)
        .map(({ field, ...problem }) => ({ ...problem, ...(field !== undefined && { field }) })),
    logs: (name, tail) => logs.tail(name, tail).map(apiLogLine),
    onLog: (name, listener) => logs.follow(name, (line) => listener(apiLogLine(line))),
    events: ({ name }) =>
      events
        .list()
        .filter((event) => name === undefined || event.server === name)
        .map(apiEvent),
    onEvent: ({ name }, listener) =>
      events.subscribe((event) => {
        if (name === undefined || event.server === name) listener(apiEvent(event));
      }),
    async restart(name) {
      reconciler.restart(name);
      await reconciler.settled();
    },
    reload: deps.reload,
  };
}

const shownToolSchema = z.object({
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  inputSchema: z.unknown(),
});

function tools(reconciler: McpServerReconciler, query: string | undefined): ApiTool[] {
  const wanted = query?.toLowerCase();
  const found: ApiTool[] = [];
  for (const { name: server, segment } of reconciler.snapshots.current().servers.values()) {
    for (const { name, exposedName, bytes } of segment?.tools ?? []) {
      const shown = shownToolSchema.parse(JSON.parse(bytes.toString()));
      const text = `${exposedName} ${shown.title ?? ''} ${shown.description ?? ''}`.toLowerCase();
      if (wanted !== undefined && !text.includes(wanted)) continue;
      const { title, description, inputSchema } = shown;
      found.push({
        server,
        name,
        exposedName,
        ...(title !== undefined && { title }),
        ...(description !== undefined && { description }),
        inputSchema,
      });
    }
  }
  return found;
}

function apiLogLine({ timeMs, server, stream, text }: LogLine): ApiLogLine {
  return { time: new Date(timeMs).toISOString(), server, stream, text };
}

function apiEvent({ atMs, type, server, reason, message }: ServerEvent): ApiEvent {
  return { time: new Date(atMs).toISOString(), type, kind: 'MCPServer', name: server, reason, message };
}

/** Without what may be secret: credentials and the query. */
function displayUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? url.replace(/\?.*$/, '') : `${parsed.origin}${parsed.pathname}`;
}
