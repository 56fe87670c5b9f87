// Metrics of agents and tasks. Domains are chosen by callers, so that their labels are bounded.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createLabelCap } from './label-cap.ts';
import { createSharedMetrics, type SharedMetrics } from './shared-metrics.ts';

/** Distinct domains; the agents and tasks of further ones are counted as of `other`. */
export const MAX_DOMAIN_LABELS = 100;

const WAIT_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3_600];
const RUN_BUCKETS_S = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 3_600];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128];
const BATCH_WAIT_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

export type TaskOutcome = 'completed' | 'failed' | 'cancelled';

interface Counted {
  readonly domain: string;
  readonly count: number;
}

type TaskCounts = Iterable<Counted & { readonly status: string }>;

export interface WorkMetrics extends SharedMetrics {
  /** An agent got a claim; `waitedMs` after the task was submitted, where it was its first. */
  taskClaimed(domain: string, waitedMs: number | undefined): void;
  /** `ranMs` after it was assigned the last time; undefined where it never was. */
  taskEnded(domain: string, outcome: TaskOutcome, ranMs: number | undefined): void;
  /** An attempt failed and is done again. */
  taskRetried(domain: string): void;
  heartbeatsWritten(agents: number): void;
  roundDone(assignments: number): void;
  batchTaken(intents: number, waitedMs: number): void;
  /** Where both are read when metrics are asked for. */
  readTasks(read: () => TaskCounts | Promise<TaskCounts>): void;
  readAgents(read: () => Iterable<Counted & { readonly phase: string }>): void;
}

export function createWorkMetrics(registry: Registry): WorkMetrics {
  const registers = [registry];
  const domains = createLabelCap(MAX_DOMAIN_LABELS);
  let readTasks: () => TaskCounts | Promise<TaskCounts> = () => [];
  let readAgents: () => Iterable<Counted & { readonly phase: string }> = () => [];

  registry.registerMetric(
    new Gauge({
      name: 'tutti_tasks',
      help: 'Tasks that are kept, by status.',
      labelNames: ['domain', 'status'],
      registers: [],
      async collect() {
        const tasks = await readTasks();
        this.reset();
        for (const { domain, status, count } of tasks)
          this.inc({ domain: domains.admit(domain), status }, count);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'tutti_agents',
      help: 'Agents that are registered, by phase.',
      labelNames: ['domain', 'phase'],
      registers: [],
      collect() {
        this.reset();
        for (const { domain, phase, count } of readAgents())
          this.inc({ domain: domains.admit(domain), phase }, count);
      },
    }),
  );
  const claims = new Counter({
    name: 'tutti_task_claims_total',
    help: 'Tasks that were given to agents.',
    labelNames: ['domain'],
    registers,
  });
  const waits = new Histogram({
    name: 'tutti_task_wait_seconds',
    help: 'From the submission of a task to its first assignment.',
    labelNames: ['domain'],
    buckets: WAIT_BUCKETS_S,
    registers,
  });
  const ended = new Counter({
    name: 'tutti_tasks_ended_total',
    help: 'Tasks that have ended, by what they came to.',
    labelNames: ['domain', 'outcome'],
    registers,
  });
  const runs = new Histogram({
    name: 'tutti_task_run_seconds',
    help: 'From the last assignment of a task to its end.',
    labelNames: ['domain'],
    buckets: RUN_BUCKETS_S,
    registers,
  });
  const retries = new Counter({
    name: 'tutti_task_retries_total',
    help: 'Attempts that failed and are made again.',
    labelNames: ['domain'],
    registers,
  });
  const beats = new Counter({
    name: 'tutti_agent_heartbeats_written_total',
    help: 'Heartbeats that were written to the store, each for many calls of an agent.',
    registers,
  });
  const rounds = new Counter({
    name: 'tutti_schedule_rounds_total',
    help: 'Rounds of the scheduler that looked at tasks and agents.',
    registers,
  });
  const batches = new Histogram({
    name: 'tutti_task_batch_size',
    help: 'Changes of tasks that one transaction took.',
    buckets: BATCH_BUCKETS,
    registers,
  });
  const batchWaits = new Histogram({
    name: 'tutti_task_batch_wait_seconds',
    help: 'How long the oldest change of a batch waited for its transaction.',
    buckets: BATCH_WAIT_BUCKETS_S,
    registers,
  });

  return {
    ...createSharedMetrics(registry),
    taskClaimed(name, waitedMs) {
      const domain = domains.admit(name);
      claims.inc({ domain });
      if (waitedMs !== undefined) waits.observe({ domain }, waitedMs / 1_000);
    },
    taskEnded(name, outcome, ranMs) {
      const domain = domains.admit(name);
      ended.inc({ domain, outcome });
      if (ranMs !== undefined) runs.observe({ domain }, ranMs / 1_000);
    },
    taskRetried: (domain) => retries.inc({ domain: domains.admit(domain) }),
    heartbeatsWritten: (agents) => beats.inc(agents),
    roundDone: () => rounds.inc(),
    batchTaken(intents, waitedMs) {
      batches.observe(intents);
      batchWaits.observe(waitedMs / 1_000);
    },
    readTasks(read) {
      readTasks = read;
    },
    readAgents(read) {
      readAgents = read;
    },
  };
}
