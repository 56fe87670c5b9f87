import { expect, test } from 'vitest';
import { verifies } from '../../../../../../test/verifies.ts';
import {
  diffDefinitions,
  MAX_CHANGES,
  MAX_VALUE_CHARS,
} from '../../../../src/reconcile/mcp-server/pins/pin-diff.ts';

const diff = (before: unknown, after: unknown) =>
  diffDefinitions(JSON.stringify(before), JSON.stringify(after));

test.each([
  ['nothing', { a: 1 }, { a: 1 }, []],
  ['a text', { description: 'x' }, { description: 'y' }, [{ path: 'description', before: 'x', after: 'y' }]],
  [
    'a field that came and one that went',
    { inputSchema: { properties: { a: { type: 'string' } } } },
    { inputSchema: { properties: { 'b.c': { type: 'string' } } } },
    [
      { path: 'inputSchema.properties.a', before: '{"type":"string"}' },
      { path: 'inputSchema.properties["b.c"]', after: '{"type":"string"}' },
    ],
  ],
  [
    'a list',
    { required: ['a'] },
    { required: ['a', 'b'] },
    [{ path: 'required', before: '["a"]', after: '["a","b"]' }],
  ],
  ['another kind of value', { a: {} }, { a: [] }, [{ path: 'a', before: '{}', after: '[]' }]],
  ['null', { a: null }, {}, [{ path: 'a', before: 'null' }]],
])('%s', (_, before, after, changes) => {
  verifies('CAT-08');
  expect(diff(before, after)).toEqual(changes);
});

test('numbers that only their writing tells apart are shown as the whole definition', () => {
  expect(diffDefinitions('{"a":1e400}', '{"a":2e400}')).toEqual([
    { path: '', before: '{"a":1e400}', after: '{"a":2e400}' },
  ]);
});

test('a definition that was too long to be kept is compared with nothing', () => {
  expect(diffDefinitions('', '{"a":1}')).toEqual([{ path: '', after: '{"a":1}' }]);
});

test('members that objects have by themselves are members like others', () => {
  expect(diffDefinitions('{"a":{}}', '{"a":{"__proto__":1,"constructor":2}}')).toEqual([
    { path: 'a.__proto__', after: '1' },
    { path: 'a.constructor', after: '2' },
  ]);
});

test('what is told is bounded', () => {
  const many = Object.fromEntries(
    Array.from({ length: MAX_CHANGES + 5 }, (_, index) => [`k${index}`, index]),
  );
  expect(diff({}, many)).toHaveLength(MAX_CHANGES);
  const [long] = diff({}, { a: 'x'.repeat(MAX_VALUE_CHARS + 5) });
  expect(long?.after).toHaveLength(MAX_VALUE_CHARS + `… (${MAX_VALUE_CHARS + 5} characters)`.length);
});
