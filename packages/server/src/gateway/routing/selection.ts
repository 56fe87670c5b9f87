// Which part of the catalog a view of many servers shows. Pure.

import type { ContextMode } from '../context/mode.ts';
import type { Family, FamilyTool, Segment, ToolItem } from '../../snapshot/types.ts';
import { type Group, listsOf } from './view.ts';

export interface Selection {
  /** Whether every server is part of it, even one that shows nothing yet. */
  readonly isWhole: boolean;
  /** How clients are to see it; undefined: as all views. */
  readonly mode: ContextMode | undefined;
  /** Whether anything of the server may be shown. */
  showsServer(server: string): boolean;
  /** What is shown of the server beside the tools that its family shows. */
  ofServer(segment: Segment, family: Family | undefined): Omit<Group, 'key' | 'family'>;
  ofFamily(family: Family): readonly FamilyTool[];
  /** The name of a server's tool in the view, if it would be in it; `exposedName` is that of the whole catalog. */
  readonly shownAs: (server: string, tool: string, exposedName: string) => string | undefined;
  /** Whether a resource may be read, listed or not. `uri` is the server's own. */
  allowsResource(server: string, uri: string): boolean;
}

/** All of it, under the names that are unique among all servers. */
export const WHOLE_CATALOG: Selection = {
  isWhole: true,
  mode: undefined,
  showsServer: () => true,
  ofServer: (segment, family) => ({
    ...listsOf(segment),
    tools:
      family === undefined || family.byTool.size === 0
        ? segment.tools
        : segment.tools.filter((tool) => !isInFamily(family, segment.server, tool)),
  }),
  ofFamily: ({ tools }) => tools,
  shownAs: (_server, _tool, exposedName) => exposedName,
  allowsResource: () => true,
};

/** Whether the family shows the tool for the server. */
export function isInFamily(family: Family | undefined, server: string, { name }: ToolItem): boolean {
  return family?.byTool.get(name)?.members.has(server) === true;
}
