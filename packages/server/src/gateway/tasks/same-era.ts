// Client and server of one era: ids are remapped and nothing else.

import { type Edit, ENVELOPE, type Message, replaceSpan } from '@tutti/wire';
import type { Exchange, Reply } from '../exchange.ts';
import { clientOf, seeTask, type TaskContext } from './context.ts';
import type { KnownTask } from './known-task.ts';
import { findTaskId, readMembers } from './task-text.ts';

export function withHandles(context: TaskContext, exchange: Exchange, task: KnownTask, reply: Reply): Reply {
  if (task.waiting === exchange) task.waiting = undefined;
  if (reply.kind !== 'message' || reply.message.kind !== 'result') return reply;
  const { message } = reply;
  const edits: Edit[] = [...reply.edits, ...relatedTaskEdits(message, JSON.stringify(task.handle))];
  const id = message.members.get('taskId');
  if (id !== undefined && message.body !== undefined) {
    seeTask(context, task.ref, clientOf(exchange), readMembers(message.bytes, message.body));
    edits.push(replaceSpan(id, JSON.stringify(task.handle)));
  }
  return { ...reply, edits };
}

/** Names the task by another id where `_meta` of the message names one. */
export function relatedTaskEdits({ bytes, metaMembers }: Message, idText: string): Edit[] {
  const related = metaMembers.get(ENVELOPE.relatedTask);
  const found = related === undefined ? undefined : findTaskId(bytes, related);
  return found === undefined ? [] : [replaceSpan(found.place, idText)];
}
