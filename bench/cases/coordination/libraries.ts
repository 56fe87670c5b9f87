// pg-boss and graphile-worker on the same PostgreSQL: fetch and complete, one job at a time for each of so many callers.

import { Logger, makeWorkerUtils, runTaskList, type Task } from 'graphile-worker';
import { Pool } from 'pg';
import { PgBoss } from 'pg-boss';

const QUEUE = 'bench';
const INSERTED_AT_ONCE = 5_000;

export interface LibraryPace {
  readonly callers: number;
  readonly seconds: number;
  readonly openJobs: number;
}

/** Jobs per second. */
export async function measurePgBoss(
  url: string,
  { callers, seconds, openJobs }: LibraryPace,
): Promise<number> {
  const boss = new PgBoss({ connectionString: url, max: callers, schema: 'bench_boss' });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  try {
    await boss.createQueue(QUEUE);
    for (let at = 0; at < openJobs; at += INSERTED_AT_ONCE)
      await boss.insert(
        QUEUE,
        Array.from({ length: INSERTED_AT_ONCE }, () => ({ data: { rows: 1 } })),
      );
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
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** Jobs per second. */
export async function measureGraphileWorker(
  url: string,
  { callers, seconds, openJobs }: LibraryPace,
): Promise<number> {
  const pool = new Pool({ connectionString: url, max: callers + 2 });
  // The server may end before its last idle connection does.
  pool.on('error', () => undefined);
  const logger = new Logger(() => () => undefined);
  const schema = 'bench_graphile';
  const utils = await makeWorkerUtils({ pgPool: pool, schema, logger });
  try {
    await utils.migrate();
    await pool.query(
      `select ${schema}.add_job('bench', json_build_object('rows', 1)) from generate_series(1, ${openJobs})`,
    );
    let done = 0;
    const bench: Task = () => void done++;
    const workers = runTaskList(
      { concurrency: callers, schema, logger, noHandleSignals: true },
      { bench },
      pool,
    );
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const counted = done;
    await workers.gracefulShutdown('the benchmark is over');
    return counted / seconds;
  } finally {
    await utils.release();
    await pool.end();
  }
}
