// What a caller that is an agent has to know rides on the results of every server's tools, in `_meta`: so an agent that
// only calls tools misses nothing. For all other callers nothing is done.

import { insertMembers } from '@tutti/wire';
import { NATIVE_SERVER } from '../snapshot/types.ts';
import type { Caller } from './caller.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Notices } from './ports.ts';
import { TaskChannel } from './tasks/task-channel.ts';

/** The member of `_meta`. */
const NOTICE = 'tutti.dev/notice';

/** Tutti's own tools tell by themselves. */
export function addNotice(notices: Notices | undefined, exchange: Exchange, caller: Caller): void {
  if (notices === undefined || exchange.tool === undefined || exchange.server === NATIVE_SERVER) return;
  if (!notices.isAgent(caller)) return;
  exchange.channel = new TaskChannel(exchange.channel, (reply) => withNotice(reply, notices.of(caller)));
}

/** `notice` is JSON text; undefined: there is nothing to know. */
export function withNotice(reply: Reply, notice: string | undefined): Reply {
  if (notice === undefined || reply.kind !== 'message') return reply;
  const { message, edits } = reply;
  const { body, bodyIsObject, meta, members } = message;
  if (message.kind !== 'result' || body === undefined || !bodyIsObject) return reply;
  const member = `"${NOTICE}":${notice}`;
  if (meta !== undefined) return { ...reply, edits: [...edits, insertMembers(meta, member)] };
  // One that is no object is the server's own affair.
  if (members.has('_meta')) return reply;
  return { ...reply, edits: [...edits, insertMembers(body, `"_meta":{${member}}`)] };
}
