// Messages and threads as text for a model to read.

import type { ApiMessage, ApiThread } from '@tutti/schemas';

/** Participants that are named. */
const MAX_NAMED = 20;

export function messageText(message: ApiMessage): string {
  const { id, sender_id: from, thread_id: thread, importance, urgent, type, content, reply_to: of } = message;
  const head = [
    id,
    `from ${from}`,
    ...(thread === undefined ? [] : [`in ${thread}`]),
    ...(of === undefined ? [] : [`about ${of}`]),
    ...(importance === 'normal' ? [] : [importance]),
    ...(urgent ? ['urgent'] : []),
    ...(type === 'text' ? [] : [type]),
    message.created_at,
  ].join(', ');
  const files = message.attachments.map(({ name, uri }) => `Attached: ${name} (${uri})`);
  return [`[${head}]`, typeof content === 'string' ? content : JSON.stringify(content), ...files].join('\n');
}

export function threadText(thread: ApiThread): string {
  const { id, title, status, participants, messages } = thread;
  const named = participants.slice(0, MAX_NAMED).join(', ');
  const more = participants.length > MAX_NAMED ? ` and ${participants.length - MAX_NAMED} more` : '';
  return `${id} "${title}" is ${status}, with ${messages} messages; in it: ${named}${more}.`;
}
