// Codec for servers of the legacy era: the request as it came, less the modern envelope; asks arrive as requests of the
// server's own, and results get what the modern era demands of them.

import {
  cutEdits,
  replaceSpan,
  dropMembers,
  dropMetaMembers,
  type Edit,
  ENVELOPE,
  ENVELOPE_KEYS,
  errorResponse,
  insertMembers,
  type Message,
  notification,
  request,
  resultResponse,
  setId,
  spanBytes,
  spanText,
  splice,
} from '@tutti/wire';
import type { Answer, Ask, Asked } from '../exchange.ts';
import type { Caller } from '../caller.ts';
import { canAnswer } from '../protocol/capabilities.ts';
import { isAsk, isCacheable } from '../protocol/methods.ts';
import { INVALID_PARAMS, LEGACY_RESOURCE_NOT_FOUND, METHOD_NOT_FOUND } from '../protocol/rpc.ts';
import type { CodecHost, UpstreamCodec } from './codec.ts';

/** Members of params that mean nothing to a legacy server, or (`task`) something else than the client means. */
const MODERN_MEMBERS = ['inputResponses', 'requestState', 'task'];

export function createLegacyCodec(host: CodecHost): UpstreamCodec {
  /** Open questions of the server, by the id it gave them. */
  const asks = new Map<string, Ask>();
  /** Whose calls they came up in; questions about tasks outlive calls. */
  const callers = new WeakMap<Ask, Caller>();
  let askCount = 0;

  function respond(id: string, answer: Answer): void {
    if (answer.kind === 'result') host.send(resultResponse(id, answer.json));
    else host.send(Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":`), answer.json, CLOSE]));
  }

  function ask(message: Message, id: string, asked: Asked): Ask {
    const token = message.metaMembers.get('progressToken');
    const ownToken = token === undefined ? undefined : `"${host.server}:${++askCount}"`;
    // Taken now: the message's bytes are only good for the moment.
    const text = token === undefined ? '' : spanText(message.bytes, token);
    const question: Ask = {
      method: message.method ?? '',
      params: paramsWithToken(message, ownToken),
      progressToken: ownToken,
      onWithdrawn: undefined,
      settle(answer) {
        // The server may have given the id to another question since.
        if (asks.get(id) !== question) return;
        asks.delete(id);
        asked.deadlineMs = host.nowMs() + host.callTimeoutMs;
        respond(id, answer);
      },
      progress(report) {
        const place = report.members.get('progressToken');
        if (place !== undefined) host.send(splice(report.bytes, [replaceSpan(place, text)]));
      },
    };
    return question;
  }

  return {
    era: 'legacy',

    encode(exchange, id) {
      const message = exchange.request;
      const edits: Edit[] = [setId(message, String(id)), ...exchange.renames, ...cutEdits(message)];
      const token = message.metaMembers.get('progressToken');
      if (token !== undefined) edits.push(replaceSpan(token, String(id)));
      if (exchange.caller.era === 'modern') {
        edits.push(...dropMetaMembers(message, ENVELOPE_KEYS));
        if (message.members.has('inputResponses') || message.members.has('task'))
          edits.push(...dropMembers(message, MODERN_MEMBERS));
      }
      return {
        id,
        method: exchange.method,
        bytes: splice(message.bytes, edits),
        name: undefined,
        paramHeaders: undefined,
      };
    },

    answered(exchange, message) {
      const edits = exchange.caller.era === 'modern' ? modernise(message, exchange.method) : [];
      exchange.finish({ kind: 'message', message, edits });
    },

    asked(message, exchange) {
      if (message.id === undefined) return;
      const id = spanText(message.bytes, message.id);
      const method = message.method ?? '';
      if (method === 'ping') return host.send(resultResponse(id, '{}'));
      if (!isAsk(method))
        return host.send(errorResponse(id, METHOD_NOT_FOUND, `Method not found: ${method}`));
      const task = message.metaMembers.has(ENVELOPE.relatedTask) ? host.taskOf(message) : undefined;
      const asked = task ?? exchange;
      if (asked === undefined) {
        host.interactive();
        return host.send(
          errorResponse(id, -32603, `Nobody to ask: it can't be told which client ${method} is for.`),
        );
      }
      if (!canAnswer(asked.caller, method))
        return host.send(errorResponse(id, METHOD_NOT_FOUND, `The client can't answer ${method}.`));
      const question = ask(message, id, asked);
      asks.set(id, question);
      if (task === undefined) callers.set(question, asked.caller);
      asked.deadlineMs = host.nowMs() + host.askTimeoutMs;
      asked.channel.ask(question);
    },

    withdrawn(message) {
      const place = message.members.get('requestId');
      const id = place === undefined ? '' : spanText(message.bytes, place);
      const question = asks.get(id);
      if (question === undefined) return;
      asks.delete(id);
      question.onWithdrawn?.();
    },

    get isAsking() {
      return asks.size > 0;
    },

    takeBack(caller) {
      for (const question of asks.values()) {
        if (caller !== undefined && callers.get(question) !== caller) continue;
        question.onWithdrawn?.();
        question.settle({ kind: 'error', json: OVER });
      }
    },

    cancel(id, reason) {
      host.send(notification('notifications/cancelled', JSON.stringify({ requestId: id, reason })));
      host.abort(id);
    },

    encodeOwn(id, method, params) {
      return {
        id,
        method,
        bytes: request(String(id), method, params),
        name: undefined,
        paramHeaders: undefined,
      };
    },
  };
}

const CLOSE = Buffer.from('}');
const OVER = Buffer.from('{"code":-32000,"message":"The call that this question belongs to is over."}');

function paramsWithToken(message: Message, token: string | undefined): Buffer | undefined {
  if (message.body === undefined) return undefined;
  const place = message.metaMembers.get('progressToken');
  if (place === undefined || token === undefined) return Buffer.from(spanBytes(message.bytes, message.body));
  const { bytes, body } = message;
  return Buffer.concat([
    bytes.subarray(body.start, place.start),
    Buffer.from(token),
    bytes.subarray(place.end, body.end),
  ]);
}

/** What a modern client needs in a response of a legacy server. */
export function modernise(message: Message, method: string): Edit[] {
  if (message.kind === 'error') {
    const code = message.members.get('code');
    if (code === undefined || spanText(message.bytes, code) !== String(LEGACY_RESOURCE_NOT_FOUND)) return [];
    return [replaceSpan(code, String(INVALID_PARAMS))];
  }
  if (message.body === undefined || !message.bodyIsObject) return [];
  const missing: string[] = [];
  if (!message.members.has('resultType')) missing.push('"resultType":"complete"');
  if (isCacheable(method)) {
    if (!message.members.has('ttlMs')) missing.push('"ttlMs":0');
    if (!message.members.has('cacheScope')) missing.push('"cacheScope":"private"');
  }
  return missing.length === 0 ? [] : [insertMembers(message.body, missing.join(','))];
}
