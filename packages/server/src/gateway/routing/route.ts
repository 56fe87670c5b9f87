// Which server a request goes to and what changes in it on the way: a pure function of the view and the message.

import { type Edit, type Member, type Message, objectEntries, replaceSpan, stringValue } from '@tutti/wire';
import type { Caller } from '../caller.ts';
import { routeBy } from '../protocol/methods.ts';
import {
  INVALID_PARAMS,
  LEGACY_RESOURCE_NOT_FOUND,
  METHOD_NOT_FOUND,
  rpcError,
  type RpcError,
} from '../protocol/rpc.ts';
import type { ToolItem } from '../../snapshot/types.ts';
import { mirroredParams } from './param-headers.ts';
import { declaresTasks, MISSING_TASKS_EXTENSION, showsTasks } from '../tasks/capability.ts';
import type { TaskHandles, TaskRef } from '../tasks/handles.ts';
import type { View } from './view.ts';

export type Route =
  | {
      readonly kind: 'server';
      readonly server: string;
      readonly tool: string | undefined;
      readonly renames: readonly Edit[];
      readonly paramHeaders: Readonly<Record<string, string>> | undefined;
      /** Whether the tool may run as a task. */
      readonly taskSupport: ToolItem['taskSupport'];
      /** The task that the request is about. */
      readonly task: TaskRef | undefined;
    }
  | { readonly kind: 'refused'; readonly error: RpcError };

const NO_EDITS: readonly Edit[] = [];

export function route(view: View, message: Message, caller: Caller, handles: TaskHandles): Route {
  const method = message.method ?? '';
  switch (routeBy(method)) {
    case 'tool':
      return routeTool(view, message, caller);
    case 'prompt':
      return routePrompt(view, message);
    case 'uri':
      return routeUri(view, message, caller);
    case 'ref':
      return routeRef(view, message);
    case 'task':
      return routeTask(view, message, caller, handles);
    case 'server':
      if (view.server === undefined) return refused(METHOD_NOT_FOUND, `Method not found: ${method}`);
      return toServer(view.server, undefined, NO_EDITS);
  }
}

function routeTool(view: View, message: Message, caller: Caller): Route {
  const name = named(message, 'name');
  if (name === undefined)
    return refused(INVALID_PARAMS, 'tools/call needs the name of a tool in params.name.');
  const target = view.tool(name.text);
  if (target === undefined) return refused(INVALID_PARAMS, `Unknown tool: ${name.text}`);
  const { item, server } = target;
  const own = item?.name ?? name.text;
  const mirrored = mirroredParams(message, item?.paramHeaders ?? [], caller.paramHeaders);
  if (mirrored.kind === 'mismatch') return { kind: 'refused', error: mirrored.error };
  return {
    kind: 'server',
    server,
    tool: own,
    renames: renamed(name, own),
    paramHeaders: mirrored.headers,
    taskSupport: item?.taskSupport ?? 'forbidden',
    task: undefined,
  };
}

function routePrompt(view: View, message: Message): Route {
  const name = named(message, 'name');
  if (name === undefined)
    return refused(INVALID_PARAMS, 'prompts/get needs the name of a prompt in params.name.');
  const target = view.prompt(name.text);
  if (target === undefined) return refused(INVALID_PARAMS, `Unknown prompt: ${name.text}`);
  return toServer(target.server, undefined, renamed(name, target.item?.name ?? name.text));
}

function routeUri(view: View, message: Message, caller: Caller): Route {
  const uri = named(message, 'uri');
  if (uri === undefined)
    return refused(INVALID_PARAMS, `${message.method} needs the uri of a resource in params.uri.`);
  const target = view.resource(uri.text);
  if (target === undefined) {
    const code = caller.era === 'modern' ? INVALID_PARAMS : LEGACY_RESOURCE_NOT_FOUND;
    return { kind: 'refused', error: rpcError(code, `Resource not found: ${uri.text}`, { uri: uri.text }) };
  }
  return toServer(target.server, undefined, renamed(uri, target.uri));
}

/** completion/complete names a prompt or a resource template in `ref`. */
function routeRef(view: View, message: Message): Route {
  const ref = message.members.get('ref');
  const entries = ref === undefined ? [] : objectEntries(message.bytes, ref);
  for (const { key, value } of entries) {
    const text = stringValue(message.bytes, value);
    if (text === undefined) continue;
    const at = { text, member: value };
    if (key === 'name') {
      const target = view.prompt(text);
      if (target === undefined) return refused(INVALID_PARAMS, `Unknown prompt: ${text}`);
      return toServer(target.server, undefined, renamed(at, target.item?.name ?? text));
    }
    if (key === 'uri') {
      const target = view.resource(text);
      if (target === undefined) return refused(INVALID_PARAMS, `Unknown resource template: ${text}`);
      return toServer(target.server, undefined, renamed(at, target.uri));
    }
  }
  return refused(
    INVALID_PARAMS,
    'completion/complete needs params.ref with the name of a prompt or the uri of a resource template.',
  );
}

function routeTask(view: View, message: Message, caller: Caller, handles: TaskHandles): Route {
  const handle = named(message, 'taskId');
  if (handle === undefined)
    return refused(INVALID_PARAMS, `${message.method} needs the id of a task in params.taskId.`);
  const task = handles.open(handle.text, caller.principal);
  if (task === undefined && !showsTasks(view))
    return refused(METHOD_NOT_FOUND, `Method not found: ${message.method}`);
  if (caller.era === 'modern' && !declaresTasks(caller.capabilities))
    return { kind: 'refused', error: MISSING_TASKS_EXTENSION };
  if (task === undefined || (view.server !== undefined && view.server !== task.server))
    return refused(INVALID_PARAMS, `Unknown task: ${handle.text}`);
  return { ...toServer(task.server, undefined, [replaceSpan(handle.member, task.id)]), task };
}

interface Named {
  readonly text: string;
  readonly member: Member;
}

function named(message: Message, key: 'name' | 'uri' | 'taskId'): Named | undefined {
  const member = message.members.get(key);
  const text = member === undefined ? undefined : stringValue(message.bytes, member);
  return member === undefined || text === undefined ? undefined : { text, member };
}

function renamed(at: Named, own: string): readonly Edit[] {
  return at.text === own ? NO_EDITS : [replaceSpan(at.member, JSON.stringify(own))];
}

function toServer(
  server: string,
  tool: string | undefined,
  renames: readonly Edit[],
): Extract<Route, { kind: 'server' }> {
  return {
    kind: 'server',
    server,
    tool,
    renames,
    paramHeaders: undefined,
    taskSupport: 'forbidden',
    task: undefined,
  };
}

function refused(code: number, message: string): Route {
  return { kind: 'refused', error: rpcError(code, message) };
}
