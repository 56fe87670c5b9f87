import { describe, expect, test } from 'vitest';
import { spanText } from '../src/json-items.ts';
import type { Message } from '../src/message.ts';
import { isScanFailure, scanMessage } from '../src/scan.ts';
import { cutEdits, splice } from '../src/splice.ts';

function kindOf(text: string): string {
  return scanMessage(Buffer.from(text)).kind;
}

function scanned(text: string): Message {
  const message = scanMessage(Buffer.from(text));
  if (isScanFailure(message)) throw new Error(message.reason);
  return message;
}

describe('shape', () => {
  const head = '"jsonrpc":"2.0"';
  test.each([
    ['request', `{${head},"id":1,"method":"m"}`],
    ['request', `{${head},"id":"","method":"m","params":{}}`],
    ['request', `{${head},"id":1.5,"method":"m","params":[]}`],
    ['request', `{${head},"id":12345678901234567890123,"method":"tools/call"}`],
    ['request', `{"jsonrpc":"2\\u002e0","id":-1,"method":"m"}`],
    ['notification', `{${head},"method":"m","params":{}}`],
    ['result', `{${head},"id":1,"result":{}}`],
    ['result', `{${head},"id":"a","result":null}`],
    ['error', `{${head},"id":1,"error":{}}`],
    ['error', `{${head},"id":null,"error":{"code":1}}`],
    ['error', `{${head},"error":{"code":1}}`],
    ['shape', '{}'],
    ['shape', '[]'],
    ['shape', '"x"'],
    ['shape', `{${head}}`],
    ['shape', `{${head},"id":1}`],
    ['shape', '{"id":1,"method":"m"}'],
    ['shape', '{"jsonrpc":"1.0","id":1,"method":"m"}'],
    ['shape', '{"jsonrpc":2.0,"id":1,"method":"m"}'],
    ['shape', '{"jsonrpc":12.03,"id":1,"method":"m"}'],
    ['shape', '{"jsonrpc":[2.0],"id":1,"method":"m"}'],
    ['shape', `{${head},"id":1,"method":7}`],
    ['shape', `{${head},"id":null,"method":"m"}`],
    ['shape', `{${head},"id":true,"method":"m"}`],
    ['shape', `{${head},"id":{},"method":"m"}`],
    ['shape', `{${head},"id":1,"method":"m","params":null}`],
    ['shape', `{${head},"method":"m","params":"x"}`],
    ['shape', `{${head},"id":1,"method":"m","result":{}}`],
    ['shape', `{${head},"id":1,"method":"m","error":{}}`],
    ['shape', `{${head},"id":1,"result":{},"error":{}}`],
    ['shape', `{${head},"id":1,"result":{},"params":{}}`],
    ['shape', `{${head},"result":{}}`],
    ['shape', `{${head},"id":null,"result":{}}`],
    ['shape', `{${head},"id":1,"error":"x"}`],
    ['shape', `{${head},"id":false,"error":{}}`],
    ['parse', ''],
    ['parse', ' '],
    ['parse', '\ufeff{}'],
    ['parse', '{"a":1}{}'],
    ['parse', '{"a":1,}'],
    ['parse', '{"a":01}'],
    ['parse', '{"a":"\n"}'],
  ])('%s: %s', (kind, text) => {
    expect(kindOf(text)).toBe(kind);
  });

  test('bytes that are not UTF-8 are no message', () => {
    const text = '{"jsonrpc":"2.0","method":"m","params":{"x":"?"}}';
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      const [before = '', after = ''] = text.split('?');
      const bytes = Buffer.concat([Buffer.from(before), Buffer.from(bad), Buffer.from(after)]);
      expect(scanMessage(bytes).kind).toBe('parse');
    }
  });

  test('the deepest that may be set is not too deep for the stack', () => {
    const deep = 998;
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const nested = `${open.repeat(deep)}1${close.repeat(deep)}`;
      const bytes = Buffer.from(`{"jsonrpc":"2.0","method":"m","params":{"a":${nested}}}`);
      expect(scanMessage(bytes, { maxDepth: 1_000 }).kind).toBe('notification');
      expect(scanMessage(bytes, { maxDepth: 999 }).kind).toBe('parse');
    }
  });

  test('the depth is a limit of the caller', () => {
    const bytes = Buffer.from('{"jsonrpc":"2.0","method":"m","params":{"a":[[]]}}');
    expect(scanMessage(bytes, { maxDepth: 4 }).kind).toBe('notification');
    expect(scanMessage(bytes, { maxDepth: 3 })).toMatchObject({
      kind: 'parse',
      reason: 'nested deeper than 3',
      offset: 45,
    });
  });
});

describe('a failure', () => {
  test.each([
    ['unexpected end', '{"jsonrpc":"2.0","id":7,"result":{"a":"b', '7'],
    ['control character in a string', '{"id":"x","result":"\u0001"}', '"x"'],
    ['expected a comma or }', '{"id":null,"id":[1] 3}', undefined],
    ['a result without an id', '{"jsonrpc":"2.0","result":{}}', undefined],
    ['both a result and an error', '{"jsonrpc":"2.0","id":3,"result":{},"error":{}}', '3'],
  ])('says %s and carries the id that it saw', (reason, text, id) => {
    const bytes = Buffer.from(text);
    const failure = scanMessage(bytes);
    if (!isScanFailure(failure)) throw new Error('a message');
    expect(failure.reason).toBe(reason);
    expect(failure.id && spanText(bytes, failure.id)).toBe(id);
  });
});

describe('repeated names', () => {
  test('a second params replaces all that was found in the first', () => {
    const message = scanned(
      '{"jsonrpc":"2.0","method":"m","params":{"name":1,"name":2,"_meta":{"progressToken":1}},"params":{"uri":"u"}}',
    );
    expect([...message.members.keys()]).toEqual(['uri']);
    expect([message.meta, message.metaMembers.size]).toEqual([undefined, 0]);
    expect(splice(message.bytes, cutEdits(message)).toString()).toBe(
      '{"jsonrpc":"2.0","method":"m","params":{"uri":"u"}}',
    );
  });

  test('a name written with escapes is the same name', () => {
    const message = scanned(
      '{"jsonrpc":"2.0","method":"m","params":{"name":"a" , "n\\u0061me":"b", "\\u006eame":"c" }}',
    );
    const name = message.members.get('name');
    expect(name && spanText(message.bytes, name)).toBe('"c"');
    expect(splice(message.bytes, cutEdits(message)).toString()).toBe(
      '{"jsonrpc":"2.0","method":"m","params":{"\\u006eame":"c" }}',
    );
  });

  test('a second _meta that is no object leaves none', () => {
    const message = scanned(
      '{"jsonrpc":"2.0","method":"m","params":{"_meta":{"progressToken":1},"_meta":null}}',
    );
    expect([message.meta, message.metaMembers.size]).toEqual([undefined, 0]);
    expect(message.members.has('_meta')).toBe(true);
  });

  test('very many of them cost time in proportion', () => {
    const repeated = '"name":1,"params":{"name":1,"name":2},'.repeat(100_000);
    const message = scanned(
      `{${repeated}"jsonrpc":"2.0","method":"m","params":{${'"name":1,'.repeat(100_000)}"uri":2}}`,
    );
    expect(message.cuts.length).toBe(199_999);
    expect(splice(message.bytes, cutEdits(message)).length).toBeLessThan(1_000_100);
  });
});
