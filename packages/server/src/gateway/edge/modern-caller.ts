// Who sends a modern request, from its envelope and headers.

import { ENVELOPE, type Message, spanText, stringValue } from '@tutti/wire';
import type { Caller } from '../caller.ts';
import type { Principal } from '../../policy/principal.ts';
import type { ContextMode } from '../context/mode.ts';
import type { HeaderValues } from '../protocol/classify.ts';
import { MODERN_REVISION } from '../protocol/revisions.ts';

const PARAM_HEADER = 'mcp-param-';
/** Set by the bridge of `tutti stdio`: its client has no headers, and it doesn't know the schemas to make them from. */
export const BRIDGE_HEADER = 'tutti-bridge';

export function modernCaller(
  message: Message,
  headers: HeaderValues,
  { id, roles }: Principal,
  asked: ContextMode | undefined,
): Caller {
  const text = (name: string): string | undefined => {
    const member = message.metaMembers.get(name);
    return member === undefined ? undefined : spanText(message.bytes, member);
  };
  const level = message.metaMembers.get(ENVELOPE.logLevel);
  return {
    principal: id,
    roles,
    era: 'modern',
    sessionKey: undefined,
    protocolVersion: MODERN_REVISION,
    capabilities: text(ENVELOPE.clientCapabilities) ?? '{}',
    clientInfo: text(ENVELOPE.clientInfo),
    logLevel: level === undefined ? undefined : stringValue(message.bytes, level),
    paramHeaders: paramHeaders(headers),
    asked,
  };
}

/** Who sends such headers vouches for them, bridge or not. */
function paramHeaders(headers: HeaderValues): Readonly<Record<string, string>> | undefined {
  let found: Record<string, string> | undefined;
  for (const name in headers) {
    if (!name.startsWith(PARAM_HEADER)) continue;
    const value = headers[name];
    if (typeof value === 'string') (found ??= {})[name.slice(PARAM_HEADER.length)] = value;
  }
  return found ?? (headers[BRIDGE_HEADER] === undefined ? NONE : undefined);
}

const NONE: Readonly<Record<string, string>> = {};
