// The words of a text, the same for what is kept and for what is looked for, on every database. Pure.
//
// A word is a run of letters and digits, in lower case and without accents; names like `userService` are also their parts, and
// writing without spaces is pairs of characters.
// In the columns that a database searches each word begins with the number of its graph, so that graphs never share a word
// and a search reads nothing of others; it is ASCII, which every database splits alike.

/** Words of one entity that can be found; further ones are not. */
export const MAX_INDEXED_WORDS = 5_000;
/** What is longer is known by its beginning. */
const MAX_WORD_CHARS = 40;

/** Beginnings that are shorter are of too many words. */
const MIN_BEGINNING_CHARS = 3;

const RUNS = /[\p{L}\p{M}\p{N}]+/gu;
const ACCENTS = /[\u0300-\u036f]+/g;
/** Where a name like `userServiceHTTPClient` is cut. */
const CASE_CHANGES = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Writing that puts nothing between its words, and what is not. */
const WRITINGS =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー]+|[^\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー]+/gu;
const UNSPACED =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー]/u;
const ASCII = /^[a-z0-9]+$/;

/** In their order, as often as they come. */
export function wordsOf(text: string, limit: number): readonly string[] {
  const words: string[] = [];
  for (const [run] of text.normalize('NFC').matchAll(RUNS))
    for (const part of partsOf(run)) {
      const plain = part.normalize('NFKD').replace(ACCENTS, '').normalize('NFC');
      const word = plain.toLowerCase().slice(0, MAX_WORD_CHARS).toWellFormed();
      if (word !== '') words.push(word);
      if (words.length >= limit) return words;
    }
  return words;
}

function partsOf(run: string): readonly string[] {
  return Array.from(run.matchAll(WRITINGS), ([piece]) => piece).flatMap((piece) => {
    if (UNSPACED.test(piece)) return pairsOf(Array.from(piece));
    const parts = piece.split(CASE_CHANGES);
    return parts.length === 1 ? parts : [piece, ...parts];
  });
}

/** Each character with the next one, so that no dictionary has to be the same everywhere. */
function pairsOf(chars: readonly string[]): readonly string[] {
  return chars.map((char, at) => char + (chars[at + 1] ?? ''));
}

/** Whether a word that nobody has may be taken for the beginning of one. */
export function mayBegin(word: string): boolean {
  return word.length >= MIN_BEGINNING_CHARS || UNSPACED.test(word);
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
