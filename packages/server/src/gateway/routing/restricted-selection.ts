// The part of a selection that somebody may use. What is not restricted is passed on as it is. Pure.

import { decideTool, type Rule, type Scope, scopeOf } from '../../policy/rule.ts';
import { narrowedTool } from '../../snapshot/family-tool.ts';
import { isDestructive } from '../../snapshot/tool-hints.ts';
import type { ToolItem } from '../../snapshot/types.ts';
import type { Selection } from './selection.ts';

/** `rules` are those about whoever looks. */
export function restricted(selection: Selection, rules: readonly Rule[]): Selection {
  if (rules.length === 0) return selection;
  const scopes = new Map<string, Scope>();
  const scope = (server: string): Scope => {
    let found = scopes.get(server);
    if (found === undefined) scopes.set(server, (found = scopeOf(rules, server)));
    return found;
  };
  const isToolAllowed = (server: string, tool: ToolItem): boolean => {
    const { tools } = scope(server);
    return tools === 'some' ? isAllowed(rules, server, tool.name, tool) : tools === 'all';
  };
  return {
    ...selection,
    showsServer: (server) => selection.showsServer(server) && scope(server).tools !== 'none',
    ofServer(segment, family) {
      const shown = selection.ofServer(segment, family);
      const { tools, rest } = scope(segment.server);
      if (tools === 'all') return shown;
      return {
        tools: shown.tools.filter((tool) => 'members' in tool || isToolAllowed(segment.server, tool)),
        prompts: rest ? shown.prompts : [],
        resources: rest ? shown.resources : [],
        resourceTemplates: rest ? shown.resourceTemplates : [],
      };
    },
    ofFamily(family) {
      const shown = selection.ofFamily(family);
      if (family.servers.every((server) => scope(server).tools === 'all')) return shown;
      const argument = { name: family.instanceArg, fanOut: family.fanOut };
      return shown.flatMap((tool) => {
        const mayUse = (server: string): boolean => {
          const own = tool.members.get(server);
          return own !== undefined && isToolAllowed(server, own);
        };
        return narrowedTool(tool, argument, mayUse) ?? [];
      });
    },
    shownAs(server, tool, exposedName) {
      const { tools } = scope(server);
      const mayUse = tools === 'some' ? isAllowed(rules, server, tool, undefined) : tools === 'all';
      return mayUse ? selection.shownAs(server, tool, exposedName) : undefined;
    },
    allowsResource: (server, uri) => scope(server).rest && selection.allowsResource(server, uri),
  };
}

/** Something of an earlier call: of a tool, of a prompt or resource, or of something that nobody remembers. */
export interface Earlier {
  readonly server: string;
  /** Undefined: it is not known any more which tool it was. */
  readonly tool: string | undefined;
  readonly item: () => ToolItem | undefined;
}

/** Whether somebody may have what an earlier call came to. `rules` are those about them as they are now. */
export function mayUseStill(rules: readonly Rule[], { server, tool, item }: Earlier): boolean {
  if (rules.length === 0) return true;
  if (tool !== undefined) return isAllowed(rules, server, tool, item());
  const { tools, rest } = scopeOf(rules, server);
  return tools !== 'none' || rest;
}

/** `item` is undefined for a tool that its server did not list. */
export function isAllowed(
  rules: readonly Rule[],
  server: string,
  tool: string,
  item: ToolItem | undefined,
): boolean {
  const mayDestroy = (): boolean => item === undefined || isDestructive(item.bytes);
  return decideTool(rules, { server, tool, isDestructive: mayDestroy }).effect === 'allow';
}
