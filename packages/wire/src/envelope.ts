// Edits on a scanned message for what the gateway changes on its way between eras. Each returns edits for one `splice`
// of `message.bytes` together with `cutEdits(message)`. Every function may be used once per message, and no member may be
// both set and dropped.

import { objectMembers } from './json-items.ts';
import type { Member, Members, Message } from './message.ts';
import { cutMembers, insertMembers, replaceSpan, type Edit } from './splice.ts';

/** The `_meta` keys of the protocol. The first four make up the envelope of a modern request. */
export const ENVELOPE = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
  relatedTask: 'io.modelcontextprotocol/related-task',
} as const;

export const ENVELOPE_KEYS = [
  ENVELOPE.protocolVersion,
  ENVELOPE.clientInfo,
  ENVELOPE.clientCapabilities,
  ENVELOPE.logLevel,
] as const;

const ID: ReadonlySet<string> = new Set(['id']);

/** Gives the message another id, or an error without one (or with null) its first; `idText` is JSON. */
export function setId(message: Message, idText: string): Edit {
  if (message.id !== undefined) return replaceSpan(message.id, idText);
  const id = objectMembers(message.bytes, message.root, ID).get('id');
  return id === undefined ? insertMembers(message.root, `"id":${idText}`) : replaceSpan(id, idText);
}

/** Removes owned members of the body. */
export function dropMembers(message: Message, names: Iterable<string>): Edit[] {
  return drop(message, message.members, names);
}

/** Replaces the value of an owned member of `_meta`; one that is not there stays away. */
export function setMetaMember(message: Message, name: string, text: string | Buffer): Edit[] {
  const member = message.metaMembers.get(name);
  return member === undefined ? [] : [replaceSpan(member, text)];
}

/** Inserts `"k":v,…` into `_meta`, which it creates where there is none, together with params if need be. Members of
 *  these names must not be there, or be dropped in the same splice. A body that is no object stays as it is. */
export function setMetaMembers(message: Message, text: string): Edit[] {
  const { body, meta } = message;
  if (meta !== undefined) return [insertMembers(meta, text)];
  const created = `"_meta":{${text}}`;
  if (body === undefined) return [insertMembers(message.root, `"params":{${created}}`)];
  if (!message.bodyIsObject) return [];
  const other = message.members.get('_meta');
  return [other === undefined ? insertMembers(body, created) : replaceSpan(other, `{${text}}`)];
}

/** Removes owned members of `_meta`. */
export function dropMetaMembers(message: Message, names: Iterable<string>): Edit[] {
  return drop(message, message.metaMembers, names);
}

function drop(message: Message, members: Members, names: Iterable<string>): Edit[] {
  const dropped: Member[] = [];
  for (const name of names) {
    const member = members.get(name);
    if (member !== undefined) dropped.push(member);
  }
  return dropped.length === 0 ? [] : cutMembers(message.bytes, dropped, message.cuts);
}
