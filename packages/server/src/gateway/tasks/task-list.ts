// `tasks/list` of a legacy client: the tasks that came by for its principal, each asked of its server as it is now. What a
// server lists itself is no answer: it may hold tasks of everybody who shares it, and a modern server has no list.

import type { Message } from '@tutti/wire';
import { stringValue } from '@tutti/wire';
import type { Reply } from '../exchange.ts';
import { INVALID_PARAMS, rpcError } from '../protocol/rpc.ts';
import { declaringTasks } from './capability.ts';
import { seeTask, stepsOf, type TaskContext } from './context.ts';
import { isHeld } from './handles.ts';
import { heldTask } from './held-results.ts';
import type { KnownTask, TaskClient } from './known-task.ts';
import { legacyTask, readMembers, writeObject } from './task-text.ts';

export const LIST_PAGE_TASKS = 50;
/** Tasks of a page that are asked about at a time. */
const CONCURRENT_READS = 8;

export async function listTasks(
  context: TaskContext,
  server: string | undefined,
  client: TaskClient,
  message: Message,
  isDenied: (task: KnownTask) => boolean,
): Promise<Reply> {
  const after = readCursor(message);
  if (after === undefined)
    return { kind: 'error', error: rpcError(INVALID_PARAMS, 'Invalid cursor: list again without one.') };
  const { registry } = context;
  const rest = registry
    .of(client.caller.principal, server)
    .filter((task) => task.sequence > after && !isDenied(task));
  const page = rest.slice(0, LIST_PAGE_TASKS);
  const texts: (Buffer | undefined)[] = [];
  const queue = page.entries();
  const worker = async (): Promise<void> => {
    for (const [index, task] of queue) texts[index] = await readTask(context, task, client);
  };
  await Promise.all(Array.from({ length: CONCURRENT_READS }, worker));
  const tasks = texts.filter((text) => text !== undefined).map((text) => text.toString());
  const last = rest.length > page.length ? page.at(-1)?.sequence : undefined;
  const cursor = last === undefined ? '' : `,"nextCursor":"${last}"`;
  return { kind: 'result', json: `{"tasks":[${tasks.join(',')}]${cursor}}` };
}

/** The sequence number of the last task given; 0 before the first. Undefined for a cursor that was not given out. */
function readCursor({ bytes, members }: Message): number | undefined {
  const member = members.get('cursor');
  if (member === undefined) return 0;
  const text = stringValue(bytes, member) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Undefined when it is gone, or its server does not answer now. */
async function readTask(
  context: TaskContext,
  task: KnownTask,
  client: TaskClient,
): Promise<Buffer | undefined> {
  const { registry, held, handles, homes, pool } = context;
  const handle = handles.seal(task.ref, client.caller.principal);
  if (isHeld(task.ref)) {
    const result = held.get(task.ref);
    return result === undefined ? undefined : writeObject(heldTask(result, handle, false));
  }
  if (homes.find(task.ref).kind === 'gone') {
    registry.forget(task);
    return undefined;
  }
  const isModern = pool.slot(task.ref.server)?.handshake?.era === 'modern';
  const caller = isModern ? declaringTasks(client.caller) : client.caller;
  const step = await stepsOf(context, task, caller).ask('tasks/get');
  if (step.kind === 'error') registry.forget(task);
  if (step.kind !== 'result') return undefined;
  const members = readMembers(step.message.bytes, step.body);
  seeTask(context, task.ref, client, members);
  return writeObject(legacyTask(members, handle));
}
