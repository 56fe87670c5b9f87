// What a modern server gets of a legacy client's requests, and what becomes of its questions.

import { isScanFailure, scanMessage } from '@tutti/wire';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import type { Caller } from '../../../src/gateway/caller.ts';
import { type Ask, Exchange, type Reply } from '../../../src/gateway/exchange.ts';
import type { CodecHost } from '../../../src/gateway/upstream/codec.ts';
import { createModernCodec } from '../../../src/gateway/upstream/modern.ts';

const caller: Caller = {
  principal: 'local',
  era: 'legacy',
  sessionKey: 'session:1',
  protocolVersion: '2025-11-25',
  capabilities: '{"sampling":{}}',
  clientInfo: '{"name":"c","version":"1"}',
  logLevel: undefined,
  paramHeaders: undefined,
};

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { sampling: {} },
  'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
};

function scanned(text: string) {
  const message = scanMessage(Buffer.from(text));
  if (isScanFailure(message)) throw new Error(message.reason);
  return message;
}

function open(params: string | undefined) {
  const asks: Ask[] = [];
  const replies: Reply[] = [];
  const resent: Exchange[] = [];
  const host: CodecHost = {
    server: 's',
    send() {},
    abort() {},
    resend: (exchange) => void resent.push(exchange),
    taskOf: () => undefined,
    interactive() {},
    nowMs: () => 0,
    askTimeoutMs: 1_000,
    callTimeoutMs: 1_000,
  };
  const codec = createModernCodec(host, { transport: 'http', clientInfo: '{}', seal: () => '""' });
  const exchange = new Exchange({
    request: scanned(
      `{"jsonrpc":"2.0","id":"x","method":"vendor/do"${params === undefined ? '' : `,"params":${params}`}}`,
    ),
    method: 'vendor/do',
    caller,
    server: 's',
    tool: undefined,
    renames: [],
    paramHeaders: undefined,
    startedMs: 0,
    deadlineMs: 1_000,
    channel: { notify() {}, ask: (ask) => asks.push(ask), finish: (reply) => replies.push(reply) },
    owner: { finished() {} },
  });
  const sent = (): string => String(codec.encode(exchange, 7).bytes);
  return { codec, exchange, asks, replies, resent, sent };
}

/** Names that stand twice in one object go unnoticed by JSON.parse. */
const count = (text: string, name: string): number => text.split(`"${name}"`).length - 1;

describe('the envelope', () => {
  const cases: [what: string, params: string | undefined, rest: object][] = [
    ['no params', undefined, {}],
    ['empty params', '{}', {}],
    ['no _meta', '{"a":1}', { a: 1 }],
    ['a _meta that is null', '{"_meta":null,"a":1}', { a: 1 }],
    ['a _meta that is no object', '{"a":1,"_meta":[{}]}', { a: 1 }],
    ['a _meta with more', '{"_meta":{"x":1},"a":1}', { a: 1, _meta: { x: 1 } }],
    [
      'an envelope of its own',
      '{"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"liar"},"x":1,"io.modelcontextprotocol/clientCapabilities":{"roots":{}},"io.modelcontextprotocol/logLevel":"debug"}}',
      { _meta: { x: 1 } },
    ],
    ['members of the era', '{"task":{},"a":1}', { a: 1 }],
  ];
  test.each(cases)('with %s', (_, params, rest) => {
    verifies('GW-03', 'GW-04');
    const own = '_meta' in rest ? rest._meta : {};
    for (const inputs of [undefined, '"inputResponses":{"k":{}},"requestState":"s"']) {
      const { exchange, sent } = open(params);
      exchange.inputs = inputs;
      const text = sent();
      const more = inputs === undefined ? {} : { inputResponses: { k: {} }, requestState: 's' };
      expect(JSON.parse(text)).toEqual({
        jsonrpc: '2.0',
        id: 7,
        method: 'vendor/do',
        params: { ...rest, ...more, _meta: { ...(own as object), ...ENVELOPE } },
      });
      for (const name of ['_meta', 'params', ...Object.keys(ENVELOPE)]) expect(count(text, name)).toBe(1);
    }
  });

  test('the answers are ours, whatever the client calls its own members', () => {
    verifies('GW-03');
    const { exchange, sent } = open('{"requestState":"mine","a":1,"inputResponses":{}}');
    expect(JSON.parse(sent()).params).toMatchObject({ requestState: 'mine', a: 1 });
    exchange.inputs = '"inputResponses":{"k":{}},"requestState":"s"';
    expect(JSON.parse(sent()).params).toMatchObject({ requestState: 's', inputResponses: { k: {} }, a: 1 });
    expect(count(sent(), 'requestState')).toBe(1);
  });
});

describe('questions', () => {
  const asking = scanned(
    '{"jsonrpc":"2.0","id":7,"result":{"resultType":"input_required","inputRequests":{' +
      '"a":{"method":"elicitation/create","params":{}},"b":{"method":"sampling/createMessage","params":{}},' +
      '"c":{"method":"roots/list"}}}}',
  );

  test('one that can’t be answered takes the others back', () => {
    verifies('GW-03');
    const { codec, exchange, asks, replies } = open('{}');
    codec.answered(exchange, asking);
    const withdrawn: string[] = [];
    for (const ask of asks) ask.onWithdrawn = () => withdrawn.push(ask.method);
    asks[1]?.settle({ kind: 'error', json: Buffer.from('{"code":-32000,"message":"no model"}') });
    expect(withdrawn).toEqual(expect.arrayContaining(['elicitation/create', 'roots/list']));
    expect(replies).toEqual([
      { kind: 'error', error: expect.objectContaining({ message: expect.stringContaining('no model') }) },
    ]);
    asks[0]?.settle({ kind: 'result', json: Buffer.from('{}') });
    expect(replies).toHaveLength(1);
  });

  test('one that is refused on the spot keeps the next ones from being asked', () => {
    verifies('GW-03');
    const { codec, exchange, asks, replies } = open('{}');
    exchange.channel.ask = (ask) => {
      asks.push(ask);
      if (asks.length === 2)
        ask.settle({ kind: 'error', json: Buffer.from('{"code":-32000,"message":"full"}') });
    };
    codec.answered(exchange, asking);
    expect(asks).toHaveLength(2);
    expect(replies).toHaveLength(1);
  });
});
