import { expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import {
  readToolDefinition,
  readToolDefinitions,
  toolListDigest,
} from '../../src/snapshot/tool-definition.ts';

const TOOL = {
  name: 't',
  title: 'T',
  description: 'does it',
  inputSchema: { type: 'object', properties: { a: { type: 'string' } } },
  outputSchema: { type: 'object' },
  annotations: { readOnlyHint: true },
};
const digest = (text: string): string | undefined => readToolDefinition(Buffer.from(text))?.digest;
const base = digest(JSON.stringify(TOOL));

test.each([
  ['white space', JSON.stringify(TOOL, undefined, 2)],
  ['the order of members', JSON.stringify(Object.fromEntries(Object.entries(TOOL).toReversed()))],
  ['how a string is written', JSON.stringify(TOOL).replace('does it', String.raw`d\u006fes it`)],
  [
    'what no model sees',
    JSON.stringify({ ...TOOL, icons: [], _meta: { a: 1 }, execution: { taskSupport: 'optional' } }),
  ],
])('%s makes no other definition', (_, text) => {
  verifies('CAT-08');
  expect(digest(text)).toBe(base);
});

test.each([
  ['name', { ...TOOL, name: 'u' }],
  ['title', { ...TOOL, title: 'U' }],
  ['description', { ...TOOL, description: 'does it ' }],
  ['a character that nobody sees', { ...TOOL, description: 'does it\u200B' }],
  [
    'a place deep in the schema',
    { ...TOOL, inputSchema: { type: 'object', properties: { a: { type: 'number' } } } },
  ],
  ['outputSchema', { ...TOOL, outputSchema: undefined }],
  ['annotations', { ...TOOL, annotations: { readOnlyHint: false } }],
])('another %s makes another definition', (_, tool) => {
  verifies('CAT-08');
  expect(digest(JSON.stringify(tool))).not.toBe(base);
});

test('of a repeated member the last one counts, as for whoever reads the tool', () => {
  const twice = JSON.stringify(TOOL).replace('"description"', '"description":"something else","description"');
  expect(digest(twice)).toBe(base);
});

test('what has no name is no tool; of two of one name the first counts', async () => {
  const tools = [
    '{"description":"x"}',
    '{"name":""}',
    '{"name":7}',
    '{"name":"a"}',
    '{"name":"a","title":"b"}',
  ];
  const found = await readToolDefinitions(tools.map((text) => Buffer.from(text)));
  expect([...found].map(([name, { text }]) => [name, text])).toEqual([['a', '{"name":"a"}']]);
});

test('a list has another digest whenever a byte moves', () => {
  const of = (...texts: readonly string[]): string => toolListDigest(texts.map((text) => Buffer.from(text)));
  expect(of('ab', 'c')).toBe(of('ab', 'c'));
  expect(new Set([of('ab', 'c'), of('a', 'bc'), of('abc'), of('c', 'ab'), of()]).size).toBe(5);
});
