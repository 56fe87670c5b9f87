// Answers that need no server: what the endpoint is and what it lists, from the view.

import { type Message, stringValue } from '@tutti/wire';
import type { Era, Handshake } from '../../snapshot/types.ts';
import type { Caller } from '../caller.ts';
import type { Core } from '../core.ts';
import type { Reply } from '../exchange.ts';
import { LIST_TTL_MS } from '../limits.ts';
import { isObject, parseObject, TASKS_EXTENSION } from '../protocol/capabilities.ts';
import type { ListKind } from '../protocol/methods.ts';
import { LEGACY_REVISIONS, MODERN_REVISION } from '../protocol/revisions.ts';
import { INVALID_PARAMS, rpcError } from '../protocol/rpc.ts';
import { listPage } from '../routing/lists.ts';
import type { View } from '../routing/view.ts';
import { showsTasks } from '../tasks/capability.ts';

export interface Self {
  /** JSON text of the gateway's name and version. */
  readonly info: string;
}

export function listReply(core: Core, view: View, kind: ListKind, message: Message, caller: Caller): Reply {
  core.pool.wantLists(view.server);
  const substitute = kind === 'tools' ? core.context.toolsPage(view, caller) : undefined;
  const member = message.members.get('cursor');
  const cursor = member === undefined ? undefined : stringValue(message.bytes, member);
  const opening =
    caller.era === 'modern' ? `{"resultType":"complete","ttlMs":${LIST_TTL_MS},"cacheScope":"private",` : '{';
  let json: Buffer | undefined;
  if (substitute !== undefined) json = Buffer.from(`${opening}${substitute}}`);
  else if (member === undefined || cursor !== undefined) json = listPage(view, kind, cursor, opening);
  if (json === undefined)
    return { kind: 'error', error: rpcError(INVALID_PARAMS, 'Invalid cursor: list again without one.') };
  if (kind === 'tools' && view.server === undefined)
    core.events.toolsListed(substitute === undefined ? 'direct' : 'search', json.length, view.toolBytes);
  return { kind: 'result', json };
}

/** The result of `initialize`, JSON text. */
export function initializeResult(core: Core, view: View, caller: Caller): string {
  const { self } = core;
  const handshake = handshakeOf(view);
  const capabilities = capabilitiesFor('legacy', view, handshake);
  return object({
    protocolVersion: JSON.stringify(caller.protocolVersion),
    capabilities,
    serverInfo: handshake?.serverInfo?.toString() ?? self.info,
    instructions: instructionsOf(core, view, caller, handshake),
  });
}

/** The result of `server/discover`, JSON text. */
export function discoverResult(core: Core, view: View, caller: Caller): string {
  const { self } = core;
  const handshake = handshakeOf(view);
  return object({
    resultType: '"complete"',
    supportedVersions: JSON.stringify([MODERN_REVISION, ...LEGACY_REVISIONS]),
    capabilities: capabilitiesFor('modern', view, handshake),
    instructions: instructionsOf(core, view, caller, handshake),
    ttlMs: String(LIST_TTL_MS),
    cacheScope: '"private"',
    _meta: `{"io.modelcontextprotocol/serverInfo":${handshake?.serverInfo?.toString() ?? self.info}}`,
  });
}

/** On a route to one server, what that server said of itself. */
function handshakeOf(view: View): Handshake | undefined {
  if (view.server === undefined) return undefined;
  for (const entry of view.entries()) return entry.segment?.handshake;
  return undefined;
}

const FEDERATED =
  '"tools":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true},"prompts":{"listChanged":true},"completions":{},"logging":{}';
const LEGACY_TASKS = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
const MODERN_TASKS = { [TASKS_EXTENSION]: {} };

function federatedCapabilities(era: Era, view: View): string {
  // A call that takes long becomes a task of ours in the modern era, whether its server has any or not.
  if (era === 'legacy' && !showsTasks(view)) return `{${FEDERATED}}`;
  const tasks = era === 'legacy' ? { tasks: LEGACY_TASKS } : { extensions: MODERN_TASKS };
  return `{${FEDERATED},${JSON.stringify(tasks).slice(1)}`;
}

function capabilitiesFor(era: Era, view: View, handshake: Handshake | undefined): string {
  if (handshake === undefined) return federatedCapabilities(era, view);
  const text = handshake.capabilities.toString();
  if (handshake.era === era) return text;
  return JSON.stringify(
    era === 'legacy' ? legacyCapabilities(parseObject(text)) : modernCapabilities(parseObject(text)),
  );
}

type Capabilities = Readonly<Record<string, unknown>>;

/** A modern server's capabilities for a legacy client. */
function legacyCapabilities(modern: Capabilities): Capabilities {
  const { extensions, ...rest } = modern;
  const tasks = isObject(extensions) && TASKS_EXTENSION in extensions;
  return {
    ...rest,
    logging: rest['logging'] ?? {},
    ...(tasks && { tasks: LEGACY_TASKS }),
  };
}

/** A legacy server's capabilities for a modern client. */
function modernCapabilities(legacy: Capabilities): Capabilities {
  const { tasks, ...rest } = legacy;
  return { ...rest, ...(isObject(tasks) && { extensions: MODERN_TASKS }) };
}

function instructionsOf(
  core: Core,
  view: View,
  caller: Caller,
  handshake: Handshake | undefined,
): string | undefined {
  if (handshake !== undefined)
    return handshake.instructions === undefined ? undefined : JSON.stringify(handshake.instructions);
  const substitute = core.context.instructions(view, caller);
  if (substitute !== undefined) return JSON.stringify(substitute);
  const parts: string[] = [];
  for (const { name, segment } of view.entries()) {
    const text = segment?.handshake.instructions;
    if (text !== undefined && text !== '') parts.push(`# ${name}\n${text}`);
  }
  if (parts.length === 0) return undefined;
  const all = parts.join('\n\n');
  return JSON.stringify(all.length <= MAX_INSTRUCTIONS ? all : `${all.slice(0, MAX_INSTRUCTIONS)}…`);
}

/** Characters of all servers' instructions together; they cost every conversation. */
const MAX_INSTRUCTIONS = 16_384;

function object(members: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(members).filter(([, json]) => json !== undefined);
  return `{${present.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}
