// What a toolset shows. It chooses by whose tool it is and by the server's own name for it, never by an exposed name, so
// that no rename lets anything in or out. Pure.

import { matchesGlob, type ToolsetSpec } from '@tutti/schemas';
import { narrowedTool } from '../../snapshot/family-tool.ts';
import { renamedItem } from '../../snapshot/segment.ts';
import { isInFamily, type Selection } from './selection.ts';

/** What a toolset says of one tool, and which of its rules does. */
export type ToolsetVerdict =
  | {
      readonly kind: 'shown';
      /** The name that the toolset gives it; undefined: as it is in the whole catalog. */
      readonly as: string | undefined;
    }
  | { readonly kind: 'hidden'; readonly by: 'servers' | 'exclude' | 'tools'; readonly rule: number };

export function toolsetSelection(toolset: ToolsetSpec): Selection {
  const isServer = (server: string): boolean => matchesAny(toolset.servers, server);
  const choose = (server: string, tool: string) => chooser(toolset, server)(tool);
  const allowsResource = (server: string, uri: string): boolean =>
    isServer(server) && matchesAny(toolset.resources, uri);

  return {
    isWhole: false,
    mode: toolset.mode,
    showsServer: isServer,
    ofServer(segment, family) {
      const { server } = segment;
      const chooseOwn = chooser(toolset, server);
      return {
        tools: segment.tools.flatMap((tool) => {
          const choice = chooseOwn(tool.name);
          if (choice === undefined) return [];
          // A name of its own takes a tool out of its family.
          if (choice.as !== undefined) return renamedItem(tool, nameFrom(choice.as, server, tool.name));
          return isInFamily(family, server, tool) ? [] : tool;
        }),
        prompts: segment.prompts.filter(({ name }) => isServer(server) && matchesAny(toolset.prompts, name)),
        resources: segment.resources.filter(({ uri }) => allowsResource(server, uri)),
        resourceTemplates: segment.resourceTemplates.filter(({ uriTemplate }) =>
          allowsResource(server, uriTemplate),
        ),
      };
    },
    ofFamily: ({ instanceArg, fanOut, tools }) =>
      tools.flatMap((tool) => {
        const isShown = (server: string): boolean => {
          const choice = choose(server, tool.name);
          return choice !== undefined && choice.as === undefined;
        };
        return narrowedTool(tool, { name: instanceArg, fanOut }, isShown) ?? [];
      }),
    shownAs(server, tool, exposedName) {
      const choice = choose(server, tool);
      if (choice?.as === undefined) return choice && exposedName;
      return nameFrom(choice.as, server, tool);
    },
    allowsResource,
  };
}

/** The first rule that fits decides the name. */
export function toolsetVerdict(toolset: ToolsetSpec, server: string, tool: string): ToolsetVerdict {
  if (!matchesAny(toolset.servers, server)) return { kind: 'hidden', by: 'servers', rule: -1 };
  const fits = (rule: { readonly server: string; readonly tool: string }): boolean =>
    matchesGlob(rule.server, server) && matchesGlob(rule.tool, tool);
  const excluded = toolset.exclude.findIndex(fits);
  if (excluded !== -1) return { kind: 'hidden', by: 'exclude', rule: excluded };
  const rule = toolset.tools.find(fits);
  return rule === undefined ? { kind: 'hidden', by: 'tools', rule: -1 } : { kind: 'shown', as: rule.as };
}

/** For all tools of one server: only its own rules are looked at for each of them. */
function chooser({ servers, exclude, tools }: ToolsetSpec, server: string) {
  if (!matchesAny(servers, server)) return () => undefined;
  const isOwn = (rule: { readonly server: string }): boolean => matchesGlob(rule.server, server);
  const [excluded, shown] = [exclude.filter(isOwn), tools.filter(isOwn)];
  return (tool: string): { readonly as: string | undefined } | undefined => {
    if (excluded.some((rule) => matchesGlob(rule.tool, tool))) return undefined;
    const rule = shown.find((one) => matchesGlob(one.tool, tool));
    return rule && { as: rule.as };
  };
}

function nameFrom(pattern: string, server: string, tool: string): string {
  return pattern
    .replaceAll('{server}', () => server)
    .replaceAll('{tool}', () => tool)
    .replaceAll(/[^A-Za-z0-9_.-]/gu, '_');
}

function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text));
}
