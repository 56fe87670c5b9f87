// Why one tool is to be seen and called at a view, or not: a pure function of what is known. What decides comes first.

import {
  isToolAllowed,
  matchesGlob,
  type ApiExplainedTool,
  type ApiReason,
  type ApiServerStatus,
  type McpServerSpec,
  type ToolsetSpec,
} from '@tutti/schemas';
import { toolsetVerdict } from '../../gateway/routing/toolset-selection.ts';
import type { Decision } from '../../policy/rule.ts';
import { plainName } from '../../snapshot/names.ts';
import type { FamilyTool } from '../../snapshot/types.ts';
import { credentialOf } from './credential.ts';
import type { KnownServer, KnownTool } from './known-tools.ts';

export interface ToolFacts {
  readonly known: KnownTool;
  readonly server: KnownServer;
  readonly spec: McpServerSpec;
  /** Where the server is declared, for people. */
  readonly place: string;
  readonly status: ApiServerStatus;
  /** Whether the server's tools are in the catalog now. */
  readonly isListed: boolean;
  /** The name of the tool at the view; undefined: it is not shown there. */
  readonly viewName: string | undefined;
  readonly toolset:
    | { readonly name: string; readonly spec: ToolsetSpec; readonly admits: boolean }
    | undefined;
  /** What the rules say of the tool to `as`. */
  readonly decision: Decision;
  readonly as: string;
  /** Why the tool is not the approved one, and whether it is held back for that; undefined: it is, or nobody asks. */
  readonly deviation: { readonly state: 'changed' | 'new'; readonly isHeld: boolean } | undefined;
  /** Why what the server says of the tool can't be used. */
  readonly fault: string | undefined;
  /** Whether clients of the view search for tools and do not get the list of them. */
  readonly isSearched: boolean;
  readonly calls: ApiExplainedTool['calls'];
}

export function explainTool(facts: ToolFacts): ApiExplainedTool {
  const { known, status, spec, viewName, decision } = facts;
  const hiding = hidingReasons(facts);
  const failing = failingReasons(facts);
  // A server that fails is the reason that it has shown nothing.
  const isSilent = ({ cause }: ApiReason): boolean => cause === 'discovery';
  const reasons = [
    ...hiding.filter((one) => !isSilent(one)),
    ...failing,
    ...(failing.length === 0 ? hiding.filter(isSilent) : []),
  ];
  const { state, lastError, nextRetryAfter } = status;
  return {
    server: known.server,
    tool: known.tool,
    ...(viewName !== undefined && { name: viewName }),
    verdict:
      hiding.length > 0 || viewName === undefined ? 'hidden' : failing.length > 0 ? 'failing' : 'callable',
    reasons,
    notes: notesOf(facts),
    ...(decision.effect === 'allow' && decision.rule !== undefined && { rule: decision.rule }),
    state,
    ...(lastError !== undefined && { lastError }),
    ...(nextRetryAfter !== undefined && { nextRetryAfter }),
    credential: credentialOf(spec),
    ...(facts.calls !== undefined && { calls: facts.calls }),
  };
}

function hidingReasons(facts: ToolFacts): ApiReason[] {
  const { known, spec, place, decision, as, toolset, status, isListed, server } = facts;
  const { name } = server;
  const reasons: ApiReason[] = [];
  if (decision.effect === 'deny')
    reasons.push({
      cause: 'policy',
      message: `${decision.rule ?? 'a rule'} denies it to ${as}`,
      next: 'Ask as somebody else with --as, or change the policies of the Gateway.',
    });
  if (!isToolAllowed(spec.toolFilter, known.tool)) reasons.push(filterReason(facts));
  if (toolset !== undefined) reasons.push(...toolsetReasons(toolset, facts));
  if (facts.deviation?.isHeld === true) reasons.push(pinReason(facts, facts.deviation.state));
  if (facts.fault !== undefined)
    reasons.push({
      cause: 'declaration',
      message: facts.fault,
      next: `Have it mended in ${name}: what it says of the tool breaks the protocol.`,
    });
  if (!isListed && spec.suspended)
    reasons.push({
      cause: 'suspended',
      message: status.reason ?? `${name} is suspended`,
      next: `tutti resume ${name}`,
    });
  else if (!isListed && !spec.autoStart)
    reasons.push({
      cause: 'stopped',
      message: status.reason ?? `${name} does not start by itself (\`autoStart: false\` in ${place})`,
      next: `tutti restart ${name}`,
    });
  else if (known.bytes === undefined)
    reasons.push({
      cause: 'discovery',
      message: `${name} has not shown its tools yet`,
      next: `Have it looked at: tutti tools --server ${name} --discover`,
    });
  return reasons;
}

function pinReason({ server: { name } }: ToolFacts, state: 'changed' | 'new'): ApiReason {
  const message =
    state === 'new'
      ? 'it is held back until somebody approves it'
      : 'it is held back: what it says of itself is not what was approved';
  return { cause: 'pin', message, next: `Look at it, and approve it: tutti pins ${name}` };
}

function filterReason({ known, spec, place }: ToolFacts): ApiReason {
  const { mode = 'deny', patterns = [] } = spec.toolFilter ?? {};
  const pattern = patterns.find((one) => matchesGlob(one, known.tool));
  const message =
    mode === 'deny'
      ? `the toolFilter of ${known.server} denies it: \`${pattern ?? ''}\``
      : `the toolFilter of ${known.server} allows other tools only: ${patterns.map((one) => `\`${one}\``).join(', ')}`;
  return { cause: 'filter', message, next: `Change \`toolFilter\` in ${place}.` };
}

