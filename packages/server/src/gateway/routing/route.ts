// Which server a request goes to and what changes in it on the way: a pure function of the view and the message.

import {
  type Edit,
  foldCase,
  type Member,
  type Message,
  objectEntries,
  replaceSpan,
  stringValue,
} from '@tutti/wire';
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
import { ambiguous } from '../protocol/ambiguous.ts';
import { completeMember, routeToMember } from './family-route.ts';
import type { FamilyTarget, View } from './view.ts';

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
  /** The same call for all members of a family at once. */
  | {
      readonly kind: 'members';
      readonly family: string;
      readonly calls: readonly MemberCall[];
      readonly renames: readonly Edit[];
    }
  /** Needs no server. JSON text of the members of the result. */
  | { readonly kind: 'answered'; readonly result: string }
  | { readonly kind: 'refused'; readonly error: RpcError };

export interface MemberCall {
  readonly server: string;
  readonly tool: string;
  readonly paramHeaders: Readonly<Record<string, string>> | undefined;
}

const NO_EDITS: readonly Edit[] = [];

export function route(view: View, message: Message, caller: Caller, handles: TaskHandles): Route {
  const method = message.method ?? '';
  const by = routeBy(method);
  const { lookalike } = message;
  if (lookalike !== undefined && (lookalike.where === 'message' || by !== 'server'))
    return refused(INVALID_PARAMS, ambiguous(message, lookalike));
  switch (by) {
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
  if (target === undefined) {
    const withheld = view.withheld(name.text);
    if (withheld !== undefined) return { kind: 'answered', result: toolError(withheld) };
    return refused(INVALID_PARAMS, `Unknown tool: ${name.text}`);
  }
  if (target.kind === 'family') return routeFamily(target, name, message, caller);
  return toTool(target.server, target.item, name, message, caller, NO_EDITS);
}

function routeFamily(target: FamilyTarget, name: Named, message: Message, caller: Caller): Route {
  const found = routeToMember(target, message);
  if (found.kind === 'wrong') return { kind: 'answered', result: toolError(found.text) };
  const { item, family } = target;
  const { servers, edits } = found;
  const [server] = servers;
  if (!found.isAll && server !== undefined)
    return toTool(server, item.members.get(server), name, message, caller, edits);
  if (message.members.has('task'))
    return { kind: 'answered', result: toolError(`a call of all members can't be a task; name one of them`) };
  const calls: MemberCall[] = [];
  for (const [member, tool] of item.members) {
    const mirrored = mirroredParams(message, tool.paramHeaders, caller.paramHeaders);
    if (mirrored.kind === 'mismatch') return { kind: 'refused', error: mirrored.error };
    calls.push({ server: member, tool: tool.name, paramHeaders: mirrored.headers });
  }
  return { kind: 'members', family: family.name, calls, renames: [...renamed(name, item.name), ...edits] };
}

function toTool(
  server: string,
  item: ToolItem | undefined,
  name: Named,
  message: Message,
  caller: Caller,
  edits: readonly Edit[],
): Route {
  const own = item?.name ?? name.text;
  const mirrored = mirroredParams(message, item?.paramHeaders ?? [], caller.paramHeaders);
  if (mirrored.kind === 'mismatch') return { kind: 'refused', error: mirrored.error };
  return {
    kind: 'server',
    server,
    tool: own,
    renames: edits.length === 0 ? renamed(name, own) : [...renamed(name, own), ...edits],
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

/**
 * completion/complete names a prompt or a resource template in `ref`. The protocol has no reference to a tool; where no
 * prompt has the name, a family's tool may, whose argument has values to complete.
 */
function routeRef(view: View, message: Message): Route {
  const ref = message.members.get('ref');
  const entries = ref === undefined ? [] : objectEntries(message.bytes, ref);
  // Only what all readers understand alike: each of the members once, and one of them that says what is meant.
  const [said, ...others] = entries.filter(({ key }) => ['name', 'uri'].includes(foldCase(key)));
  const types = entries.filter(({ key }) => foldCase(key) === 'type');
  const text = said && stringValue(message.bytes, said.value);
  if (said !== undefined && text !== undefined && others.length === 0 && types.length <= 1) {
    const at = { text, member: said.value };
    if (said.key === 'name') {
      const target = view.prompt(text);
      if (target === undefined) return completeTool(view, text, message);
      return toServer(target.server, undefined, renamed(at, target.item?.name ?? text));
    }
    if (said.key === 'uri') {
      const target = view.resource(text);
      if (target === undefined) return refused(INVALID_PARAMS, `Unknown resource template: ${text}`);
      return toServer(target.server, undefined, renamed(at, target.uri));
    }
  }
  return refused(
    INVALID_PARAMS,
    'completion/complete needs params.ref with the name of a prompt or the uri of a resource template, and not both.',
  );
}

function completeTool(view: View, name: string, message: Message): Route {
  const target = view.tool(name);
  const result = target?.kind === 'family' ? completeMember(target, message) : undefined;
  return result === undefined
    ? refused(INVALID_PARAMS, `Unknown prompt: ${name}`)
    : { kind: 'answered', result };
}

function routeTask(view: View, message: Message, caller: Caller, handles: TaskHandles): Route {
  const handle = named(message, 'taskId');
  if (handle === undefined)
    return refused(INVALID_PARAMS, `${message.method} needs the id of a task in params.taskId.`);
  const task = handles.open(handle.text, caller.principal);
  const hasTasks = showsTasks(view) || (caller.era === 'modern' && view.server === undefined);
  if (task === undefined && !hasTasks)
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

/** A model sees what is wrong with its call in a result, not in an error. */
function toolError(text: string): string {
  return `"content":${JSON.stringify([{ type: 'text', text }])},"isError":true`;
}

function refused(code: number, message: string): Route {
  return { kind: 'refused', error: rpcError(code, message) };
}
