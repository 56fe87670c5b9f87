// Words, what they are worth, and what is remembered of them.

import { describe, expect, test } from 'vitest';
import { verifies } from '../../../../../test/verifies.ts';
import {
  COMMON_ENTITIES,
  huntFor,
  rarity,
  scoreOf,
  type Term,
} from '../../../src/coordination/knowledge/rank.ts';
import { createWordCounts } from '../../../src/coordination/knowledge/word-counts.ts';
import { indexedText, indexedWord, mayBegin, wordsOf } from '../../../src/coordination/knowledge/words.ts';

test.each([
  ['A-1 b_c (d)', ['a', '1', 'b', 'c', 'd']],
  ['userService HTTPServer v2', ['userservice', 'user', 'service', 'httpserver', 'http', 'server', 'v2']],
  ['Zürich ÉTÉ ﬁn', ['zurich', 'ete', 'fin']],
  ['workflow:wf_7 step:s1', ['workflow', 'wf', '7', 'step', 's1']],
  ['数据库v2', ['数据', '据库', '库', 'v2']],
  ['データ', ['デー', 'ータ', 'タ']],
  ['한글', ['한글']],
  ['!?', []],
  ['x'.repeat(50), ['x'.repeat(40)]],
  ['lone \ud800 half', ['lone', 'half']],
])('the words of %s', (text, words) => {
  verifies('KNW-01');
  expect(wordsOf(text, 100)).toEqual(words);
});

test('a short word is no beginning, unless one character is nearly a word', () => {
  verifies('KNW-01');
  expect(['ab', 'abc', '接'].map(mayBegin)).toEqual([false, true, true]);
});

test('no more words than wanted', () => {
  verifies('KNW-01');
  expect(wordsOf('a b c d', 2)).toEqual(['a', 'b']);
});

test('a word stands in a column as ASCII, with its graph, and its beginning as a beginning', () => {
  verifies('KNW-01');
  expect(indexedText(12, ['auth', '2fa'])).toBe('g12xauth g12x2fa');
  for (const [word, beginning] of [
    ['москва', 'моск'],
    ['数据库', '数据'],
    ['auth', 'au'],
  ] as const) {
    expect(indexedWord(1, word)).toMatch(/^[a-z0-9]+$/);
    expect(indexedWord(1, word).startsWith(indexedWord(1, beginning))).toBe(true);
  }
  expect(indexedWord(1, 'a')).not.toBe(indexedWord(11, 'a'));
});

describe('a score', () => {
  const term = (word: string, entities = 1, isPrefix = false): Term => ({ word, entities, isPrefix });
  const words = (name: string, type: string, observations: string) => ({
    name_words: name,
    type_words: type,
    observation_words: observations,
  });
  const long = Array.from({ length: 100 }, (_, n) => `x${n}`).join(' ');

  test.each([
    ['in the name before in the type', words('a', 'b', ''), words('b', 'a', ''), [term('a')]],
    ['in the type before in an observation', words('', 'a', 'b'), words('', 'b', 'a'), [term('a')]],
    ['two words before one', words('', '', 'a b'), words('', '', 'a c'), [term('a'), term('b')]],
    ['a rare word before a common one', words('', '', 'a'), words('', '', 'b'), [term('a'), term('b', 900)]],
    ['often before once', words('', '', 'a a a'), words('', '', 'a b c'), [term('a')]],
    ['in a short text before in a long one', words('', '', 'a'), words('', '', `a ${long}`), [term('a')]],
    [
      'the beginning of a word before nothing',
      words('', '', 'abc'),
      words('', '', 'b'),
      [term('ab', 1, true)],
    ],
  ])('%s', (_what, better, worse, terms) => {
    verifies('KNW-01');
    expect(scoreOf(better, terms)).toBeGreaterThan(scoreOf(worse, terms));
  });

  test('is nothing for what has none of the words', () => {
    verifies('KNW-01');
    expect(scoreOf(words('', '', 'abc'), [term('ab')])).toBe(0);
    expect(rarity({ entities: COMMON_ENTITIES + 1 })).toBeGreaterThan(0);
  });

  test('rare words are looked for, as many as lead to a bounded number of entities', () => {
    verifies('KNW-01');
    const terms = [term('c', 1_500), term('a', 5), term('b', 900), term('z', 0), term('d', 2_001)];
    expect(huntFor(terms)).toEqual({ kind: 'rare', terms: [term('a', 5), term('b', 900)] });
    expect(huntFor([term('d', 2_001), term('e', 2_001)])?.kind).toBe('common');
    expect(huntFor([term('z', 0)])).toBeUndefined();
  });
});

test('how many have a word is remembered of many, for a while', () => {
  verifies('KNW-01');
  let nowMs = 0;
  const counts = createWordCounts(() => nowMs);
  counts.learn('few', 99);
  counts.learn('many', 100);
  expect([counts.of('few'), counts.of('many'), counts.of('none')]).toEqual([undefined, 100, undefined]);
  nowMs = 10 * 60_000;
  expect(counts.of('many')).toBeUndefined();
  for (let n = 0; n < 20_001; n++) counts.learn(`word ${n}`, 200);
  expect([counts.of('word 0'), counts.of('word 1')]).toEqual([undefined, 200]);
});
