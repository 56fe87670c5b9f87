// Who can do tasks. A legacy server declares `tasks`, a modern one the extension; a modern client declares the extension
// with each request, and for a legacy client the gateway does so, only for requests that are about tasks.

import { cutMembers, insertMembers, objectMembers, replaceSpan, splice } from '@tutti/wire';
import type { Handshake } from '../../snapshot/types.ts';
import type { Caller } from '../caller.ts';
import { hasExtension, isObject, parseObject, TASKS_EXTENSION } from '../protocol/capabilities.ts';
import { MISSING_CLIENT_CAPABILITY, rpcError, type RpcError } from '../protocol/rpc.ts';
import type { View } from '../routing/view.ts';

export function offersTasks({ era, capabilities }: Handshake): boolean {
  const text = capabilities.toString();
  if (era === 'modern') return hasExtension(text, TASKS_EXTENSION);
  const { tasks } = parseObject(text);
  const requests = isObject(tasks) ? tasks['requests'] : undefined;
  const tools = isObject(requests) ? requests['tools'] : undefined;
  return isObject(tools) && isObject(tools['call']);
}

/** Whether any server of the view does tasks. */
export function showsTasks(view: View): boolean {
  for (const { segment } of view.entries())
    if (segment !== undefined && offersTasks(segment.handshake)) return true;
  return false;
}

/** Whether a modern client said with its request that it knows tasks. */
export function declaresTasks(capabilities: string): boolean {
  return capabilities.includes(TASKS_EXTENSION) && hasExtension(capabilities, TASKS_EXTENSION);
}

/** What a modern client is told that did not declare it. */
export const MISSING_TASKS_EXTENSION: RpcError = rpcError(
  MISSING_CLIENT_CAPABILITY,
  `The client must declare the extension ${TASKS_EXTENSION}.`,
  { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
);

/** The legacy client, as one that declares the extension. */
export function declaringTasks(caller: Caller): Caller {
  return {
    principal: caller.principal,
    ...(caller.roles !== undefined && { roles: caller.roles }),
    era: caller.era,
    sessionKey: caller.sessionKey,
    protocolVersion: caller.protocolVersion,
    capabilities: withTasksExtension(caller.capabilities),
    clientInfo: caller.clientInfo,
    paramHeaders: caller.paramHeaders,
    get logLevel() {
      return caller.logLevel;
    },
  };
}

const EXTENSIONS: ReadonlySet<string> = new Set(['extensions']);
const TASKS: ReadonlySet<string> = new Set([TASKS_EXTENSION]);
const DECLARATION = `"${TASKS_EXTENSION}":{}`;

export function withTasksExtension(capabilities: string): string {
  const bytes = Buffer.from(withoutTasksExtension(capabilities));
  const root = { start: 0, end: bytes.length };
  if (bytes[0] !== 0x7b) return `{"extensions":{${DECLARATION}}}`;
  const extensions = objectMembers(bytes, root, EXTENSIONS).get('extensions');
  if (extensions === undefined)
    return splice(bytes, [insertMembers(root, `"extensions":{${DECLARATION}}`)]).toString();
  const isObject = bytes[extensions.start] === 0x7b;
  const edit = isObject
    ? insertMembers(extensions, DECLARATION)
    : replaceSpan(extensions, `{${DECLARATION}}`);
  return splice(bytes, [edit]).toString();
}

/** In what a legacy client declares the extension means nothing, and a modern server must not be told of it. */
export function withoutTasksExtension(capabilities: string): string {
  if (!capabilities.includes(TASKS_EXTENSION)) return capabilities;
  const bytes = Buffer.from(capabilities);
  const extensions = objectMembers(bytes, { start: 0, end: bytes.length }, EXTENSIONS).get('extensions');
  const tasks =
    extensions === undefined ? undefined : objectMembers(bytes, extensions, TASKS).get(TASKS_EXTENSION);
  return tasks === undefined ? capabilities : splice(bytes, cutMembers(bytes, [tasks])).toString();
}
