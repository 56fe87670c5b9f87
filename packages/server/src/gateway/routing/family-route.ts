// Where a call of a family's tool goes: to the member that its argument names, or to all of them. The argument itself
// goes nowhere: members don't know it.

import { cutMembers, type Edit, type Message, objectEntries, stringValue } from '@tutti/wire';
import { ALL_MEMBERS } from '../../snapshot/family-tool.ts';
import type { FamilyTarget } from './view.ts';

export type FamilyRoute =
  | {
      readonly kind: 'members';
      readonly servers: readonly string[];
      readonly isAll: boolean;
      readonly edits: readonly Edit[];
    }
  /** For the model that made the call, which may make a better one. */
  | { readonly kind: 'wrong'; readonly text: string };

export function routeToMember({ family, item }: FamilyTarget, message: Message): FamilyRoute {
  const { instanceArg, fanOut } = family;
  const { exposedName, members } = item;
  const place = message.members.get('arguments');
  const given = place === undefined ? [] : objectEntries(message.bytes, place);
  const own = given.filter(({ key }) => key === instanceArg).map(({ value }) => value);
  // Of a repeated name the last one counts.
  const last = own.at(-1);
  const wanted = last === undefined ? undefined : stringValue(message.bytes, last);
  const servers = [...members.keys()];
  if (wanted === undefined)
    return {
      kind: 'wrong',
      text: `tool ${exposedName} is provided by a family on servers ${servers.join(', ')}; the "${instanceArg}" parameter is required`,
    };
  const edits = cutMembers(message.bytes, own);
  if (fanOut && wanted === ALL_MEMBERS) return { kind: 'members', servers, isAll: true, edits };
  if (item.heldMembers.includes(wanted))
    return {
      kind: 'wrong',
      text: `tool ${exposedName} on server "${wanted}" is held back until a person approves what it says of itself now: \`tutti pins ${wanted}\``,
    };
  if (!members.has(wanted))
    return {
      kind: 'wrong',
      text: `tool ${exposedName} is not available on server "${wanted}" (available: ${servers.join(', ')})`,
    };
  return { kind: 'members', servers: [wanted], isAll: false, edits };
}

/** Members of a result of completion/complete for the argument that names the member; undefined for another argument. */
export function completeMember({ family, item }: FamilyTarget, message: Message): string | undefined {
  const place = message.members.get('argument');
  const given = new Map(
    (place === undefined ? [] : objectEntries(message.bytes, place)).map(({ key, value }) => [
      key,
      stringValue(message.bytes, value),
    ]),
  );
  if (given.get('name') !== family.instanceArg) return undefined;
  const begun = given.get('value') ?? '';
  const all = family.fanOut ? [...item.members.keys(), ALL_MEMBERS] : [...item.members.keys()];
  const found = all.filter((server) => server.startsWith(begun));
  const values = found.slice(0, MAX_COMPLETIONS);
  const completion = { values, total: found.length, hasMore: values.length < found.length };
  return `"completion":${JSON.stringify(completion)}`;
}

/** As many as the protocol allows in one answer. */
const MAX_COMPLETIONS = 100;
