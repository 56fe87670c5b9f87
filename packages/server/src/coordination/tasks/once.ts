// Changes that do not pass the ledger and are asked for with an idempotency key: the answer is kept in the transaction
// that makes the change, in the table of the ledger's own answers, so that a key is used once whatever it was used for.

import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../store/database.ts';
import type { Once } from './book.ts';
import { insertAnswers, readAnswers, type TaskTables } from './queries.ts';

export interface Answered<Answer> {
  readonly answer: Answer;
  /** It was asked for before: nothing was done now. */
  readonly isRepeat: boolean;
}

export interface Asked<Answer> {
  readonly once: Once | undefined;
  /** Undefined for a text that is none. */
  readonly read: (value: unknown) => Answer | undefined;
  readonly act: () => Promise<Answer>;
}

export async function answerOnce<Answer>(
  tx: Transaction<TaskTables>,
  { once, read, act }: Asked<Answer>,
): Promise<Answered<Answer>> {
  if (once === undefined) return { answer: await act(), isRepeat: false };
  const [earlier] = await readAnswers(tx, [once]);
  if (earlier !== undefined) {
    requireSame(earlier, once);
    const answer = read(JSON.parse(earlier.answer));
    if (answer === undefined)
      throw new AppError('internal', 'The store has an answer in a form that this version does not know.');
    return { answer, isRepeat: true };
  }
  const answer = await act();
  await insertAnswers(tx, [{ ...once, answer: JSON.stringify(answer), at_ms: await tx.nowMs() }]);
  return { answer, isRepeat: false };
}

/** The key was used for the very same before. */
export function requireSame({ key, digest }: Once, asked: Pick<Once, 'digest'>): void {
  if (digest === asked.digest) return;
  throw new AppError(
    'conflict',
    `The idempotency key "${key}" was used for another request; use a new key for each request.`,
    { details: { kind: 'key_reused' } },
  );
}
