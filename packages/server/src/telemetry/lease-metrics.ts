// Metrics of file leases. Spaces are declared, so that their labels are bounded.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createLabelCap } from './label-cap.ts';

/** Distinct spaces; the leases of further ones are counted as of `other`. */
const MAX_SPACE_LABELS = 100;
const WAIT_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 15, 45];

interface Counted {
  readonly space: string;
  readonly mode: string;
  readonly count: number;
}

export interface LeaseMetrics {
  /** A request was answered, so long after it was made. */
  asked(outcome: string, tookMs: number): void;
  ended(end: string): void;
  /** A write of a shared file was let through, or not. */
  wrote(outcome: string): void;
  /** Where they are read when metrics are asked for. */
  readLeases(read: () => Promise<readonly Counted[]>): void;
}

export function createLeaseMetrics(registry: Registry): LeaseMetrics {
  const registers = [registry];
  const spaces = createLabelCap(MAX_SPACE_LABELS);
  let readLeases: () => Promise<readonly Counted[]> = () => Promise.resolve([]);

  registry.registerMetric(
    new Gauge({
      name: 'tutti_leases',
      help: 'Leases of files by mode, and requests that wait for one.',
      labelNames: ['space', 'mode'],
      registers: [],
      async collect() {
        const counted = await readLeases().catch((): readonly Counted[] => []);
        this.reset();
        for (const { space, mode, count } of counted) this.inc({ space: spaces.admit(space), mode }, count);
      },
    }),
  );
  const asked = new Counter({
    name: 'tutti_lease_requests_total',
    help: 'Requests for files, by what they came to.',
    labelNames: ['outcome'],
    registers,
  });
  const waits = new Histogram({
    name: 'tutti_lease_wait_seconds',
    help: 'From a request for files to its answer.',
    labelNames: ['outcome'],
    buckets: WAIT_BUCKETS_S,
    registers,
  });
  const ended = new Counter({
    name: 'tutti_leases_ended_total',
    help: 'Leases of files that have ended, by why.',
    labelNames: ['end'],
    registers,
  });
  const writes = new Counter({
    name: 'tutti_file_writes_total',
    help: 'Writes of shared files, let through or refused for want of a lease.',
    labelNames: ['outcome'],
    registers,
  });

  return {
    asked(outcome, tookMs) {
      asked.inc({ outcome });
      waits.observe({ outcome }, tookMs / 1_000);
    },
    ended: (end) => ended.inc({ end }),
    wrote: (outcome) => writes.inc({ outcome }),
    readLeases(read) {
      readLeases = read;
    },
  };
}
