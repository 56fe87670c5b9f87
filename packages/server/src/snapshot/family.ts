// A family: equal servers whose common tools are shown once. A tool is the family's as soon as one member has it; it falls
// back to the servers' own names where members disagree, and so does every tool where they disagree on the argument.
// Pure: the outcome depends on the members and on the names allocated before, not on the order in which they came.

import { familyTool, obstacle } from './family-tool.ts';
import { plainName } from './names.ts';
import type { Family, FamilyMembership, FamilyProblem, FamilyTool, Segment, ToolItem } from './types.ts';

export interface FamilyMember {
  readonly server: string;
  readonly membership: FamilyMembership;
  /** Undefined: it shows nothing at the moment. */
  readonly segment: Segment | undefined;
}

/** Exposed names by the tools' own names. */
export type AllocateNames = (prefix: string, tools: readonly string[]) => ReadonlyMap<string, string>;

/** `members` are sorted by server. */
export function buildFamily(
  name: string,
  members: readonly FamilyMember[],
  allocate: AllocateNames,
): Family | undefined {
  const [first] = members;
  if (first === undefined) return undefined;
  const { prefix, instanceArg } = first.membership;
  const fanOut = members.every(({ membership }) => membership.fanOut);
  const family = { name, instanceArg, fanOut, servers: members.map(({ server }) => server) };
  const divergence = divergentArgument(name, members);
  if (divergence !== undefined) return { ...family, tools: [], byTool: new Map(), problems: [divergence] };

  const problems: FamilyProblem[] = [];
  if (!fanOut && members.some(({ membership }) => membership.fanOut))
    problems.push(dividedFanOut(name, members));
  const groups = new Map<string, ReadonlyMap<string, ToolItem>>();
  for (const [tool, holders] of toolsOf(members)) {
    const reason = obstacle(holders, instanceArg);
    if (reason === undefined) groups.set(tool, holders);
    else
      problems.push({
        servers: [...holders.keys()],
        message: `family ${name}: the tool ${tool} keeps the names of its servers: ${reason}`,
      });
  }
  const names = allocate(prefix, [...groups.keys()]);
  const tools: FamilyTool[] = [];
  for (const [tool, holders] of groups) {
    const exposedName = names.get(tool) ?? plainName(prefix, tool);
    const held = members.filter(({ segment }) => segment?.heldTools.has(tool) === true);
    const heldMembers = held.map(({ server }) => server);
    const made = familyTool(holders, exposedName, { name: instanceArg, fanOut }, heldMembers);
    if (made !== undefined) tools.push(made);
    if (exposedName !== plainName(prefix, tool))
      problems.push({
        servers: [...holders.keys()],
        message: `family ${name}: the tool ${tool} is exposed as ${exposedName}: its plain name is taken or too long`,
      });
  }
  return { ...family, tools, byTool: new Map(tools.map((tool) => [tool.name, tool])), problems };
}

/** Who has which tool, sorted by tool. */
function toolsOf(members: readonly FamilyMember[]): ReadonlyMap<string, ReadonlyMap<string, ToolItem>> {
  const found = new Map<string, Map<string, ToolItem>>();
  for (const { server, segment } of members) {
    for (const tool of segment?.tools ?? []) {
      const holders = found.get(tool.name) ?? new Map<string, ToolItem>();
      found.set(tool.name, holders.set(server, tool));
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function divergentArgument(name: string, members: readonly FamilyMember[]): FamilyProblem | undefined {
  const holders = new Map<string, string[]>();
  for (const { server, membership } of members)
    holders.set(membership.instanceArg, [...(holders.get(membership.instanceArg) ?? []), server]);
  if (holders.size === 1) return undefined;
  const sides = [...holders].map(([argument, servers]) => `\`${argument}\` on ${servers.join(', ')}`);
  return {
    servers: members.map(({ server }) => server),
    message: `family ${name}: \`instanceArg\` is ${sides.join(', but ')}; all its tools keep the names of their servers until it is the same everywhere`,
  };
}

function dividedFanOut(name: string, members: readonly FamilyMember[]): FamilyProblem {
  const without = members.filter(({ membership }) => !membership.fanOut).map(({ server }) => server);
  return {
    servers: without,
    message: `family ${name}: \`fanOut\` is not set on ${without.join(', ')}, so no call goes to all; set it on every member`,
  };
}
