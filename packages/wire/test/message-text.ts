// Generators of JSON-RPC messages as text.

import fc from 'fast-check';
import { OWNED_MEMBERS, OWNED_META } from '../src/message.ts';
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
const named = (name: string, text: fc.Arbitrary<string>): fc.Arbitrary<MemberText> =>
  fc.tuple(spelling(name), text);
const optional = (member: fc.Arbitrary<MemberText>): fc.Arbitrary<readonly MemberText[]> =>
  member.chain((m) => fc.constantFrom([m], [m], []));
const one = (member: fc.Arbitrary<MemberText>): fc.Arbitrary<readonly MemberText[]> => member.map((m) => [m]);

const shapes = {
  request: [one(named('id', idText)), one(named('method', methodText)), optional(named('params', bodyText))],
  notification: [one(named('method', methodText)), optional(named('params', bodyText))],
  result: [one(named('id', idText)), one(named('result', bodyText))],
  error: [optional(named('id', fc.oneof(idText, fc.constant('null')))), one(named('error', bodyText))],
} as const;

const foreign = fc.array(fc.tuple(fc.constantFrom('"x"', '"ID"', '"__proto__"', '"_meta"'), valueText), {
  maxLength: 2,
});

function text(kind: keyof typeof shapes, repeats: fc.Arbitrary<readonly MemberText[]>): fc.Arbitrary<string> {
  const members = fc
    .tuple(one(named('jsonrpc', version)), ...shapes[kind], foreign, repeats)
    .map((parts) => parts.flat());
  return padded(
    members.chain((all) => fc.shuffledSubarray([...all], { minLength: all.length })).chain(objectOf),
  );
}

/** Members of the root that repeat. */
const repeats = {
  request: fc.array(fc.oneof(named('params', bodyText), named('id', idText), named('method', methodText)), {
    maxLength: 2,
  }),
  notification: fc.array(fc.oneof(named('params', bodyText), named('method', methodText)), { maxLength: 2 }),
  result: fc.array(fc.oneof(named('result', bodyText), named('id', idText)), { maxLength: 2 }),
  error: fc.array(fc.oneof(named('error', bodyText), named('jsonrpc', version)), { maxLength: 2 }),
} as const;

const KINDS = ['request', 'notification', 'result', 'error'] as const;

/** Valid messages of all kinds. */
export const messageText: fc.Arbitrary<string> = fc
  .constantFrom(...KINDS)
  .chain((kind) => text(kind, repeats[kind]));

/** Objects that look like messages, but need not be any. */
export const nearMessageText: fc.Arbitrary<string> = padded(
  objectText(['jsonrpc', 'id', 'method', 'params', 'result', 'error'], {
    jsonrpc: fc.oneof(
      { weight: 5, arbitrary: version },
      { weight: 1, arbitrary: fc.constantFrom('12.03', '[2.0]', '"2"', '2.0') },
    ),
    id: fc.oneof({ weight: 3, arbitrary: idText }, { weight: 1, arbitrary: valueText }),
    method: fc.oneof({ weight: 3, arbitrary: methodText }, { weight: 1, arbitrary: valueText }),
    params: fc.oneof({ weight: 3, arbitrary: bodyText }, { weight: 1, arbitrary: valueText }),
    result: fc.oneof({ weight: 3, arbitrary: bodyText }, { weight: 1, arbitrary: valueText }),
    error: fc.oneof({ weight: 3, arbitrary: bodyText }, { weight: 1, arbitrary: valueText }),
  }),
);
