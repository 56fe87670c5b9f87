// What one endpoint shows of the snapshot, and which server a name on it belongs to.

import { isToolAllowed } from '@tutti/schemas';
import type { ContextMode } from '../context/mode.ts';
import { heldToolText } from './held-tools.ts';
import { type Rule, scopeOf } from '../../policy/rule.ts';
import type {
  Family,
  FamilyTool,
  PromptItem,
  ResourceItem,
  ResourceTemplateItem,
  ServerEntry,
  ToolItem,
} from '../../snapshot/types.ts';
import { isAllowed } from './restricted-selection.ts';

export type ToolTarget =
  /** Without an item the server may have a tool of that name that was not listed yet. */
  | { readonly kind: 'server'; readonly server: string; readonly item: ToolItem | undefined }
  /** The argument of the call says which member is meant. */
  | FamilyTarget;

export interface FamilyTarget {
  readonly kind: 'family';
  readonly family: Family;
  /** With the members that the view shows. */
  readonly item: FamilyTool;
}

export interface PromptTarget {
  readonly server: string;
  readonly item: PromptItem | undefined;
}

export interface ResourceTarget {
  readonly server: string;
  /** The uri as the server knows it. */
  readonly uri: string;
}

/** Lists that stand together in the lists of a view: what one server, or one family, adds to them. */
export interface Group {
  /** Groups come in the order of their keys: families first. */
  readonly key: string;
  /** Undefined for a server. */
  readonly family: Family | undefined;
  readonly tools: readonly (ToolItem | FamilyTool)[];
  readonly prompts: readonly PromptItem[];
  readonly resources: readonly ResourceItem[];
  readonly resourceTemplates: readonly ResourceTemplateItem[];
}

export interface View {
  /** The one server shown under its own names; undefined in a view of many. */
  readonly server: string | undefined;
  /** How clients are to see it; undefined: as all views. */
  readonly mode: ContextMode | undefined;
  /** Bytes of the list of its servers' tools; those of Tutti's own don't count. */
  readonly toolBytes: number;
  tool(name: string): ToolTarget | undefined;
  /** Why there is no such tool although the server has it; undefined: it is not known. */
  withheld(name: string): string | undefined;
  prompt(name: string): PromptTarget | undefined;
  resource(uri: string): ResourceTarget | undefined;
  /** The servers that belong to it. */
  entries(): Iterable<ServerEntry>;
  groups(): Iterable<Group>;
}

/** One server under its own names. Names it did not list are passed on: the server knows best, unless its filter blocks
 *  them or a rule does. `rules` are those about whoever looks. */
export function createServerView(
  server: string,
  entry: () => ServerEntry | undefined,
  rules: readonly Rule[] = [],
): View {
  const { tools: allowed, rest } = scopeOf(rules, server);
  const mayUse = (tool: string, item: ToolItem | undefined): boolean =>
    allowed === 'all' || isAllowed(rules, server, tool, item);
  return {
    server,
    mode: undefined,
    toolBytes: 0,
    tool(name) {
      const found = entry();
      if (found !== undefined && !isToolAllowed(found.toolFilter, name)) return undefined;
      const item = found?.segment?.byTool.get(name);
      if (item === undefined && found?.listedOnly === true) return undefined;
      return mayUse(name, item) ? { kind: 'server', server, item } : undefined;
    },
    withheld(name) {
      const found = entry();
      if (found === undefined || !isToolAllowed(found.toolFilter, name)) return undefined;
      return mayUse(name, undefined) ? heldToolText(found, name) : undefined;
    },
    prompt: () => (rest ? { server, item: undefined } : undefined),
    resource: (uri) => (rest ? { server, uri } : undefined),
    *entries() {
      const found = entry();
      if (found !== undefined) yield found;
    },
    *groups() {
      const segment = entry()?.segment;
      if (segment === undefined) return;
      const lists = listsOf(segment);
      if (allowed === 'all') yield { ...lists, key: server, family: undefined };
      else
        yield {
          ...(rest ? lists : { prompts: [], resources: [], resourceTemplates: [] }),
          tools: segment.tools.filter((tool) => mayUse(tool.name, tool)),
          key: server,
          family: undefined,
        };
    },
  };
}

export function listsOf({ tools, prompts, resources, resourceTemplates }: Omit<Group, 'key' | 'family'>) {
  return { tools, prompts, resources, resourceTemplates };
}
