// How many entities have a word, by the host's own memory: to count it costs a database the more, the more there are, and
// of many some more or less makes no difference to an order. Of few it is counted each time.

/** From so many on it is remembered. */
const MANY_ENTITIES = 100;
/** Words that are remembered; the one that was learned first goes. */
const MAX_WORDS = 20_000;
const REMEMBERED_MS = 10 * 60_000;

export interface WordCounts {
  /** Undefined: it is to be counted. */
  of(word: string): number | undefined;
  learn(word: string, entities: number): void;
}

export function createWordCounts(elapsedMs: () => number): WordCounts {
  const learned = new Map<string, { readonly entities: number; readonly at: number }>();
  return {
    of(word) {
      const known = learned.get(word);
      return known !== undefined && elapsedMs() - known.at < REMEMBERED_MS ? known.entities : undefined;
    },
    learn(word, entities) {
      learned.delete(word);
      if (entities < MANY_ENTITIES) return;
      learned.set(word, { entities, at: elapsedMs() });
      const [oldest] = learned.keys();
      if (learned.size > MAX_WORDS && oldest !== undefined) learned.delete(oldest);
    },
  };
}
