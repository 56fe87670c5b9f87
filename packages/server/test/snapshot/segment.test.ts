import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { compactDiscovered, sameDiscovered } from '../../src/snapshot/compact.ts';
import { createNameBook } from '../../src/snapshot/names.ts';
import { buildSegment, MAX_SEGMENT_NOTES, type SegmentInput } from '../../src/snapshot/segment.ts';
import { found, tools } from './found.ts';

function build(input: Partial<SegmentInput> & Pick<SegmentInput, 'found'>, book = createNameBook()) {
  return buildSegment(
    { server: 's', transport: 'stdio', prefix: 's', cached: false, isAllowed: () => true, ...input },
    book,
  );
}

const text = (bytes: Buffer): string => bytes.toString();

describe('items', () => {
  test('keep every byte but those of their name', () => {
    verifies('GW-04', 'CAT-01');
    const odd = '{ "x":12345678901234567890, "name" : "\\u0061\\/b","y":1e400,"_meta":{"name":"inner"} }';
    const { segment } = build({ found: found({ tools: [odd] }) });
    const [tool] = segment.tools;
    expect(tool?.name).toBe('a/b');
    expect(tool?.exposedName).toBe('s_a_b');
    expect(tool && text(tool.bytes)).toBe(odd);
    expect(tool && text(tool.exposedBytes)).toBe(odd.replace('"\\u0061\\/b"', '"s_a_b"'));
    expect(segment.byTool.get('a/b')).toBe(tool);
    expect(segment.byExposedTool.get('s_a_b')).toBe(tool);
  });

  test('of all four kinds are named, in the order of the server', () => {
    verifies('CAT-02');
    const book = createNameBook();
    const lists = found({
      tools: tools('z', 'a'),
      prompts: ['{"name":"p"}'],
      resources: ['{"uri":"file:///r","name":"r"}'],
      resourceTemplates: ['{"uriTemplate":"file:///{x}","name":"t"}'],
    });
    build({ found: lists }, book);
    const { segment } = build({ server: 'two', prefix: 'two', found: lists }, book);
    expect(segment.tools.map(({ exposedName }) => exposedName)).toEqual(['two_z', 'two_a']);
    expect(segment.byExposedPrompt.get('two_p')?.name).toBe('p');
    const alias = 'tutti://two/file%3A%2F%2F%2Fr';
    expect(segment.byExposedUri.get(alias)?.uri).toBe('file:///r');
    expect(text(segment.resources[0]?.exposedBytes ?? Buffer.of())).toBe(`{"uri":"${alias}","name":"r"}`);
    expect(segment.resourceTemplates[0]?.exposedUriTemplate).toBe('tutti://two/file:///{x}');
  });

  test('without a usable name, or listed twice, are left out with a note', () => {
    const items = ['{"title":"none"}', '{"name":7}', '{"name":""}', '[]', ...tools('t', 't')];
    const { segment, notes } = build({ found: found({ tools: items }) });
    expect(segment.tools.map(({ name }) => name)).toEqual(['t']);
    expect(notes).toHaveLength(5);
    const many = Array.from({ length: 100 }, () => '{}');
    expect(build({ found: found({ tools: many }) }).notes).toHaveLength(MAX_SEGMENT_NOTES);
  });

  test('that the filter blocks are nowhere in the segment', () => {
    verifies('SRV-11');
    const { segment } = build({
      found: found({ tools: tools('read', 'write') }),
      isAllowed: (tool) => tool !== 'write',
    });
    expect(segment.tools.map(({ name }) => name)).toEqual(['read']);
    expect(segment.byTool.has('write')).toBe(false);
    expect(segment.byExposedTool.has('s_write')).toBe(false);
  });

  test('whose plain name was taken are noted', () => {
    verifies('CAT-01');
    const book = createNameBook();
    build({ server: 'one', prefix: 'p', found: found({ tools: tools('t') }) }, book);
    const { segment, notes } = build({ prefix: 'p', found: found({ tools: tools('t') }) }, book);
    expect(notes).toEqual([expect.stringContaining(segment.tools[0]?.exposedName ?? 'missing')]);
  });
});

