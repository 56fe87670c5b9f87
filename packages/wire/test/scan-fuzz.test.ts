import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../test/verifies.ts';
import { spanText } from '../src/json-items.ts';
import { OWNED_MEMBERS, OWNED_META, type Message, type Span } from '../src/message.ts';
import { isScanFailure, MAX_DEPTH, scanMessage } from '../src/scan.ts';
import { cutEdits, splice } from '../src/splice.ts';
import { runs } from './fuzz.ts';
import { padded, valueText } from './json-text.ts';
import { messageText, nearMessageText } from './message-text.ts';
import { depthOf, isRawObject, pick, readRaw, type Raw } from './raw-json.ts';

function jsonOf(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Whether the scanner takes the bytes for valid JSON exactly when JSON.parse does. */
function expectSameVerdict(bytes: Buffer): void {
  const scanned = scanMessage(bytes);
  const text = bytes.toString();
  const json = isUtf8(bytes) ? jsonOf(text) : undefined;
  const valid = json !== undefined && depthOf(text) <= MAX_DEPTH;
  if ((scanned.kind !== 'parse') !== valid) {
    throw new Error(
      `scanner says ${JSON.stringify(scanned)}, JSON.parse ${valid ? 'accepts' : 'refuses'}: ${text}`,
    );
  }
  const isObject = typeof json?.value === 'object' && json.value !== null && !Array.isArray(json.value);
  if (valid && !isObject) expect(scanned.kind).toBe('shape');
}

/** Messages often, and other JSON. */
const jsonText = fc.oneof(
  { weight: 3, arbitrary: messageText },
  { weight: 2, arbitrary: nearMessageText },
  { weight: 2, arbitrary: padded(valueText) },
);

/** Bytes that mean something to a JSON parser, and any others. */
const byte = fc.oneof(
  fc.constantFrom(...Buffer.from('{}[]",:\\/ \t\n\r0123456789-+.eEtrufalsn\u0000\u0001\u001f')),
  fc.integer({ min: 0, max: 255 }),
);
const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('flip', 'insert', 'delete', 'truncate'),
  byte,
});

function mutate(bytes: Buffer, mutations: readonly { at: number; kind: string; byte: number }[]): Buffer {
  let out = [...bytes];
  for (const { at, kind, byte } of mutations) {
    const index = out.length === 0 ? 0 : at % out.length;
    if (kind === 'flip') out[index] = byte;
    else if (kind === 'insert') out.splice(index, 0, byte);
    else if (kind === 'delete') out.splice(index, 1);
    else out = out.slice(0, index);
  }
  return Buffer.from(out);
}

function scanned(text: string): Message {
  const message = scanMessage(Buffer.from(text));
  if (isScanFailure(message)) throw new Error(`${message.reason} at ${message.offset}: ${text}`);
  return message;
}

describe('the scanner agrees with JSON.parse', () => {
  test('on generated text', () => {
    verifies('GW-04');
    fc.assert(
      fc.property(jsonText, (text) => expectSameVerdict(Buffer.from(text))),
      runs(3000),
    );
  });

  test('on text with a few bytes changed', () => {
    verifies('GW-04');
    const property = fc.property(
      jsonText,
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      (text, mutations) => expectSameVerdict(mutate(Buffer.from(text), mutations)),
    );
    fc.assert(property, runs(6000));
  });

  test('on nesting up to the limit and beyond', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":[', ']}]'],
    ] as const) {
      for (let count = 1; count < 80; count++) {
        const nested = open.repeat(count) + '1' + close.repeat(count);
        for (const text of [
          nested,
          `{"x":${nested}}`,
          `{"jsonrpc":"2.0","method":"m","params":{"_meta":{"progressToken":${nested}}}}`,
        ]) {
          expectSameVerdict(Buffer.from(text));
        }
      }
    }
  });
});

