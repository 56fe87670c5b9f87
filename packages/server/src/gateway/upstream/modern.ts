// Codec for servers of the modern era: every request carries the client's envelope; the server asks by answering
// `input_required`, which a modern client gets as it is (its state sealed) and a legacy client gets as questions.

import {
  cutEdits,
  dropMembers,
  dropMetaMembers,
  replaceSpan,
  type Edit,
  ENVELOPE,
  ENVELOPE_KEYS,
  insertMembers,
  type Message,
  notification,
  objectEntries,
  request,
  setId,
  setMetaMembers,
  spanBytes,
  spanText,
  splice,
  stringValue,
} from '@tutti/wire';
import type { Ask, Exchange } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import { MAX_INPUT_ROUNDS } from '../limits.ts';
import { TASKS_EXTENSION } from '../protocol/capabilities.ts';
import { namedMember } from '../protocol/classify.ts';
import { MODERN_REVISION } from '../protocol/revisions.ts';
import { rpcErrorOf } from '../protocol/rpc.ts';
import { AppError } from '../../kernel/errors.ts';
import type { CodecHost, UpstreamCodec } from './codec.ts';
import { inputResponse } from './input-response.ts';

export interface ModernCodecOptions {
  readonly transport: 'stdio' | 'http';
  /** JSON text of who the gateway is, for requests of its own. */
  readonly clientInfo: string;
  /** Seals the server's state (JSON text) for the exchange's client: JSON text of a string. */
  seal(exchange: Exchange, state: string): string;
}

/** What the gateway itself can do as a client. */
const OWN_CAPABILITIES = `{"extensions":{"${TASKS_EXTENSION}":{}}}`;
/** Members of params that mean nothing to a modern server: it decides by itself what becomes a task. */
const LEGACY_MEMBERS = ['task'];
/** What the answers to a server's questions are sent in. */
const INPUT_MEMBERS = ['inputResponses', 'requestState'];

export function createModernCodec(host: CodecHost, options: ModernCodecOptions): UpstreamCodec {
  const own = envelopeText(options.clientInfo, OWN_CAPABILITIES, undefined);

  return {
    era: 'modern',

    encode(exchange, id) {
      const message = exchange.request;
      const edits: Edit[] = [setId(message, String(id)), ...exchange.renames, ...cutEdits(message)];
      const token = message.metaMembers.get('progressToken');
      if (token !== undefined) edits.push(replaceSpan(token, String(id)));
      if (exchange.caller.era === 'legacy') {
        edits.push(...withEnvelope(message, callerEnvelope(exchange.caller), exchange.inputs));
      }
      return {
        id,
        method: exchange.method,
        bytes: splice(message.bytes, edits),
        name: mirroredName(exchange),
        paramHeaders: exchange.paramHeaders,
      };
    },

    answered(exchange, message) {
      const type = message.members.get('resultType');
      const asksInput = type !== undefined && stringValue(message.bytes, type) === 'input_required';
      if (!asksInput) exchange.finish({ kind: 'message', message, edits: [] });
      else if (exchange.caller.era === 'modern')
        exchange.finish({ kind: 'message', message, edits: sealState(exchange, message, options) });
      else askLegacyClient(exchange, message, host);
    },

    asked() {
      // A modern server has no requests of its own; without an answer it can't mistake us for a legacy client.
    },

    withdrawn() {},

    isAsking: false,

    takeBack() {},

    cancel(id, reason) {
      if (options.transport === 'stdio')
        host.send(notification('notifications/cancelled', JSON.stringify({ requestId: id, reason })));
      else host.abort(id);
    },

    encodeOwn(id, method, params) {
      const rest = params === '{}' ? '}' : `,${params.slice(1)}`;
      const bytes = request(String(id), method, `{"_meta":{${own}}${rest}`);
      return { id, method, bytes, name: undefined, paramHeaders: undefined };
    },
  };
}

function envelopeText(
  clientInfo: string | undefined,
  capabilities: string,
  logLevel: string | undefined,
): string {
  const info = clientInfo === undefined ? '' : `,"${ENVELOPE.clientInfo}":${clientInfo}`;
  const level = logLevel === undefined ? '' : `,"${ENVELOPE.logLevel}":${JSON.stringify(logLevel)}`;
  return `"${ENVELOPE.protocolVersion}":"${MODERN_REVISION}","${ENVELOPE.clientCapabilities}":${capabilities}${info}${level}`;
}

