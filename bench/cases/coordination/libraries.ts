// pg-boss and graphile-worker on the same PostgreSQL, with as many open jobs: fetch and complete, one job at a time for each
// of so many callers.

import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, makeWorkerUtils, runTaskList, type Task } from 'graphile-worker';
import { Pool } from 'pg';
import { PgBoss } from 'pg-boss';
import type { Contender } from './contender.ts';

const QUEUE = 'bench';
const INSERTED_AT_ONCE = 5_000;

export interface LibrarySize {
  readonly callers: number;
  readonly openJobs: number;
}

export async function openPgBoss(url: string, { callers, openJobs }: LibrarySize): Promise<Contender> {
  const boss = new PgBoss({ connectionString: url, max: callers, schema: 'bench_boss' });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE);
  for (let at = 0; at < openJobs; at += INSERTED_AT_ONCE)
    await boss.insert(
      QUEUE,
      Array.from({ length: INSERTED_AT_ONCE }, () => ({ data: { rows: 1 } })),
    );
  return {
    async perSecond(seconds) {
      const endAt = performance.now() + seconds * 1_000;
      const counts = await Promise.all(
        Array.from({ length: callers }, async () => {
          let done = 0;
          for (; performance.now() < endAt; done++) {
            const [job] = await boss.fetch(QUEUE, { batchSize: 1 });
            if (job === undefined) throw new Error('there were not enough jobs');
            await boss.complete(QUEUE, job.id, { rows: 1 });
          }
          return done;
        }),
      );
      return counts.reduce((sum, one) => sum + one, 0) / seconds;
    },
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: false });
    },
  };
}

export async function openGraphileWorker(
  url: string,
  { callers, openJobs }: LibrarySize,
): Promise<Contender> {
  const pool = new Pool({ connectionString: url, max: callers + 2 });
  // The server may end before its last idle connection does.
  pool.on('error', () => undefined);
  const logger = new Logger(() => () => undefined);
  const schema = 'bench_graphile';
  const utils = await makeWorkerUtils({ pgPool: pool, schema, logger });
  await utils.migrate();
  await pool.query(
    `select ${schema}.add_job('bench', json_build_object('rows', 1)) from generate_series(1, ${openJobs})`,
  );
  return {
    async perSecond(seconds) {
      let done = 0;
      const bench: Task = () => void done++;
      const workers = runTaskList(
        { concurrency: callers, schema, logger, noHandleSignals: true },
        { bench },
        pool,
      );
      await sleep(seconds * 1_000);
      const counted = done;
      await workers.gracefulShutdown('the round is over');
      return counted / seconds;
    },
    async [Symbol.asyncDispose]() {
      await utils.release();
      await pool.end();
    },
  };
}
