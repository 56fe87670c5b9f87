import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifies } from '../../../test/verifies.ts';
import {
  dropMembers,
  dropMetaMembers,
  ENVELOPE,
  setId,
  setMetaMember,
  setMetaMembers,
} from '../src/envelope.ts';
import type { Members, Message } from '../src/message.ts';
import { isScanFailure, scanMessage } from '../src/scan.ts';
import { cutEdits, insertMembers, replaceSpan, splice, type Edit } from '../src/splice.ts';
import { runs } from './fuzz.ts';
import { messageText } from './message-text.ts';
import { isRawObject, pick, readRaw, type Raw, type RawObject } from './raw-json.ts';

function scanned(text: string): Message {
  const message = scanMessage(Buffer.from(text));
  if (isScanFailure(message)) throw new Error(message.reason);
  return message;
}

function spliced(message: Message, edits: readonly Edit[]): string {
  return splice(message.bytes, [...cutEdits(message), ...edits]).toString();
}

const BODY_NAMES = ['name', 'uri', 'resultType', 'requestState', 'code', 'arguments'];
const META_NAMES = ['progressToken', ...Object.values(ENVELOPE)];
const NEW_ID = '"new\\u0020id"';
const NEW_META = '"x.y/new":[1],"other":{}';
const NEW_RESULT = '"added":1e400';

interface Changes {
  readonly id: boolean;
  readonly set: readonly string[];
  readonly drop: readonly string[];
  readonly insertMeta: boolean;
  readonly setMeta: readonly string[];
  readonly dropMeta: readonly string[];
  readonly insertResult: boolean;
}

const changes: fc.Arbitrary<Changes> = fc.record({
  id: fc.boolean(),
  set: fc.subarray(BODY_NAMES.slice(0, 3)),
  drop: fc.subarray(BODY_NAMES.slice(3)),
  insertMeta: fc.boolean(),
  setMeta: fc.subarray(META_NAMES.slice(0, 1)),
  dropMeta: fc.subarray(META_NAMES.slice(1)),
  insertResult: fc.boolean(),
});

function replaced(members: Members, names: readonly string[], text: string): Edit[] {
  return names.flatMap((name) => {
    const member = members.get(name);
    return member === undefined ? [] : [replaceSpan(member, text)];
  });
}

function editsOf(message: Message, wanted: Changes): Edit[] {
  const { kind, body, bodyIsObject } = message;
  return [
    ...(wanted.id ? [setId(message, NEW_ID)] : []),
    ...replaced(message.members, wanted.set, '"set"'),
    ...dropMembers(message, wanted.drop),
    ...(wanted.insertMeta ? setMetaMembers(message, NEW_META) : []),
    ...wanted.setMeta.flatMap((name) => setMetaMember(message, name, '0')),
    ...dropMetaMembers(message, wanted.dropMeta),
    ...(wanted.insertResult && kind === 'result' && bodyIsObject && body !== undefined
      ? [insertMembers(body, NEW_RESULT)]
      : []),
  ];
}

function object(members: RawObject['members']): RawObject {
  return { members };
}

function plus(raw: RawObject, text: string): RawObject {
  const more = readRaw(`{${text}}`);
  return object([...(isRawObject(more) ? more.members : []), ...raw.members]);
}

function put(raw: RawObject, name: string, value: Raw): RawObject {
  return object(raw.members.map(([key, old]) => [key, key === name ? value : old]));
}

function without(raw: RawObject, names: readonly string[]): RawObject {
  return object(raw.members.filter(([key]) => !names.includes(key)));
}

/** The changes said in terms of objects. */
function changed(root: RawObject, kind: Message['kind'], wanted: Changes): RawObject {
  const bodyName = kind === 'request' || kind === 'notification' ? 'params' : kind;
  const body = pick(root, bodyName, 'first');
  let out = root;
  if (body === undefined) {
    if (wanted.insertMeta) out = plus(out, `"params":{"_meta":{${NEW_META}}}`);
  } else if (isRawObject(body)) {
    out = put(out, bodyName, changedBody(body, kind, wanted));
  }
  if (!wanted.id) return out;
  return pick(root, 'id', 'first') === undefined ? plus(out, `"id":${NEW_ID}`) : put(out, 'id', NEW_ID);
}

function changedBody(body: RawObject, kind: Message['kind'], wanted: Changes): RawObject {
  let out = without(body, wanted.drop);
  for (const name of wanted.set) out = put(out, name, '"set"');
  if (wanted.insertResult && kind === 'result') out = plus(out, NEW_RESULT);
  const meta = pick(body, '_meta', 'first');
  if (isRawObject(meta)) {
    let newMeta = without(meta, wanted.dropMeta);
    for (const name of wanted.setMeta) newMeta = put(newMeta, name, '0');
    return put(out, '_meta', wanted.insertMeta ? plus(newMeta, NEW_META) : newMeta);
  }
  if (!wanted.insertMeta) return out;
  return meta === undefined
    ? plus(out, `"_meta":{${NEW_META}}`)
    : put(out, '_meta', readRaw(`{${NEW_META}}`));
}

/** Members by name, those of one name in their order. */
function canonical(raw: Raw): Raw {
  if (typeof raw === 'string') return raw;
  if (!isRawObject(raw)) return raw.map(canonical);
  const members = raw.members.map(([key, value]) => [key, canonical(value)] as const);
  return object(members.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

describe('edits of the envelope', () => {
  test('any combination does what the same changes do to objects, and nothing else', () => {
    verifies('GW-04');
    const property = fc.property(messageText, changes, (text, wanted) => {
      const message = scanned(text);
      const root = readRaw(spliced(message, []));
      if (!isRawObject(root)) throw new Error('no object');
      const out = spliced(message, editsOf(message, wanted));
      expect(canonical(readRaw(out))).toEqual(canonical(changed(root, message.kind, wanted)));
      expect(() => JSON.parse(out)).not.toThrow();
      if (!wanted.id) expect(scanned(out).kind).toBe(message.kind);
    });
    fc.assert(property, runs(1500));
  });

  test('a request goes from the modern era to the legacy one and back', () => {
    const modern =
      '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"t","arguments":{"n":1.0},"_meta":{' +
      '"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}';
    const message = scanned(modern);
    const legacy = spliced(message, [
      setId(message, '5'),
      ...dropMetaMembers(message, Object.values(ENVELOPE)),
    ]);
    expect(legacy).toBe(
      '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"t","arguments":{"n":1.0},"_meta":{}}}',
    );
    const again = scanned(legacy);
    const envelope = `"${ENVELOPE.protocolVersion}":"2026-07-28","${ENVELOPE.clientCapabilities}":{}`;
    expect(spliced(again, [setId(again, '"a"'), ...setMetaMembers(again, envelope)])).toBe(modern);
  });

  test('a request without params gets them for its envelope', () => {
    const message = scanned('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
    expect(spliced(message, setMetaMembers(message, '"k":1'))).toBe(
      '{"params":{"_meta":{"k":1}},"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    );
  });

  test('an error without an id, or with null, gets one', () => {
    for (const id of ['', '"id":null,', '"i\\u0064": null ,']) {
      const message = scanned(`{"jsonrpc":"2.0",${id}"error":{"code":1,"message":"m"}}`);
      expect(scanned(spliced(message, [setId(message, '7')])).id).toBeDefined();
      expect(JSON.parse(spliced(message, [setId(message, '7')]))).toMatchObject({ id: 7 });
    }
  });
});
