// What the API shows of the running host, in the API's own shapes.

import type { ApiInstance, ApiLogLine, ApiServer } from '@tutti/schemas';
import { kindJsonSchemas } from '@tutti/schemas';
import type { ApiDeps, ToolPage, ToolQuery } from '../../api/deps.ts';
import type { Asker } from '../../policy/asker.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Place } from '../../gateway/routing/views.ts';
import type { EventLog } from '../../resources/events/event-log.ts';
import type { McpServerReconciler } from '../../reconcile/mcp-server/reconciler.ts';
import { displayUrl } from '../../resources/display-url.ts';
import { IMPORTED } from '../../resources/formats/format.ts';
import { compareProblems, type Problem } from '../../resources/problem.ts';
import type { ResourceStore } from '../../resources/store.ts';
import type { ProcessRunner } from '../../runner/process/process-runner.ts';
import type { LogLine, ServerLogs } from '../../telemetry/server-logs.ts';
import type { Events } from '../../telemetry/events.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { type Access, isAdmitted } from '../../policy/access.ts';
import { decideTool } from '../../policy/rule.ts';
import { isDestructive } from '../../snapshot/tool-hints.ts';
import { NATIVE_SERVER } from '../../snapshot/types.ts';
import type { HostAccesses } from '../accesses.ts';
import type { Launchable, LaunchableServers } from '../desired-servers.ts';
import { createExplainer } from '../explain/explainer.ts';
import type { Control } from '../control/control.ts';
import type { InForce } from '../plan/plan-changes.ts';
import { createPlanner } from '../plan/planner.ts';
import type { Sources } from '../sources.ts';
import type { ServerPorts } from '../server-ports.ts';
import type { EventHistory } from './event-history/event-history.ts';
import { createEventsApi } from './events.ts';
import { familyProblems, shownFamilies } from './families.ts';
import { serverPins, shownPins, unapprovedTools } from './pins.ts';
import { type PinStateOf, type ToolGroup, toolsOfServer, toolsOfView } from './tools.ts';
import { connectedStatus } from './connected-status.ts';
import { createResultsApi } from './results.ts';
import { createSight } from './sight.ts';
import { toolsPage } from './tools-page.ts';
import { accessTo, shownToolsets, toolsetProblems } from './toolsets.ts';
import { apiOrigin } from './sources.ts';

export interface ApiBindingDeps
  extends
    Pick<ApiDeps, 'origin' | 'closing' | 'readiness' | 'coordination' | 'backup'>,
    Pick<InForce, 'proxy' | 'environment'> {
  readonly accesses: HostAccesses;
  readonly control: Control;
  readonly servers: LaunchableServers;
  readonly store: ResourceStore;
  readonly sources: Sources;
  readonly ports: Pick<ServerPorts, 'url' | 'condition' | 'problems' | 'listensAt'>;
  readonly reconciler: McpServerReconciler;
  readonly gateway: Pick<Gateway, 'view' | 'results' | 'isConnectedFor' | 'sessionKeyOf'>;
  readonly runner: ProcessRunner;
  readonly logs: ServerLogs;
  readonly events: EventLog;
  readonly history: Pick<EventHistory, 'find'>;
  readonly storeProblems: () => readonly Problem[];
  readonly metrics: Metrics;
  readonly happenings: Pick<Events, 'keyRefused' | 'policyDenied'>;
  readonly info: () => ApiInstance;
}

