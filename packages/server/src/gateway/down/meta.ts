// Calls of the tools that stand for the whole catalog, on their way in: answered here, or turned into the call that is
// meant.

import type { Message } from '@tutti/wire';
import { stringValue } from '@tutti/wire';
import type { Caller } from '../caller.ts';
import { textResult } from '../context/as-tool-result.ts';
import type { Core } from '../core.ts';
import type { Reply } from '../exchange.ts';
import { toAppError } from '../../kernel/errors.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import type { View } from '../routing/view.ts';

export interface Meant {
  readonly message: Message;
  /** Its headers say nothing of the call that is meant. */
  readonly isForwarded: boolean;
  /** What the answer must be turned into. */
  readonly convert: ((reply: Reply) => Reply) | undefined;
}

/** The request that is meant; undefined when it is answered here, now or in a while. */
export function meantBy(
  core: Core,
  view: View,
  caller: Caller,
  message: Message,
  reply: (made: Reply) => void,
): Meant | undefined {
  const name = message.method === 'tools/call' ? nameIn(message) : undefined;
  const call = name === undefined ? undefined : core.context.openCall(view, caller, name, message);
  if (call === undefined) return { message, isForwarded: false, convert: undefined };
  if (call.kind === 'forward') return { message: call.message, isForwarded: true, convert: call.convert };
  const answer = (text: string, isError = false): void =>
    reply({ kind: 'result', json: textResult(caller.era, text, isError) });
  if (call.kind === 'reply') reply(call.reply);
  else if (call.kind === 'wrong') answer(call.text, true);
  else if (typeof call.text === 'string') answer(call.text);
  else
    call.text.then(answer, (error: unknown) => {
      core.events.internalError(error);
      reply({ kind: 'error', error: rpcErrorOf(toAppError(error)) });
    });
  return undefined;
}

function nameIn({ members, bytes }: Message): string | undefined {
  const place = members.get('name');
  return place === undefined ? undefined : stringValue(bytes, place);
}