describe('the scanner finds', () => {
  test('the last of each owned member, as JSON.parse has it', () => {
    verifies('GW-04');
    const property = fc.property(messageText, (text) => {
      const message = scanned(text);
      const { bytes } = message;
      const root = readRaw(text);
      const bodyName =
        message.kind === 'request' || message.kind === 'notification' ? 'params' : message.kind;
      const body = pick(root, bodyName, 'last');
      const meta = pick(body, '_meta', 'last');
      const rawAt = (span: Span | undefined): Raw | undefined => span && readRaw(spanText(bytes, span));

      const method = pick(root, 'method', 'last');
      expect(message.method).toBe(typeof method === 'string' ? JSON.parse(method) : undefined);
      const id = pick(root, 'id', 'last');
      expect(rawAt(message.id)).toEqual(id === 'null' ? undefined : id);
      expect(rawAt(message.root)).toEqual(root);
      expect(rawAt(message.body)).toEqual(body);
      expect(message.bodyIsObject).toBe(isRawObject(body));
      expect(rawAt(message.meta)).toEqual(isRawObject(meta) ? meta : undefined);
      for (const [members, names, object] of [
        [message.members, OWNED_MEMBERS, body],
        [message.metaMembers, OWNED_META, meta],
      ] as const) {
        const expected = new Map(
          isRawObject(object) ? object.members.filter(([name]) => names.has(name)) : [],
        );
        expect(new Map([...members].map(([name, member]) => [name, rawAt(member)]))).toEqual(expected);
        for (const [name, member] of members) {
          const key = /^"(?:[^"\\]|\\.)*"/.exec(bytes.toString('utf8', member.keyStart))?.[0] ?? '';
          expect(JSON.parse(key)).toBe(name);
        }
      }
    });
    fc.assert(property, runs(1200));
  });

  test('what JSON.parse finds in repeated members', () => {
    const text =
      '{"jsonrpc":"2.0","method":"a","id":1,"id":2,"method":"b","params":{"name":1,"name":2,"_meta":{"progressToken":1}},' +
      '"params":{"uri":1,"uri":[2],"_meta":1,"_meta":{"progressToken":1,"progressToken":3}}}';
    const message = scanned(text);
    expect(JSON.parse(text)).toEqual({
      jsonrpc: '2.0',
      method: message.method,
      id: Number(spanText(message.bytes, message.id ?? message.root)),
      params: { uri: [2], _meta: { progressToken: 3 } },
    });
    expect([...message.members.keys()]).toEqual(['uri', '_meta']);
    const token = message.metaMembers.get('progressToken');
    expect(token && spanText(message.bytes, token)).toBe('3');
  });
});

/** The same with all but the last of each owned name removed, level by level. */
function withoutLosers(raw: Raw, levels: readonly ReadonlySet<string>[], into: readonly string[]): Raw {
  const [names, ...deeper] = levels;
  if (names === undefined || !isRawObject(raw)) return raw;
  const kept = raw.members.filter(
    ([key], index) => !names.has(key) || !raw.members.slice(index + 1).some(([later]) => later === key),
  );
  return {
    members: kept.map(([key, value]) => [
      key,
      into.includes(key) ? withoutLosers(value, deeper, ['_meta']) : value,
    ]),
  };
}

const ROOT_NAMES = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);
const BODIES = ['params', 'result', 'error'];

describe('repeated names', () => {
  test('cutting the losers leaves one of each owned name and everything else as it was', () => {
    verifies('GW-04');
    const property = fc.property(messageText, (text) => {
      const message = scanned(text);
      const cut = splice(message.bytes, cutEdits(message)).toString();
      expect(readRaw(cut)).toEqual(
        withoutLosers(readRaw(text), [ROOT_NAMES, OWNED_MEMBERS, OWNED_META], BODIES),
      );
      const again = scanned(cut);
      expect([again.kind, again.method, again.cuts]).toEqual([message.kind, message.method, []]);
    });
    fc.assert(property, runs(1000));
  });

  test('after the cut a reader that takes the first and one that takes the last see the same', () => {
    const property = fc.property(messageText, (text) => {
      const message = scanned(text);
      const root = readRaw(splice(message.bytes, cutEdits(message)).toString());
      for (const name of ROOT_NAMES) expect(pick(root, name, 'first')).toEqual(pick(root, name, 'last'));
      const body = BODIES.map((name) => pick(root, name, 'first')).find((found) => found !== undefined);
      for (const name of OWNED_MEMBERS) expect(pick(body, name, 'first')).toEqual(pick(body, name, 'last'));
      const meta = pick(body, '_meta', 'first');
      for (const name of OWNED_META) expect(pick(meta, name, 'first')).toEqual(pick(meta, name, 'last'));
    });
    fc.assert(property, runs(800));
  });
});
