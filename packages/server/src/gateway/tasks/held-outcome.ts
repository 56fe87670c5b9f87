// What a held call came to, in bytes of its own.

import {
  isScanFailure,
  type Message,
  objectMembers,
  replaceSpan,
  scanMessage,
  spanText,
  splice,
  stringValue,
} from '@tutti/wire';
import { encodeReply } from '../down/encode-reply.ts';
import { toBuffer } from '../down/sink.ts';
import type { Reply } from '../exchange.ts';
import { rpcError, type RpcError } from '../protocol/rpc.ts';

export type HeldOutcome =
  | { readonly kind: 'result'; readonly json: Buffer; readonly isError: boolean }
  | { readonly kind: 'error'; readonly error: RpcError }
  | { readonly kind: 'cancelled' };

/** A server's message is only good for the moment, so that it is copied. */
export function outcomeOf(reply: Reply): HeldOutcome {
  if (reply.kind === 'error') return reply;
  if (reply.kind === 'result') return resultOutcome(Buffer.from(reply.json));
  const message = scanMessage(toBuffer(encodeReply(reply, '0')));
  if (isScanFailure(message) || message.body === undefined)
    return { kind: 'error', error: rpcError(-32_603, 'The answer can not be kept.') };
  if (message.kind === 'error') return { kind: 'error', error: errorOf(message) };
  return resultOutcome(message.bytes.subarray(message.body.start, message.body.end));
}

export function bytesOf(outcome: HeldOutcome): number {
  return outcome.kind === 'result' ? outcome.json.length : 0;
}

const IS_ERROR: ReadonlySet<string> = new Set(['isError']);

export function resultOutcome(json: Buffer): HeldOutcome {
  const isError = objectMembers(json, whole(json), IS_ERROR).get('isError');
  return { kind: 'result', json, isError: isError !== undefined && json[isError.start] === 0x74 };
}

/** What was kept as text, or undefined when it is none any more. */
export function outcomeFromJson(member: 'result' | 'error', json: string): HeldOutcome | undefined {
  const message = scanMessage(Buffer.from(`{"jsonrpc":"2.0","id":0,"${member}":${json}}`));
  if (isScanFailure(message) || message.kind !== member || message.body === undefined) return undefined;
  if (message.kind === 'error') return { kind: 'error', error: errorOf(message) };
  return resultOutcome(message.bytes.subarray(message.body.start, message.body.end));
}

function errorOf({ bytes, members, body }: Message): RpcError {
  const code = members.get('code');
  const text = members.get('message');
  const data = body === undefined ? undefined : objectMembers(bytes, body, DATA).get('data');
  return {
    code: code === undefined ? -32_603 : Number(spanText(bytes, code)),
    message: (text === undefined ? undefined : stringValue(bytes, text)) ?? '',
    data: data === undefined ? undefined : toValue(spanText(bytes, data)),
  };
}

const DATA: ReadonlySet<string> = new Set(['data']);

/** The scanner has found it valid; what it is does not matter here. */
function toValue(text: string): unknown {
  return JSON.parse(text);
}

const CONTENT: ReadonlySet<string> = new Set(['content']);
const SPACE = /^\s*$/;

/** The result with a word to the model that it is not of this call, but of the one before. */
export function takenUp(json: Buffer, startedMs: number): Buffer {
  const content = objectMembers(json, whole(json), CONTENT).get('content');
  if (content === undefined || json[content.end - 1] !== 0x5d) return json;
  const text = `This is the result of the same call of ${new Date(startedMs).toISOString()}, which went on after its client stopped waiting. Call again to run it anew.`;
  const block = JSON.stringify({ type: 'text', text });
  const isEmpty = SPACE.test(json.toString('latin1', content.start + 1, content.end - 1));
  const end = content.end - 1;
  return splice(json, [replaceSpan({ start: end, end }, isEmpty ? block : `,${block}`)]);
}

function whole(json: Buffer): { readonly start: number; readonly end: number } {
  return { start: 0, end: json.length };
}
