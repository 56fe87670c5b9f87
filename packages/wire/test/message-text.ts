// Generators of JSON-RPC messages as text.

import * as fc from 'fast-check';
import { OWNED_MEMBERS, OWNED_META, type MessageKind } from '../src/message.ts';
import { objectOf, objectText, padded, spelling, valueText } from './json-text.ts';

const names = [...OWNED_MEMBERS].filter((name) => name !== '_meta');
/** Few names, so that they repeat. */
const FEW = ['_meta', '_meta', 'name', 'uri', 'resultType', 'requestState', 'code', 'x'];

const metaText = fc.oneof(
  { weight: 6, arbitrary: objectText([...OWNED_META]) },
  { weight: 3, arbitrary: objectText(['progressToken', 'io.modelcontextprotocol/logLevel']) },
  { weight: 1, arbitrary: valueText },
);

const bodyText = fc.oneof(
  objectText([...names, '_meta', '_meta', '_meta'], { _meta: metaText }),
  objectText(FEW, { _meta: metaText }),
);

function mostly(usual: fc.Arbitrary<string>, rare: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

const idText = fc.oneof(
  fc.constantFrom('0', '1', '-7', '"a"', '"\\u0061\\""', '12345678901234567890', '1.5', '""'),
  fc.integer().map(String),
);

const methodText = fc.oneof(
  fc.constantFrom('"tools/call"', '"ping"', '"notifications/progress"', '"tools\\/call"', '"x"'),
  spelling('tools/list'),
);
const version = fc.oneof(
  { weight: 9, arbitrary: fc.constant('"2.0"') },
  { weight: 1, arbitrary: spelling('2.0') },
);

type MemberText = readonly [string, string];
type Part = fc.Arbitrary<readonly MemberText[]>;

function named(name: string, text: fc.Arbitrary<string>): fc.Arbitrary<MemberText> {
  return fc.tuple(spelling(name), text);
}
const one = (member: fc.Arbitrary<MemberText>): Part => member.map((m) => [m]);
const optional = (member: fc.Arbitrary<MemberText>): Part =>
  member.chain((m) => fc.constantFrom([m], [m], []));

const jsonrpc = named('jsonrpc', version);
const id = named('id', idText);
const method = named('method', methodText);
const params = named('params', mostly(bodyText, fc.constantFrom('[]', '[{"name":1}]')));
const result = named('result', mostly(bodyText, valueText));
const error = named('error', bodyText);
const errorId = named('id', fc.oneof(idText, fc.constant('null')));

/** The members of each kind, and those of them that may repeat without making it another kind. */
const shapes: Record<
  MessageKind,
  { readonly parts: readonly Part[]; readonly repeated: fc.Arbitrary<MemberText> }
> = {
  request: { parts: [one(id), one(method), optional(params)], repeated: fc.oneof(id, method, params) },
  notification: { parts: [one(method), optional(params)], repeated: fc.oneof(method, params) },
  result: { parts: [one(id), one(result)], repeated: fc.oneof(id, result) },
  error: { parts: [optional(errorId), one(error)], repeated: fc.oneof(jsonrpc, error) },
};

const foreign = fc.array(fc.tuple(fc.constantFrom('"x"', '"ID"', '"__proto__"', '"_meta"'), valueText), {
  maxLength: 2,
});

function textOf(kind: MessageKind): fc.Arbitrary<string> {
  const { parts, repeated } = shapes[kind];
  const members = fc
    .tuple(one(jsonrpc), fc.tuple(...parts), foreign, fc.array(repeated, { maxLength: 2 }))
    .map(([head, body, others, repeats]) => [...head, ...body.flat(), ...others, ...repeats]);
  const shuffled = members.chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));
  return padded(shuffled.chain(objectOf));
}

const KINDS: readonly MessageKind[] = ['request', 'notification', 'result', 'error'];

/** Valid messages of all kinds. */
export const messageText: fc.Arbitrary<string> = fc.constantFrom(...KINDS).chain(textOf);

/** Objects that look like messages, but need not be any. */
export const nearMessageText: fc.Arbitrary<string> = padded(
  objectText(['jsonrpc', 'id', 'method', 'params', 'result', 'error'], {
    jsonrpc: mostly(version, fc.constantFrom('12.03', '[2.0]', '"2"', '2.0')),
    id: mostly(idText, valueText),
    method: mostly(methodText, valueText),
    params: mostly(bodyText, valueText),
    result: mostly(bodyText, valueText),
    error: mostly(bodyText, valueText),
  }),
);
