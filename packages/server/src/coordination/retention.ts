// What is over is kept for a while, and then goes: tasks that ended, with all that they carried, and the answers to
// idempotency keys. A little at a time, so that nobody waits for it. A task that an open one needs stays. Of what agents
// have shown, so many classes are kept of each, and for a while what those had shown that left.

import { MAX_CLASSES_PER_AGENT } from '@tutti/schemas';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../store/database.ts';
import type { AgentTables } from './agents/agent-row.ts';
import { deleteCrowdedFitness, deleteLeftFitness } from './agents/fitness-queries.ts';
import { deleteAnswersBefore, deleteTasksEndedBefore } from './tasks/old-tasks.ts';
import type { TaskTables } from './tasks/queries.ts';

/** How long an ended task can be looked at. */
export const KEEP_ENDED_MS = 30 * 24 * 60 * 60_000;
/** How long the same idempotency key gets the same answer. */
export const KEEP_ANSWERS_MS = 24 * 60 * 60_000;
/** How long what an agent had shown waits for it to come back. */
export const KEEP_FITNESS_MS = 90 * 24 * 60 * 60_000;
const LOOK_EVERY_MS = 60 * 60_000;
/** Rows that one transaction deletes. */
const CHUNK_ROWS = 500;
/** Agents with too many figures that one transaction looks at. */
const CROWDED_AGENTS = 20;

export interface RetentionDeps {
  readonly database: Database<object>;
  readonly clock: Clock;
  /** Whether there is anything at all: a store that rests is not woken for nothing. */
  readonly isUsed: () => boolean;
  /** Some tasks went. */
  readonly deleted?: () => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

export interface TaskRetention extends AsyncDisposable {
  /** Deletes what is beyond now; resolves with how many rows of tasks, answers and figures went. */
  look(): Promise<number>;
}

export function createTaskRetention({
  database,
  clock,
  isUsed,
  deleted: tell,
  warn,
}: RetentionDeps): TaskRetention {
  const tables = database.over<TaskTables>();
  const closing = new AbortController();
  let looking: Promise<unknown> = Promise.resolve();
  let timer = later();

  function later(): Disposable {
    return clock.after(LOOK_EVERY_MS, () => {
      looking = (isUsed() ? look() : Promise.resolve(0))
        .catch((error: unknown) => warn('cannot delete tasks that ended long ago; it is tried again', error))
        .finally(() => {
          if (!closing.signal.aborted) timer = later();
        });
    });
  }

  async function look(): Promise<number> {
    return (await deleteAll(oldTasks)) + (await deleteAll(oldFigures));
  }

  function oldTasks(): Promise<number> {
    return tables.transaction(async (tx) => {
      const nowMs = await tx.nowMs();
      return (
        (await deleteAnswersBefore(tx, nowMs - KEEP_ANSWERS_MS, CHUNK_ROWS)) +
        (await deleteTasksEndedBefore(tx, nowMs - KEEP_ENDED_MS, CHUNK_ROWS))
      );
    });
  }

  function oldFigures(): Promise<number> {
    return database.over<AgentTables>().transaction(async (tx) => {
      const beforeMs = (await tx.nowMs()) - KEEP_FITNESS_MS;
      return (
        (await deleteCrowdedFitness(tx, { perAgent: MAX_CLASSES_PER_AGENT, agents: CROWDED_AGENTS })) +
        (await deleteLeftFitness(tx, { beforeMs, limit: CHUNK_ROWS }))
      );
    });
  }

  async function deleteAll(chunk: () => Promise<number>): Promise<number> {
    let deleted = 0;
    for (;;) {
      const rows = await chunk();
      deleted += rows;
      if (rows > 0) tell?.();
      if (rows === 0 || closing.signal.aborted) return deleted;
    }
  }

  return {
    look,
    async [Symbol.asyncDispose]() {
      closing.abort();
      timer[Symbol.dispose]();
      await looking;
    },
  };
}
