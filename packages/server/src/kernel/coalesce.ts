// Reads of single keys that come within one turn as one read of many, and while that is under way the next ones together
// after it: as many reads as the source can do, however many ask.

/** Keys that one read has. */
const MAX_KEYS = 500;

/** What a key stands for; the same value for who asks twice. */
export type Read<Value> = (key: string) => Promise<Value>;

/** `readMany` answers for each key, in their order. */
export function coalesce<Value>(
  readMany: (keys: readonly string[]) => Promise<readonly Value[]>,
): Read<Value> {
  let waiting = new Map<string, PromiseWithResolvers<Value>>();
  let running = false;

  async function run(): Promise<void> {
    // All that is asked for in one turn is seen together.
    await Promise.resolve();
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MAX_KEYS);
      for (const [key] of batch) waiting.delete(key);
      // The map is made anew, so that it does not grow old with entries that came and went.
      if (waiting.size === 0) waiting = new Map();
      try {
        const values = await readMany(batch.map(([key]) => key));
        batch.forEach(([, { resolve, reject }], index) => {
          const value = values[index];
          if (value === undefined) reject(new Error('a read answered fewer values than it had keys'));
          else resolve(value);
        });
      } catch (error) {
        for (const [, { reject }] of batch) reject(error);
      }
    }
    running = false;
  }

  return (key) => {
    let asked = waiting.get(key);
    if (asked === undefined) {
      asked = Promise.withResolvers();
      waiting.set(key, asked);
    }
    if (!running) {
      running = true;
      void run();
    }
    return asked.promise;
  };
}
