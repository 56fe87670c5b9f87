// Explains tools of a running instance: finds what may be meant, gathers what is known of it, and has it judged.

import type { ApiExplanation } from '@tutti/schemas';
import type { ExplainQuery } from '../../api/deps.ts';
import { chooseMode } from '../../gateway/context/mode.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { View } from '../../gateway/routing/view.ts';
import type { Place } from '../../gateway/routing/views.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Access, isAdmitted } from '../../policy/access.ts';
import { decideTool } from '../../policy/rule.ts';
import type { McpServerReconciler } from '../../reconcile/mcp-server/reconciler.ts';
import { holdsBack } from '../../reconcile/mcp-server/pins/judge.ts';
import { placeOf } from '../../resources/origin.ts';
import type { ResourceStore } from '../../resources/store.ts';
import { createNameBook } from '../../snapshot/names.ts';
import { buildSegment } from '../../snapshot/segment.ts';
import type { ServerEntry } from '../../snapshot/types.ts';
import { isDestructive } from '../../snapshot/tool-hints.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { accessTo } from '../bindings/toolsets.ts';
import type { LaunchableServers } from '../desired-servers.ts';
import { explainTool, type ToolFacts } from './explain-tool.ts';
import { isCalled, type KnownServer, type KnownTool, promisedTool, toolsOf } from './known-tools.ts';
import { nearestNames } from './nearest-names.ts';

/** Tools of one name that are explained; the rest has the same name on further servers. */
const MAX_EXPLAINED = 20;

export interface ExplainerDeps {
  readonly store: Pick<ResourceStore, 'toolsets' | 'settings'>;
  readonly servers: Pick<LaunchableServers, 'list' | 'get'>;
  readonly reconciler: Pick<McpServerReconciler, 'segment' | 'observed' | 'status' | 'snapshots'>;
  readonly gateway: Pick<Gateway, 'view'>;
  readonly metrics: Pick<Metrics, 'toolCalls'>;
}

export type Explainer = (query: ExplainQuery, access: Access) => Promise<ApiExplanation>;

interface Candidate {
  readonly known: KnownTool;
  readonly server: KnownServer;
}

export function createExplainer(deps: ExplainerDeps): Explainer {
  const { store, servers, reconciler, gateway } = deps;

  function knownServers(): KnownServer[] {
    const { families } = reconciler.snapshots.current();
    return servers.list().map(({ resource: { name }, prefix, family }) => ({
      name,
      prefix,
      segment: reconciler.segment(name),
      observed: reconciler.observed(name),
      family: family && families.get(family.name),
    }));
  }

  return async ({ tool: asked, set }, access) => {
    const place: Place = set === undefined ? { kind: 'all' } : { kind: 'set', name: set };
    const toolset = set === undefined ? undefined : requireToolset(store, set, access);
    const view = gateway.view(place, access);
    const found = candidates(asked, knownServers(), view);
    const known = await Promise.all(
      found.slice(0, MAX_EXPLAINED).map(async (candidate) => {
        const facts = factsOf(candidate, view, toolset, access);
        return (
          facts &&
          explainTool({ ...facts, calls: await deps.metrics.toolCalls(facts.known.server, facts.known.tool) })
        );
      }),
    );
    const items = known.filter((item) => item !== undefined);
    // What is denied is left out for most who ask, to whom it must look like what is not there.
    const isDenied = items.every(({ reasons }) => reasons.some(({ cause }) => cause === 'policy'));
    return {
      asked,
      as: access.principal.id,
      view: set === undefined ? '/mcp' : `/mcp/sets/${set}`,
      items,
      nearest: isDenied ? nearestNames(asked, namesOf(view)) : [],
    };
  };

  function factsOf(
    { known, server }: Candidate,
    view: View | undefined,
    toolset: ToolFacts['toolset'],
    access: Access,
  ): Omit<ToolFacts, 'calls'> | undefined {
    const declared = servers.get(server.name);
    const status = reconciler.status(server.name);
    if (declared === undefined || status === undefined) return undefined;
    const { spec, origin } = declared.resource;
    const { bytes } = known;
    const deviation = server.observed?.catalogued?.judgement.deviating.get(known.tool);
    return {
      known,
      server,
      spec,
      place: placeOf(origin),
      status,
      isListed: reconciler.snapshots.current().servers.get(server.name)?.segment !== undefined,
      viewName: view && nameAt(view, known, server),
      toolset,
      decision: decideTool(access.rules, {
        server: server.name,
        tool: known.tool,
        isDestructive: () => bytes === undefined || isDestructive(bytes),
      }),
      as: access.principal.id,
      deviation: deviation && { state: deviation.state, isHeld: holdsBack(declared.pins) },
      fault: faultOf(known, server, spec.type),
      isSearched: view !== undefined && isSearched(view),
    };
  }

  function isSearched({ mode, toolBytes }: View): boolean {
    const declared = mode ?? store.settings().contextMode;
    return chooseMode({ asked: undefined, declared, toolBytes, clientInfo: undefined }) === 'search';
  }
}

/** What the view calls by that name comes first, then whatever else may be meant. */
function candidates(asked: string, known: readonly KnownServer[], view: View | undefined): Candidate[] {
  const target = view?.tool(asked);
  const shown = (server: KnownServer, { tool }: KnownTool): boolean => {
    if (target === undefined) return false;
    if (target.kind === 'server') return target.server === server.name && target.item?.name === tool;
    return target.item.name === tool && target.item.members.has(server.name);
  };
  const first: Candidate[] = [];
  const others: Candidate[] = [];
  for (const server of known)
    for (const tool of toolsOf(server)) {
      if (shown(server, tool)) first.push({ known: tool, server });
      else if (isCalled(asked, tool, server)) others.push({ known: tool, server });
    }
  if (first.length + others.length > 0) return [...first, ...others];
  return known.flatMap((server) => {
    const promised = promisedTool(asked, server);
    return promised === undefined ? [] : [{ known: promised, server }];
  });
}

/** Under which name the view shows the tool, by itself or with its family. */
function nameAt(view: View, { tool }: KnownTool, { name }: KnownServer): string | undefined {
  for (const { key, family, tools } of view.groups()) {
    if (family === undefined ? key !== name : !family.servers.includes(name)) continue;
    for (const item of tools)
      if (item.name === tool && (!('members' in item) || item.members.has(name))) return item.exposedName;
  }
  return undefined;
}

function* namesOf(view: View | undefined): Iterable<string> {
  for (const { tools } of view?.groups() ?? []) for (const { exposedName } of tools) yield exposedName;
}

/** Why a tool that the server lists and that its filter allows is in no list. */
function faultOf(
  { tool, item, bytes }: KnownTool,
  { name, prefix, observed }: KnownServer,
  transport: ServerEntry['transport'],
): string | undefined {
  const found = observed?.discovery?.found;
  if (item !== undefined || bytes === undefined || found === undefined) return undefined;
  const { notes } = buildSegment(
    {
      server: name,
      transport,
      prefix,
      found: { ...found, tools: [bytes] },
      cached: false,
      isAllowed: () => true,
    },
    createNameBook(),
  );
  return notes.find((note) => note.startsWith(`tool ${tool} is left out`));
}

function requireToolset(
  store: Pick<ResourceStore, 'toolsets'>,
  name: string,
  { principal }: Access,
): NonNullable<ToolFacts['toolset']> {
  const found = store.toolsets().find(({ resource }) => resource.name === name);
  if (found === undefined) throw new AppError('not_found', `There is no toolset "${name}".`);
  return { name, spec: found.resource.spec, admits: isAdmitted(accessTo(store, name), principal) };
}
