// Results of other requests as results of a tool, and errors as something that a model can read.

import { arrayItems, type Member, type Message, objectEntries, spanText, stringValue } from '@tutti/wire';
import type { Era } from '../../snapshot/types.ts';
import type { Reply } from '../exchange.ts';

/** JSON text of a tool's result. */
export function textResult(era: Era, text: string, isError = false): string {
  return toolResult(era, JSON.stringify([{ type: 'text', text }]), isError);
}

export function resourceAsToolResult(era: Era, reply: Reply): Reply {
  return convert(era, reply, (message) => {
    const contents = member(message, 'contents');
    const items = contents === undefined ? [] : arrayItems(message.bytes, contents);
    const blocks = items.map((item) => `{"type":"resource","resource":${spanText(message.bytes, item)}}`);
    return toolResult(era, `[${blocks.join(',')}]`, false);
  });
}

export function promptAsToolResult(era: Era, reply: Reply): Reply {
  return convert(era, reply, (message) => {
    const messages = member(message, 'messages');
    return textResult(era, messages === undefined ? '[]' : spanText(message.bytes, messages));
  });
}

function convert(era: Era, reply: Reply, ofResult: (message: Message) => string): Reply {
  if (reply.kind === 'error') return { kind: 'result', json: textResult(era, reply.error.message, true) };
  if (reply.kind === 'result') return reply;
  const { message } = reply;
  if (message.kind === 'error') {
    const at = message.members.get('message');
    const text = at === undefined ? undefined : stringValue(message.bytes, at);
    return { kind: 'result', json: textResult(era, text ?? 'The server answered with an error.', true) };
  }
  const type = message.members.get('resultType');
  // A question of the server goes to the client as it is.
  if (type !== undefined && stringValue(message.bytes, type) !== 'complete') return reply;
  return { kind: 'result', json: ofResult(message) };
}

function member({ bytes, body }: Message, name: string): Member | undefined {
  if (body === undefined) return undefined;
  return objectEntries(bytes, body).findLast(({ key }) => key === name)?.value;
}

function toolResult(era: Era, content: string, isError: boolean): string {
  const type = era === 'modern' ? '"resultType":"complete",' : '';
  return `{${type}"content":${content}${isError ? ',"isError":true' : ''}}`;
}
