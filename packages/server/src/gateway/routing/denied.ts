// Whether a policy is why somebody finds nothing under a name. Asked only about names that lead nowhere, so no call pays
// for it; the answer is for metrics and never for whoever asked.

import { type Message, stringValue } from '@tutti/wire';
import { type Rule, scopeOf } from '../../policy/rule.ts';
import type { ServerEntry, Snapshot } from '../../snapshot/types.ts';
import { routeBy } from '../protocol/methods.ts';
import { isAllowed } from './restricted-selection.ts';
import type { View } from './view.ts';

export type DeniedItem = 'tool' | 'prompt' | 'resource';

export interface Asked {
  readonly kind: DeniedItem;
  readonly name: string;
}

/** What the request names; undefined for one that names none of these. */
export function askedFor({ method = '', members, bytes }: Message): Asked | undefined {
  const by = routeBy(method);
  if (by !== 'tool' && by !== 'prompt' && by !== 'uri') return undefined;
  const member = members.get(by === 'uri' ? 'uri' : 'name');
  const name = member && stringValue(bytes, member);
  return name === undefined ? undefined : { kind: by === 'uri' ? 'resource' : by, name };
}

/** `rules` are those about whoever asks. Names are those of the view of one server, else those of the whole catalog. */
export function isDenied(
  { servers, families }: Snapshot,
  view: Pick<View, 'server'>,
  rules: readonly Rule[],
  asked: Asked,
): boolean {
  if (rules.length === 0) return false;
  if (view.server !== undefined) {
    const entry = servers.get(view.server);
    if (asked.kind !== 'tool') return !scopeOf(rules, view.server).rest;
    return !isAllowed(rules, view.server, asked.name, entry?.segment?.byTool.get(asked.name));
  }
  for (const entry of servers.values()) if (isDeniedOf(entry, rules, asked)) return true;
  if (asked.kind !== 'tool') return false;
  for (const { tools } of families.values())
    for (const { exposedName, members } of tools)
      if (exposedName === asked.name)
        return [...members].every(([server, own]) => !isAllowed(rules, server, own.name, own));
  return false;
}

function isDeniedOf({ name: server, segment }: ServerEntry, rules: readonly Rule[], asked: Asked): boolean {
  switch (asked.kind) {
    case 'tool': {
      const tool = segment?.byExposedTool.get(asked.name);
      return tool !== undefined && !isAllowed(rules, server, tool.name, tool);
    }
    case 'prompt':
      return segment?.byExposedPrompt.has(asked.name) === true && !scopeOf(rules, server).rest;
    case 'resource':
      return segment?.byExposedUri.has(asked.name) === true && !scopeOf(rules, server).rest;
  }
}