describe('what routing needs of a tool', () => {
  test.each([
    ['{"name":"t"}', 'forbidden'],
    ['{"name":"t","execution":{"taskSupport":"optional"}}', 'optional'],
    ['{"name":"t","execution":{"taskSupport":"required","x":1}}', 'required'],
    ['{"name":"t","execution":{"taskSupport":"sometimes"}}', 'forbidden'],
    ['{"name":"t","execution":[]}', 'forbidden'],
  ])('%s: task support is %s', (tool, taskSupport) => {
    expect(build({ found: found({ tools: [tool] }) }).segment.tools[0]?.taskSupport).toBe(taskSupport);
  });

  const annotated = JSON.stringify({
    name: 't',
    inputSchema: {
      type: 'object',
      properties: {
        region: { type: 'string', 'x-mcp-header': 'Region' },
        at: { type: 'object', properties: { zone: { type: 'integer', 'x-mcp-header': 'Zone' } } },
        // A property may be called so; that is no annotation.
        'x-mcp-header': { type: 'string' },
      },
    },
  });

  test('mirrored arguments are found at any depth of properties', () => {
    verifies('GW-05');
    expect(build({ found: found({ tools: [annotated] }) }).segment.tools[0]?.paramHeaders).toEqual([
      { header: 'Region', path: ['region'] },
      { header: 'Zone', path: ['at', 'zone'] },
    ]);
  });

  const string = { type: 'string' };
  test.each([
    ['empty', { v: { ...string, 'x-mcp-header': '' } }],
    ['not a string', { v: { ...string, 'x-mcp-header': 1 } }],
    ['with a space', { v: { ...string, 'x-mcp-header': 'My Region' } }],
    ['with a colon', { v: { ...string, 'x-mcp-header': 'Region:Primary' } }],
    ['not ASCII', { v: { ...string, 'x-mcp-header': 'Région' } }],
    ['on an object', { v: { type: 'object', 'x-mcp-header': 'V' } }],
    ['on a number', { v: { type: 'number', 'x-mcp-header': 'V' } }],
    ['on items', { v: { type: 'array', items: { ...string, 'x-mcp-header': 'V' } } }],
    ['in a branch', { v: { anyOf: [{ ...string, 'x-mcp-header': 'V' }] } }],
    ['given twice', { a: { ...string, 'x-mcp-header': 'V' }, b: { ...string, 'x-mcp-header': 'v' } }],
  ])('a header name %s takes the tool of a modern HTTP server out, and only that', (_, properties) => {
    const lists = {
      tools: [JSON.stringify({ name: 'bad', inputSchema: { type: 'object', properties } }), ...tools('good')],
    };
    const modern = found(lists, { era: 'modern', protocolVersion: '2026-07-28' });
    const { segment, notes } = build({ transport: 'streamable-http', found: modern });
    expect(segment.tools.map(({ name }) => name)).toEqual(['good']);
    expect(notes).toHaveLength(1);
    // Elsewhere no header is ever sent, so nothing is wrong with the tool.
    expect(build({ found: modern }).segment.tools[0]?.paramHeaders).toEqual([]);
    expect(build({ transport: 'streamable-http', found: found(lists) }).segment.tools).toHaveLength(2);
  });
});

describe('digest', () => {
  const base = found({ tools: tools('a', 'b'), prompts: ['{"name":"p"}'] });

  test('is the same for the same contents, cached or not', () => {
    expect(build({ found: base }).segment.digest).toBe(build({ found: base, cached: true }).segment.digest);
  });

  test.each([
    ['another order', found({ tools: tools('b', 'a'), prompts: ['{"name":"p"}'] })],
    ['another kind', found({ tools: [...tools('a', 'b'), '{"name":"p"}'] })],
    ['other instructions', { ...base, handshake: { ...base.handshake, instructions: 'hello' } }],
    ['one byte more', found({ tools: tools('a', 'b'), prompts: ['{"name":"p" }'] })],
  ])('differs with %s', (_, other) => {
    expect(build({ found: other }).segment.digest).not.toBe(build({ found: base }).segment.digest);
  });
});

test('a compact copy has the same bytes in memory of its own', () => {
  const network = Buffer.alloc(1024 ** 2, '{"name":"t"}');
  const item = network.subarray(0, 12);
  const original = { ...found({ prompts: ['{"name":"p"}'] }), tools: [item] };
  const copy = compactDiscovered(original);
  expect(sameDiscovered(original, copy)).toBe(true);
  expect(copy.tools[0]?.buffer.byteLength).toBeLessThan(1_000);
  network.fill(0);
  expect(copy.tools[0]?.toString()).toBe('{"name":"t"}');
  expect(sameDiscovered(original, copy)).toBe(false);
});
