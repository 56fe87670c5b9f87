import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { argumentsFromJson, argumentsFromWords } from '../../src/call/arguments.ts';

const schema = {
  type: 'object',
  properties: {
    path: { type: 'string' },
    head: { type: 'integer' },
    ratio: { type: 'number' },
    force: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { type: 'integer' } },
    limit: { type: ['integer', 'null'] },
    when: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
    where: { type: 'object' },
    any: {},
  },
};

describe('key=value is read as the schema says', () => {
  test.each([
    [['path=true'], '{"path":"true"}'],
    [['path=a=b'], '{"path":"a=b"}'],
    [['path='], '{"path":""}'],
    [['head=3', 'force=true'], '{"head":3,"force":true}'],
    // As it was typed: no number is made of it on the way.
    [['head=12345678901234567890'], '{"head":12345678901234567890}'],
    [['ratio=1e400'], '{"ratio":1e400}'],
    [['tags=a'], '{"tags":["a"]}'],
    [['tags=a', 'tags=b'], '{"tags":["a","b"]}'],
    [['tags=["a","b"]'], '{"tags":["a","b"]}'],
    [['sizes=1', 'sizes=2'], '{"sizes":[1,2]}'],
    [['limit=null'], '{"limit":null}'],
    [['when=soon'], '{"when":"soon"}'],
    [['when=5'], '{"when":5}'],
    [['where={"x":1}'], '{"where":{"x":1}}'],
    [['any=5'], '{"any":"5"}'],
    [['any:=5'], '{"any":5}'],
    [['other:=[1]'], '{"other":[1]}'],
    [[], '{}'],
  ])('%j', (words, expected) => {
    expect(argumentsFromWords(words, schema)).toBe(expected);
  });

  test('whatever a text is, it arrives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(argumentsFromWords([`path=${text}`], schema))).toEqual({ path: text });
      }),
    );
  });
});

describe('what can not be right is refused in words', () => {
  test.each([
    [['head=many'], '"head" must be an integer, and "many" is not.'],
    [['head=1.5'], '"head" must be an integer, and "1.5" is not.'],
    [['force=yes'], '"force" must be a boolean, and "yes" is not.'],
    [['limit=x'], '"limit" must be an integer or a null, and "x" is not.'],
    [['pathh=x'], 'The tool has no argument "pathh".'],
    [['words'], '"words" is not an argument.'],
    [['any:=x'], 'The value of "any" is not JSON: x'],
  ])('%j', (words, message) => {
    expect(() => argumentsFromWords(words, schema)).toThrow(message);
  });

  test('a closed schema takes no other key, and required ones must be there', () => {
    const closed = { ...schema, additionalProperties: false, required: ['path', 'head'] };
    expect(() => argumentsFromWords(['zzzzzzzz=1'], closed)).toThrow('no argument "zzzzzzzz"');
    expect(() => argumentsFromWords([], closed)).toThrow('Missing: path (string), head (integer).');
  });

  test('--json must be an object', () => {
    expect(argumentsFromJson('{"n":12345678901234567890}')).toBe('{"n":12345678901234567890}');
    expect(() => argumentsFromJson('[1]')).toThrow('not a JSON object');
    expect(() => argumentsFromJson('{')).toThrow('not JSON');
  });
});