function callerEnvelope(caller: Caller): string {
  return envelopeText(caller.clientInfo, caller.capabilities, caller.logLevel);
}

/** The params, which are an object or not there, with the envelope in place of whatever the client has of one, and with
 *  the answers to what the server asked. */
function withEnvelope(message: Message, envelope: string, inputs: string | undefined): Edit[] {
  const { body, root } = message;
  if (body === undefined) {
    const members = inputs === undefined ? '' : `,${inputs}`;
    return [insertMembers(root, `"params":{"_meta":{${envelope}}${members}}`)];
  }
  const dropped = inputs === undefined ? LEGACY_MEMBERS : [...LEGACY_MEMBERS, ...INPUT_MEMBERS];
  return [
    ...dropMembers(message, dropped),
    ...dropMetaMembers(message, ENVELOPE_KEYS),
    ...setMetaMembers(message, envelope),
    ...(inputs === undefined ? [] : [insertMembers(body, inputs)]),
  ];
}

/** The value of Mcp-Name: the name as the server knows it. */
function mirroredName(exchange: Exchange): string | undefined {
  const named = namedMember(exchange.method);
  const member = named === undefined ? undefined : exchange.request.members.get(named);
  if (member === undefined) return undefined;
  for (const edit of exchange.renames) {
    if (edit.start === member.start)
      return stringValue(Buffer.from(edit.text), { start: 0, end: Buffer.byteLength(edit.text) });
  }
  return stringValue(exchange.request.bytes, member);
}

function sealState(exchange: Exchange, message: Message, options: ModernCodecOptions): Edit[] {
  const state = message.members.get('requestState');
  if (state === undefined) return [];
  return [replaceSpan(state, options.seal(exchange, spanText(message.bytes, state)))];
}

/** Puts the server's questions to a legacy client, then sends the call again with the answers. */
function askLegacyClient(exchange: Exchange, message: Message, host: CodecHost): void {
  const requests = message.members.get('inputRequests');
  const entries = requests === undefined ? [] : objectEntries(message.bytes, requests);
  if (++exchange.rounds > MAX_INPUT_ROUNDS) {
    return exchange.fail(
      rpcErrorOf(
        new AppError('upstream_invalid', `The server asked for input more than ${MAX_INPUT_ROUNDS} times.`),
      ),
    );
  }
  const state = message.members.get('requestState');
  const stateMember = state === undefined ? '' : `,"requestState":${spanText(message.bytes, state)}`;
  const answers = new Map<string, Buffer>();
  const asks: Ask[] = [];
  let open = entries.length;

  const done = (): void => {
    if (exchange.finished) return;
    const responses = [...answers].map(([key, json]) => `${JSON.stringify(key)}:${json.toString()}`);
    exchange.inputs = `"inputResponses":{${responses.join(',')}}${stateMember}`;
    exchange.deadlineMs = host.nowMs() + host.callTimeoutMs;
    host.resend(exchange);
  };
  exchange.deadlineMs = host.nowMs() + host.askTimeoutMs;
  const withdraw = (): void => {
    for (const ask of asks) ask.onWithdrawn?.();
  };
  exchange.holder = { cancel: withdraw };

  for (const { key, value } of entries) {
    const { method, params } = inputRequest(message.bytes, value);
    let settled = false;
    const ask: Ask = {
      method,
      params,
      progressToken: undefined,
      onWithdrawn: undefined,
      progress() {},
      settle(answer) {
        if (settled) return;
        settled = true;
        const input = inputResponse(method, answer);
        if (input === undefined) {
          withdraw();
          const text = `The client could not answer ${method}: ${answer.json.toString()}`;
          return exchange.fail(rpcErrorOf(new AppError('refused', text)));
        }
        answers.set(key, input);
        if (--open === 0) done();
      },
    };
    asks.push(ask);
    exchange.channel.ask(ask);
    if (exchange.finished) return;
  }
  if (entries.length === 0) done();
}

function inputRequest(
  bytes: Buffer,
  value: { start: number; end: number },
): { method: string; params: Buffer | undefined } {
  let method = '';
  let params: Buffer | undefined;
  for (const entry of objectEntries(bytes, value)) {
    if (entry.key === 'method') method = stringValue(bytes, entry.value) ?? '';
    if (entry.key === 'params') params = spanBytes(bytes, entry.value);
  }
  return { method, params };
}
