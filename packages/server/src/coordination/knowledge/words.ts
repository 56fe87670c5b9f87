// The words of a text, the same for what is kept and for what is looked for, on every database. Pure.
//
// A word is a run of letters and digits, in lower case and without accents; names like `userService` are also their parts.
// In the columns that a database searches each word begins with the number of its graph, so that graphs never share a word
// and a search reads nothing of others; it is ASCII, which every database splits alike.

/** Words of one entity that can be found; further ones are not. */
export const MAX_INDEXED_WORDS = 5_000;
/** What is longer is known by its beginning. */
const MAX_WORD_CHARS = 40;

const RUNS = /[\p{L}\p{M}\p{N}]+/gu;
const MARKS = /\p{M}+/gu;
/** Where a name like `userServiceHTTPClient` is cut. */
const CASE_CHANGES = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Writing that puts nothing between its words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const ASCII = /^[a-z0-9]+$/;

const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** In their order, as often as they come. */
export function wordsOf(text: string, limit: number): readonly string[] {
  const words: string[] = [];
  for (const [run] of text.normalize('NFC').matchAll(RUNS)) {
    for (const part of partsOf(run)) {
      const word = part.normalize('NFKD').replace(MARKS, '').toLowerCase().slice(0, MAX_WORD_CHARS);
      if (word !== '') words.push(word.toWellFormed());
      if (words.length >= limit) return words;
    }
  }
  return words;
}

function partsOf(run: string): readonly string[] {
  if (UNSPACED.test(run)) return Array.from(segmenter.segment(run), ({ segment }) => segment);
  const parts = run.split(CASE_CHANGES);
  return parts.length === 1 ? parts : [run, ...parts];
}

/** How a word stands in the columns of a graph. The beginning of a word stands there as a beginning, too. */
export function indexedWord(graph: number, word: string): string {
  return `g${graph}x${ASCII.test(word) ? word : encoded(word)}`;
}

/** A column of them. */
export function indexedText(graph: number, words: readonly string[]): string {
  return words.map((word) => indexedWord(graph, word)).join(' ');
}

/** Two letters that no word in ASCII is likely to begin with, then each character at the same length. */
function encoded(word: string): string {
  return `zz${Array.from(word, (char) => (char.codePointAt(0) ?? 0).toString(36).padStart(4, '0')).join('')}`;
}
