import { expect, test } from 'vitest';
import {
  chooseWords,
  MAX_NEAR_WORDS,
  MAX_PLACES,
  MAX_QUERY_WORDS,
  type Vocabulary,
} from '../../../src/gateway/context/query-words.ts';
import { verifies } from '../../../../../test/verifies.ts';

/** Counts what is looked at. Near is whatever begins with the same letter. */
function vocabularyOf(words: Readonly<Record<string, number>>) {
  const looked = { places: 0, near: 0 };
  const vocabulary: Vocabulary = {
    places(word) {
      looked.places += 1;
      return words[word] ?? 0;
    },
    *startingWith(prefix) {
      for (const word of Object.keys(words))
        if (word.startsWith(prefix)) {
          looked.near += 1;
          yield word;
        }
    },
    *near(word) {
      for (const other of Object.keys(words))
        if (other[0] === word[0]) {
          looked.near += 1;
          yield [other, other === word ? 0 : 1];
        }
    },
  };
  return { looked, vocabulary };
}

const cost = (words: Iterable<string>, all: Readonly<Record<string, number>>): number =>
  [...words].reduce((sum, word) => sum + (all[word] ?? 0), 0);

test('a search looks at so many places, whatever is asked: rare words first, then those that are near', () => {
  verifies('CAT-06');
  const all = {
    zebra: 10,
    record: MAX_PLACES - 10,
    tool: 100_000,
    tools: 90_000,
    zebras: 5,
    recorder: 100,
    recorded: MAX_PLACES,
  };
  const { vocabulary } = vocabularyOf(all);
  const chosen = (query: string) => chooseWords(query.split(' '), vocabulary);
  expect([...chosen('zebra').words.keys()]).toEqual(['zebra', 'zebras']);
  // Nothing is left for what is near once the words themselves have taken it all.
  expect([...chosen('record zebra').words.keys()]).toEqual(['zebra', 'record']);
  expect([...chosen('tool record').words.keys()]).toEqual(['record']);
  // A word that is only near to a common one costs nothing either.
  expect(chosen('toolz')).toEqual({ words: new Map(), common: 'tools' });
  expect(chosen('tool tools')).toEqual({ words: new Map(), common: 'tools' });
  expect(chosen('xyz')).toEqual({ words: new Map(), common: undefined });
  for (const query of ['record', 'recor', 'zebra tool', 'tools recorder', 'zebra record recorded'])
    expect(cost(chosen(query).words.keys(), all)).toBeLessThanOrEqual(MAX_PLACES);
  // What is asked counts most, then what it begins, then what is near.
  const { words } = chosen('zebra');
  expect(words.get('zebra')).toBe(1);
  expect(words.get('zebras')).toBeLessThan(0.5);
});

test('the steps on the way to that are bounded, too', () => {
  verifies('CAT-06');
  const all = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`server${index}`, 1]));
  const { looked, vocabulary } = vocabularyOf(all);
  chooseWords(
    Array.from({ length: 500 }, (_, index) => `server${index}`.repeat(index === 0 ? 20 : 1)),
    vocabulary,
  );
  expect(looked.near).toBeLessThanOrEqual(MAX_QUERY_WORDS * 2 * (MAX_NEAR_WORDS + 1));
  expect(looked.places).toBeLessThanOrEqual(MAX_QUERY_WORDS * (2 * MAX_NEAR_WORDS + 1));
});
