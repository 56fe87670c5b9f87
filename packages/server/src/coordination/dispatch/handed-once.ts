// A call for work that is made again with the same key gets the task that it was handed, whatever became of it since. That
// there was nothing is no answer that is kept: the next call looks again.

import { z } from 'zod';
import type { Database } from '../../store/database.ts';
import type { Once } from '../tasks/book.ts';
import { answerOnce, requireSame } from '../tasks/once.ts';
import type { TaskTables } from '../tasks/queries.ts';
import { readAnswer } from '../tasks/reads.ts';

const HandedSchema = z.object({ taskId: z.string(), claim: z.number() });

export type Handed = z.infer<typeof HandedSchema>;

export async function earlierHandout(
  database: Database<TaskTables>,
  once: Once,
): Promise<Handed | undefined> {
  const earlier = await readAnswer(database.read, once);
  if (earlier === undefined) return undefined;
  requireSame(earlier, once);
  return HandedSchema.safeParse(JSON.parse(earlier.answer)).data;
}

export async function keepHandout(database: Database<TaskTables>, once: Once, handed: Handed): Promise<void> {
  await database.transaction((tx) =>
    answerOnce(tx, {
      once,
      read: (value) => HandedSchema.safeParse(value).data,
      act: () => Promise.resolve(handed),
    }),
  );
}
