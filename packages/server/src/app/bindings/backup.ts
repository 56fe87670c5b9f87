// Backups of the store that the host has, one at a time: each keeps a look at all tables open.

import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { AnyDatabase } from '../../store/database.ts';
import { LONG_TRANSACTION_LIMIT_MS } from '../../store/limits.ts';
import { backupTexts } from '../../store/portable/backup.ts';

export function createBackups(database: AnyDatabase, clock: Clock): () => Promise<AsyncIterable<string>> {
  let isUnderWay = false;

  async function* texts(): AsyncGenerator<string, undefined> {
    const startedAtMs = clock.nowMs();
    try {
      for await (const text of backupTexts(database, startedAtMs)) {
        yield text;
        // Whoever reads slowly must not keep the look open for ever.
        if (clock.nowMs() - startedAtMs > LONG_TRANSACTION_LIMIT_MS)
          throw new AppError('timeout', 'the backup took too long; read it faster');
      }
    } finally {
      isUnderWay = false;
    }
    return undefined;
  }

  return async () => {
    if (isUnderWay)
      throw new AppError('overloaded', 'another backup is under way; try again when it is done');
    isUnderWay = true;
    const running = texts();
    // Begun here, so that it is ended too when nobody reads on.
    let first: Promise<IteratorResult<string, undefined>> | undefined = Promise.resolve(await running.next());
    const rest: AsyncIterator<string, undefined> = {
      next() {
        const next = first ?? running.next();
        first = undefined;
        return next;
      },
      return: () => running.return(undefined),
    };
    return { [Symbol.asyncIterator]: () => rest };
  };
}
