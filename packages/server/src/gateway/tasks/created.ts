// What a call comes to when it may become a task: the server says so in its own era, and the client hears it in its.

import { type Message, objectMembers, replaceSpan, type Span, stringValue } from '@tutti/wire';
import { AppError } from '../../kernel/errors.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import { numberAt } from '../upstream/notices.ts';
import { clientOf, type TaskContext, ttlOf } from './context.ts';
import { MAX_TASK_ID_BYTES } from './handles.ts';
import { heldTask } from './held-results.ts';
import type { KnownTask } from './known-task.ts';
import { findTaskId, legacyTask, modernTask, readMembers, writeObject } from './task-text.ts';

/** Called with the task when the call became one. */
export type OnCreated = (task: KnownTask) => void;

export function createdTask(
  context: TaskContext,
  exchange: Exchange,
  reply: Reply,
  onCreated: OnCreated,
): Reply {
  if (reply.kind !== 'message' || reply.message.kind !== 'result' || !reply.message.bodyIsObject)
    return reply;
  const { message } = reply;
  const { bytes, body, members } = message;
  const type = members.get('resultType');
  const isFlat = type !== undefined && stringValue(bytes, type) === 'task';
  const object = isFlat ? body : members.get('task');
  const wantsLegacy = exchange.caller.era === 'legacy';
  if (object === undefined) {
    const fromModern = exchange.instance?.handshake?.era === 'modern';
    return wantsLegacy && fromModern ? held(context, exchange, message) : reply;
  }
  const id = findTaskId(bytes, object);
  if (id === undefined || Buffer.byteLength(id.id) > MAX_TASK_ID_BYTES || exchange.instance === undefined)
    return noTask(exchange);
  const task = remember(context, exchange, message, object, id.id);
  onCreated(task);
  if (isFlat !== wantsLegacy) {
    return { ...reply, edits: [...reply.edits, replaceSpan(id.place, JSON.stringify(task.handle))] };
  }
  const created = wantsLegacy ? nested(bytes, object, task.handle) : flat(message, object, task.handle);
  return { kind: 'result', json: created };
}

function remember(
  context: TaskContext,
  exchange: Exchange,
  message: Message,
  object: Span,
  id: string,
): KnownTask {
  const { instance, request } = exchange;
  if (instance === undefined) throw new Error('an exchange without an instance has no answer');
  const ref = context.homes.refOf(instance, id);
  const ttlMs = ttlOf(readMembers(message.bytes, object));
  const task = context.registry.create(ref, clientOf(exchange), instance, ttlMs);
  task.tool = exchange.tool;
  context.homes.keep(ref, task.expiresMs);
  const token = request.metaMembers.get('progressToken');
  if (token !== undefined && message.id !== undefined) {
    const text = request.bytes.toString('utf8', token.start, token.end);
    task.progress = { flight: numberAt(message.bytes, message.id), token: text };
  }
  return task;
}

/** CreateTaskResult of the legacy era. */
function nested(bytes: Buffer, object: Span, handle: string): Buffer {
  const members = readMembers(bytes, object);
  const meta = members.get('_meta');
  const task = writeObject(legacyTask(members, handle));
  return writeObject(
    new Map([['task', task], ...(meta === undefined ? [] : [['_meta', Buffer.from(meta)] as const])]),
  );
}

/** CreateTaskResult of the modern era. */
function flat({ bytes, body }: Message, object: Span, handle: string): Buffer {
  const others = body === undefined ? new Map<string, Buffer | string>() : readMembers(bytes, body);
  others.delete('task');
  return writeObject(
    new Map([['resultType', '"task"'], ...others, ...modernTask(readMembers(bytes, object), handle)]),
  );
}

function noTask(exchange: Exchange): Reply {
  const text = `${exchange.server} made a task of the call, but gave it no id that can be used.`;
  return { kind: 'error', error: rpcErrorOf(new AppError('upstream_invalid', text)) };
}

/** The client asked for a task and the server answered at once. */
function held(context: TaskContext, exchange: Exchange, message: Message): Reply {
  const { body, bytes, members } = message;
  if (body === undefined) return noTask(exchange);
  const isError = members.get('isError');
  const result = context.held.hold(
    exchange.server,
    bytes.subarray(body.start, body.end),
    isError !== undefined && bytes[isError.start] === 0x74,
    wantedTtlMs(exchange.request),
  );
  const task = context.registry.see(result.ref, clientOf(exchange), result.ttlMs);
  task.tool = exchange.tool;
  return {
    kind: 'result',
    json: writeObject(new Map([['task', writeObject(heldTask(result, task.handle, true))]])),
  };
}

const TTL: ReadonlySet<string> = new Set(['ttl']);

function wantedTtlMs({ bytes, members }: Message): number | undefined {
  const task = members.get('task');
  const ttl = task === undefined ? undefined : objectMembers(bytes, task, TTL).get('ttl');
  const value = ttl === undefined ? Number.NaN : Number(bytes.toString('latin1', ttl.start, ttl.end));
  return value > 0 ? value : undefined;
}
