// Metrics of the store. Failures are a closed list of the store's own.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const DURATION_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

export interface StoreMetrics {
  waited(ms: number): void;
  finished(operation: 'read' | 'write', ms: number): void;
  failed(failure: string): void;
  retried(failure: string): void;
  hears(arrive: boolean): void;
  /** Where the size is read when metrics are asked for; undefined when it can't be told. */
  readSize(read: () => Promise<number | undefined>): void;
}

export function createStoreMetrics(registry: Registry): StoreMetrics {
  const registers = [registry];
  let readSize: () => Promise<number | undefined> = () => Promise.resolve(undefined);
  const waits = new Histogram({
    name: 'tutti_store_wait_seconds',
    help: 'How long transactions waited for their turn.',
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const durations = new Histogram({
    name: 'tutti_store_duration_seconds',
    help: 'Duration of reads, and of transactions with their commit.',
    labelNames: ['operation'],
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const errors = new Counter({
    name: 'tutti_store_errors_total',
    help: 'Reads and transactions that failed, by what was wrong.',
    labelNames: ['failure'],
    registers,
  });
  const retries = new Counter({
    name: 'tutti_store_retries_total',
    help: 'Transactions that were run again after nothing of them had happened, by what was wrong.',
    labelNames: ['failure'],
    registers,
  });
  const polls = new Gauge({
    name: 'tutti_store_polling_only',
    help: '1 while changes of other hosts on the same PostgreSQL are found by polling alone, because its notices do not arrive.',
    registers,
  });
  registry.registerMetric(
    new Gauge({
      name: 'tutti_store_bytes',
      help: 'What the store takes on disk.',
      registers: [],
      async collect() {
        const bytes = await readSize();
        if (bytes !== undefined) this.set(bytes);
      },
    }),
  );
  return {
    waited: (ms) => waits.observe(ms / 1_000),
    finished: (operation, ms) => durations.observe({ operation }, ms / 1_000),
    failed: (failure) => errors.inc({ failure }),
    retried: (failure) => retries.inc({ failure }),
    hears: (arrive) => polls.set(arrive ? 0 : 1),
    readSize(read) {
      readSize = read;
    },
  };
}