export function createApiDeps(deps: ApiBindingDeps): ApiDeps {
  const { servers, store, reconciler, gateway, logs, events, ports } = deps;
  const views = { store, view: (place: Place) => gateway.view(place, deps.accesses.catalog) };
  const server = (name: string, asker?: Asker): ApiServer | undefined => {
    const status = reconciler.status(name);
    const declared = servers.get(name);
    if (status === undefined || declared === undefined) return undefined;
    const { spec, origin } = declared.resource;
    const portCondition = ports.condition(name);
    const portUrl = ports.url(name);
    const metadata = Object.fromEntries(Object.entries(spec.metadata).filter(([key]) => key !== IMPORTED));
    const pid = deps.runner
      .running()
      .find((process) => process.server === name && process.instance === 'shared')?.pid;
    return {
      name,
      type: spec.type,
      ...(spec.description !== undefined && { description: spec.description }),
      origin: apiOrigin(origin),
      ...(spec.url !== undefined && { url: displayUrl(spec.url) }),
      ...(declared.dialUrl !== undefined && { dialUrl: declared.dialUrl }),
      ...(portUrl !== undefined && { portUrl }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
      toolCount: reconciler.segment(name)?.tools.length,
      status: {
        ...(asker !== undefined && gateway.isConnectedFor(name, asker)
          ? connectedStatus(status, spec.type)
          : status),
        ...(portCondition !== undefined && { conditions: [...status.conditions, portCondition] }),
        ...(pid !== undefined && { pid }),
      },
    };
  };

  const allServers = (asker?: Asker): ApiServer[] =>
    [...reconciler.statuses().keys()]
      .filter((name) => name !== NATIVE_SERVER)
      .flatMap((name) => server(name, asker) ?? []);

  deps.metrics.readUnapproved(() => unapprovedTools(reconciler.pins, reconciler.statuses().keys()));
  return {
    origin: deps.origin,
    closing: deps.closing,
    readiness: deps.readiness,
    accesses: deps.accesses,
    refusals: {
      key: (reason) => deps.happenings.keyRefused(reason),
      policy: (what) => deps.happenings.policyDenied(what),
    },
    info: deps.info,
    metrics: () => deps.metrics.render(),
    schema: (kind) => kindJsonSchemas()[kind],
    ...createSight(reconciler),
    servers: allServers,
    server,
    sessionKeyOf: (id, principal) => gateway.sessionKeyOf(id, principal),
    sources: deps.sources,
    results: createResultsApi(gateway.results),
    tools: (filter, access) => tools(deps, filter, access),
    toolsets: ({ principal }) =>
      shownToolsets({ ...views, mcpUrl: () => deps.info().mcpUrl }).filter(({ name }) =>
        isAdmitted(accessTo(store, name), principal),
      ),
    families: (access) =>
      shownFamilies(
        reconciler.snapshots.current(),
        gateway.view({ kind: 'all' }, deps.accesses.catalogOf(access)),
      ),
    pins: () =>
      [...reconciler.statuses().keys()]
        .filter((name) => name !== NATIVE_SERVER)
        .flatMap((name) => serverPins(reconciler.pins, name, reconciler.segment(name)?.tools.length) ?? []),
    async pinsOf(server, { rules }) {
      // A tool that is not listed may destroy something, for all that is known.
      const mayUse = (tool: string): boolean =>
        decideTool(rules, { server, tool, isDestructive: () => true }).effect === 'allow';
      return (await shownPins(reconciler.pins, server)).filter(({ tool }) => mayUse(tool));
    },
    problems: () =>
      [
        ...store.problems(),
        ...servers.problems(),
        ...ports.problems(),
        ...deps.accesses.problems(),
        ...deps.proxy.problems(),
        ...deps.storeProblems(),
        ...familyProblems(reconciler.snapshots, store),
        ...toolsetProblems(views),
      ]
        .toSorted(compareProblems)
        .map(({ field, ...problem }) => ({ ...problem, ...(field !== undefined && { field }) })),
    logs: (name, tail) => logs.tail(name, tail).map(apiLogLine),
    onLog: (name, listener) => logs.follow(name, (line) => listener(apiLogLine(line))),
    ...createEventsApi(events, deps.history),
    discover: (name) => reconciler.discover(name),
    backup: deps.backup,
    explain: createExplainer(deps),
    plan: createPlanner({
      ...deps,
      servers: { ...servers, list: () => servers.list().filter(isDeclared) },
      snapshot: () => reconciler.snapshots.current(),
      listensAt: ports.listensAt,
      // Tutti's own tools are there whatever is declared.
      preview: (desired) =>
        reconciler.preview([...desired, ...servers.list().filter((one) => !isDeclared(one))]),
      settled: () => reconciler.settled(),
      apiServers: () => allServers(),
    }),
    control: deps.control,
    coordination: deps.coordination,
  };
}

function isDeclared({ resource }: Launchable): boolean {
  return resource.name !== NATIVE_SERVER;
}

function tools(
  { reconciler, gateway, accesses }: Pick<ApiBindingDeps, 'reconciler' | 'gateway' | 'accesses'>,
  { server, set, ...query }: ToolQuery,
  access: Access,
): ToolPage {
  const pinState: PinStateOf = (name, tool) =>
    reconciler.pins.of(name)?.judgement?.deviating.get(tool)?.state;
  if (server !== undefined) {
    const segment = reconciler.segment(server);
    const group = segment && toolsOfServer(segment, reconciler.snapshots.current(), pinState);
    return toolsPage(group === undefined ? [] : [usable(group, access)], query);
  }
  const place: Place = set === undefined ? { kind: 'all' } : { kind: 'set', name: set };
  // Tutti's own tools are found by their names only: lists of the catalog are of what is declared.
  const view = gateway.view(place, query.name === undefined ? accesses.catalogOf(access) : access);
  return toolsPage(view === undefined ? [] : toolsOfView(view, pinState), query);
}

function usable(group: ToolGroup, { rules }: Access): ToolGroup {
  const { key: server } = group;
  const mayUse = ({ name, bytes }: ToolGroup['tools'][number]): boolean =>
    decideTool(rules, { server, tool: name, isDestructive: () => isDestructive(bytes) }).effect === 'allow';
  return { ...group, tools: group.tools.filter(mayUse) };
}

function apiLogLine({ timeMs, server, stream, text }: LogLine): ApiLogLine {
  return { time: new Date(timeMs).toISOString(), server, stream, text };
}
