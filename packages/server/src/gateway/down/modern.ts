// Client side of the modern era: every request stands alone. It is answered here, becomes an exchange, takes up a parked
// call, or opens a stream of changes.

import {
  type Edit,
  type Message,
  objectEntries,
  replaceSpan,
  spanBytes,
  spanText,
  stringValue,
} from '@tutti/wire';
import { AppError } from '../../kernel/errors.ts';
import { type Core, createExchange } from '../core.ts';
import type { Reply } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import { listKindOf } from '../protocol/methods.ts';
import { INVALID_PARAMS, rpcError, type RpcError, rpcErrorOf } from '../protocol/rpc.ts';
import type { View } from '../routing/view.ts';
import { digestOf } from '../sessions/parked.ts';
import type { Sealed } from '../sessions/seal.ts';
import { encodeReply } from './encode-reply.ts';
import { openListen } from './listen.ts';
import { TaskChannel } from '../tasks/task-channel.ts';
import { discoverResult, listReply } from './local.ts';
import { meantBy } from './meta.ts';
import { errorCode, ModernChannel } from './modern-channel.ts';
import type { ModernStream } from './sink.ts';

export function handleModern(
  core: Core,
  view: View,
  caller: Caller,
  message: Message,
  stream: ModernStream,
): void {
  if (message.id === undefined) return;
  const id = spanText(message.bytes, message.id);
  const method = message.method ?? '';
  const reply = (made: Reply): void => stream.end(encodeReply(made, id), errorCode(made));
  const list = listKindOf(method);
  if (list !== undefined) return reply(listReply(core, view, list, message, caller));
  if (method === 'server/discover')
    return reply({ kind: 'result', json: discoverResult(core, view, caller) });
  if (method === 'subscriptions/listen') return openListen(core, view, caller, message, id, stream);

  const meant = meantBy(core, view, caller, message, reply);
  if (meant === undefined) return;
  const sender = meant.isForwarded ? { ...caller, paramHeaders: undefined } : caller;
  const continued = continuation(core, view, sender, meant.message);
  if (continued.kind === 'refused') return reply({ kind: 'error', error: continued.error });
  if (continued.kind === 'parked') {
    const { channel } = continued;
    stream.onClosed(() => channel.clientGone(stream));
    return channel.resume(id, stream, inputResponses(meant.message));
  }

  const channel = new ModernChannel(core, id, stream, view);
  const exchange = createExchange(core, view, sender, meant.message, channel, continued.edits);
  if (exchange === undefined) return;
  if (meant.convert !== undefined) exchange.channel = new TaskChannel(exchange.channel, meant.convert);
  if (continued.server !== undefined && continued.server !== exchange.server) {
    return reply({ kind: 'error', error: invalid(WRONG_STATE) });
  }
  channel.bind(exchange);
  stream.onClosed(() => channel.clientGone(stream));
  core.pool.submit(exchange);
}

type Continuation =
  | { readonly kind: 'exchange'; readonly edits: readonly Edit[]; readonly server: string | undefined }
  | { readonly kind: 'parked'; readonly channel: ModernChannel }
  | { readonly kind: 'refused'; readonly error: RpcError };

const WRONG_STATE = 'Invalid requestState: it was not given out for this request.';
const FRESH: Continuation = { kind: 'exchange', edits: [], server: undefined };

/** Opens the state that a retry brings back. */
function continuation(core: Core, view: View, caller: Caller, message: Message): Continuation {
  const member = message.members.get('requestState');
  if (member === undefined) return FRESH;
  const text = stringValue(message.bytes, member);
  const sealed = text === undefined ? undefined : core.sealer.open(text);
  if (sealed === undefined) return { kind: 'refused', error: invalid(WRONG_STATE) };
  if (view.server !== undefined && view.server !== sealed.server)
    return { kind: 'refused', error: invalid(WRONG_STATE) };
  const problem = problemOf(core, caller, message, sealed);
  if (problem !== undefined) return { kind: 'refused', error: problem };
  if (sealed.kind === 'state') {
    return { kind: 'exchange', edits: [replaceSpan(member, sealed.value)], server: sealed.server };
  }
  const channel = core.parked.take(sealed.value, sealed.nonce);
  if (channel === undefined)
    return {
      kind: 'refused',
      error: invalid('Invalid requestState: the call is over. Call again without it.'),
    };
  return { kind: 'parked', channel };
}

function problemOf(core: Core, caller: Caller, message: Message, sealed: Sealed): RpcError | undefined {
  const nowMs = core.clock.nowMs();
  if (sealed.expiresMs < nowMs) return invalid('Invalid requestState: it expired. Call again without it.');
  if (
    sealed.principal !== caller.principal ||
    sealed.digest !== digestOf({ request: message, method: message.method ?? '' })
  )
    return invalid(WRONG_STATE);
  if (sealed.owner !== core.sealer.owner) return ofEarlierRun(sealed);
  if (!core.usedStates.use(sealed.nonce, sealed.expiresMs, nowMs))
    return invalid('Invalid requestState: it was used before.');
  return undefined;
}

/**
 * Which states were used is known to the run that gave them out: after it an answer could be given twice, and a
 * confirmation must not be. A call that waited for an answer ended with the run, and nobody knows how far it came.
 */
function ofEarlierRun({ kind, server }: Sealed): RpcError {
  if (kind === 'state')
    return invalid('Invalid requestState: Tutti was restarted since. Call again without it.');
  const text = `Tutti was restarted while ${server} waited for the answer. What the call has done by then is unknown: look before you call again.`;
  return rpcErrorOf(new AppError('outcome_unknown', text, { details: { server } }));
}

function invalid(text: string): RpcError {
  return rpcError(INVALID_PARAMS, text);
}

function inputResponses(message: Message): Map<string, Buffer> {
  const member = message.members.get('inputResponses');
  const entries = member === undefined ? [] : objectEntries(message.bytes, member);
  return new Map(entries.map(({ key, value }) => [key, Buffer.from(spanBytes(message.bytes, value))]));
}
