// How much of the catalog a client's model has to read: all of it, or the few tools that search it.

import type { Message } from '@tutti/wire';
import type { Asker } from '../../policy/asker.ts';
import type { Caller } from '../caller.ts';
import type { Asked } from '../routing/denied.ts';
import type { Results } from '../tasks/results.ts';
import type { View } from '../routing/view.ts';
import { type MetaCall, openMetaCall } from './meta-call.ts';
import { isMetaTool, META_INSTRUCTIONS, META_TOOLS_PAGE } from './meta-tools.ts';
import { chooseMode, type ContextMode } from './mode.ts';
import type { ToolSearch } from './tool-search.ts';

export interface ContextDeps {
  /** What is declared for all views that say nothing themselves. */
  readonly declared: () => ContextMode | 'auto';
  /** Servers that wait for this one to log in. */
  readonly needingLogin: (view: View, asker: Asker) => readonly string[];
  /** What calls came to whose clients do not wait for them. */
  readonly results: Results;
  /** Counts it, if a policy is why there is no such thing for the one who asks. */
  readonly missed: (view: View, principal: string, asked: Asked) => void;
}

export class Context {
  readonly #deps: ContextDeps;
  readonly #searches = new WeakMap<View, Promise<ToolSearch>>();

  constructor(deps: ContextDeps) {
    this.#deps = deps;
  }

  /** What stands in the place of the list of tools; undefined: the list itself. */
  toolsPage(view: View, caller: Caller): string | undefined {
    return this.#mode(view, caller) === 'search' ? META_TOOLS_PAGE : undefined;
  }

  instructions(view: View, caller: Caller): string | undefined {
    return this.#mode(view, caller) === 'search' ? META_INSTRUCTIONS : undefined;
  }

  /** Undefined when it is a call of a tool of the catalog. A client may use both at any time: lists change. */
  openCall(view: View, caller: Caller, name: string, message: Message): MetaCall | undefined {
    if (view.server !== undefined || !isMetaTool(name) || view.tool(name) !== undefined) return undefined;
    const { needingLogin, missed } = this.#deps;
    return openMetaCall(
      {
        view,
        search: () => this.#search(view),
        needingLogin: () => needingLogin(view, caller),
        missed: (asked) => missed(view, caller.principal, asked),
        era: caller.era,
        own: { results: this.#deps.results, principal: caller.principal },
      },
      name,
      message,
    );
  }

  #mode(view: View, { asked, clientInfo }: Caller): ContextMode {
    if (view.server !== undefined) return 'direct';
    const declared = view.mode ?? this.#deps.declared();
    return chooseMode({ asked, declared, toolBytes: view.toolBytes, clientInfo });
  }

  /** What searching needs is loaded when the first client searches. */
  #search(view: View): Promise<ToolSearch> {
    let search = this.#searches.get(view);
    if (search === undefined) {
      search = import('./tool-search.ts').then((loaded) => new loaded.ToolSearch(view));
      this.#searches.set(view, search);
    }
    return search;
  }
}