function toolsetReasons(
  { name, spec, admits }: NonNullable<ToolFacts['toolset']>,
  { known, as }: ToolFacts,
): ApiReason[] {
  const tell = (message: string, next: string): ApiReason[] => [{ cause: 'toolset', message, next }];
  if (!admits)
    return tell(
      `the toolset ${name} does not let ${as} in`,
      `Change \`access\` of the toolset, or ask as another.`,
    );
  const verdict = toolsetVerdict(spec, known.server, known.tool);
  if (verdict.kind === 'shown') return [];
  switch (verdict.by) {
    case 'servers':
      return tell(
        `the toolset ${name} shows nothing of ${known.server}: it takes ${spec.servers.map((one) => `\`${one}\``).join(', ')}`,
        'Add the server to `servers` of the toolset.',
      );
    case 'exclude':
      return tell(
        `the toolset ${name} leaves it out: \`exclude[${verdict.rule}]\` fits`,
        `Change \`exclude[${verdict.rule}]\` of the toolset.`,
      );
    case 'tools':
      return tell(`no rule of the toolset ${name} shows it`, 'Add it to `tools` of the toolset.');
  }
}

const SERVING: ReadonlySet<string> = new Set(['Running', 'Connected']);

function failingReasons({ status, spec, server, isListed }: ToolFacts): ApiReason[] {
  const { state, reason, lastError, nextRetryAfter } = status;
  const { name } = server;
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  if (SERVING.has(state)) {
    if (ready?.reason === 'CircuitOpen')
      return [
        {
          cause: 'circuit',
          message: ready.message ?? reason ?? `${name} leaves calls unanswered`,
          next: `See what it does: tutti logs ${name}. Start it anew: tutti restart ${name}`,
        },
      ];
    if (ready?.status === 'False')
      return [{ cause: 'server', message: ready.message ?? '', next: `See its log: tutti logs ${name}` }];
    return [];
  }
  // What is not meant to run is hidden, and one that starts when it is needed is well.
  if ((!isListed && (spec.suspended || !spec.autoStart)) || ready?.reason === 'OnDemand') return [];
  const next = nextRetryAfter === undefined ? '' : `; next attempt at ${nextRetryAfter}`;
  const why = lastError ?? reason;
  const told = why === undefined ? '' : `: ${why}`;
  return [
    {
      cause: 'server',
      message: `${name} is ${state}${told}${told.includes('next attempt') ? '' : next}`,
      next: adviceFor(state, name),
    },
  ];
}

function adviceFor(state: string, name: string): string {
  switch (state) {
    case 'Starting':
    case 'Connecting':
      return 'Wait a moment and ask again.';
    case 'Auth Required':
      return `Give it credentials in \`headers\` of its declaration.`;
    case 'Blocked':
      return `Mend its declaration, or set what is missing before Tutti starts.`;
    default:
      return `See its log: tutti logs ${name}. Try it now: tutti restart ${name}`;
  }
}

function notesOf(facts: ToolFacts): ApiReason[] {
  const { known, server, spec, viewName, isSearched, status } = facts;
  const notes: ApiReason[] = [...familyNotes(facts)];
  const plain = plainName(server.prefix, known.tool);
  const { item } = known;
  if (item !== undefined && item.exposedName !== plain && sharedTool(facts) === undefined)
    notes.push({
      cause: 'name',
      message: `its name would be ${plain}, which is taken or too long, so it is ${item.exposedName} in the catalog`,
      next: `Give ${server.name} a \`toolPrefix\` of its own.`,
    });
  if (facts.deviation?.isHeld === false)
    notes.push({
      cause: 'pin',
      message: 'what it says of itself is not what was approved',
      next: `Look at it: tutti pins ${server.name}`,
    });
  if (spec.isolation !== 'shared')
    notes.push({
      cause: 'isolation',
      message: `every ${spec.isolation} has a process or a connection of its own (\`isolation: ${spec.isolation}\`)`,
    });
  if (status.conditions.some(({ type, reason }) => type === 'Ready' && reason === 'OnDemand'))
    notes.push({ cause: 'stopped', message: `${server.name} does not run now; the first call starts it` });
  if (isSearched && viewName !== undefined)
    notes.push({
      cause: 'search',
      message: 'clients get search tools here and not the whole list; they find it by searching',
      next: 'Declare `contextMode: direct` in the Gateway, or `mode: direct` in the toolset, to list all.',
    });
  return notes;
}

function sharedTool({ known, server }: ToolFacts): FamilyTool | undefined {
  const shared = server.family?.byTool.get(known.tool);
  return shared?.members.has(server.name) === true ? shared : undefined;
}

function familyNotes(facts: ToolFacts): ApiReason[] {
  const { server, known } = facts;
  const { family, name } = server;
  if (family === undefined) return [];
  const shared = sharedTool(facts);
  if (shared !== undefined)
    return [
      {
        cause: 'family',
        message: `it is shown once for the family ${family.name}, as ${shared.exposedName}; ${family.instanceArg}: "${name}" means this server`,
      },
    ];
  return family.problems
    .filter(({ servers, message }) => servers.includes(name) && isAbout(message, known.tool))
    .map(({ message }) => ({
      cause: 'family',
      message,
      next: 'Make the members equal, or take one out of the family.',
    }));
}

/** Problems of a family are about one tool, or about all of them. */
function isAbout(message: string, tool: string): boolean {
  return message.includes(`the tool ${tool} `) || message.includes('all its tools');
}
