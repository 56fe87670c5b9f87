// The metrics of Tutti, in a registry of their own. Names and labels are a contract with dashboards: pinned by
// test/pins/metrics.test.ts. Label values are bounded: names of servers by MAX_SERVER_LABELS, tools by MAX_TOOL_LABELS,
// domains by MAX_DOMAIN_LABELS.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createCallMetrics, type FinishedCall, type ToolCalls } from './call-metrics.ts';
import { createLabelCap } from './label-cap.ts';
import { createStoreMetrics, type StoreMetrics } from './store-metrics.ts';
import { createLeaseMetrics, type LeaseMetrics } from './lease-metrics.ts';
import { createMailMetrics, type MailMetrics } from './mail-metrics.ts';
import { createWorkMetrics, type WorkMetrics } from './work-metrics.ts';

/** Distinct names of servers in labels; the rest is `other`. */
export const MAX_SERVER_LABELS = 1_000;

const RECONCILE_BUCKETS_S = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

export type ReconcileOutcome = 'done' | 'waiting' | 'failed';

/** Tools of a server that are not as they were approved: listed all the same, or held back. */
export interface UnapprovedTools {
  readonly server: string;
  readonly handling: 'flagged' | 'held';
  readonly tools: number;
}

/** A request without a key, with one that nobody has, or a webhook with a signature that is not right. */
export type RefusedKey = 'missing' | 'unknown' | 'signature';
/** What a policy, or who a toolset is for, kept from somebody; `api`: what needs a role over the API. */
export type PolicyDenial = 'server' | 'toolset' | 'tool' | 'prompt' | 'resource' | 'result' | 'api';

export interface Metrics {
  callFinished(call: FinishedCall): void;
  /** The calls of one tool since the process started; undefined for one that was never called. */
  toolCalls(server: string, tool: string): Promise<ToolCalls | undefined>;
  /** The one state that a server is in. */
  upstreamState(server: string, state: string): void;
  serverRemoved(server: string): void;
  serverRestarted(server: string): void;
  childStarted(server: string): void;
  childEnded(server: string): void;
  sessionsOpen(count: number): void;
  sessionRevived(): void;
  /** Calls whose clients do not wait for them, under way and over. */
  callsHeld(count: number): void;
  /** Where the calls in flight per server are read when metrics are asked for. */
  readInFlight(read: () => Iterable<readonly [server: string, calls: number]>): void;
  /** Where the tools that are not as they were approved are read when metrics are asked for. */
  readUnapproved(read: () => Iterable<UnapprovedTools>): void;
  reconciled(kind: string, outcome: ReconcileOutcome, durationMs: number): void;
  listChangedSent(list: 'tools' | 'prompts' | 'resources', count: number): void;
  /** A list of tools went out in a mode; the whole catalog would have been so many bytes. */
  toolsListed(mode: string, bytes: number, wholeBytes: number): void;
  /** `limit` is the name of the limit that was hit: `max_in_flight`, `max_processes`. */
  rejected(limit: string): void;
  keyRefused(reason: RefusedKey): void;
  policyDenied(what: PolicyDenial): void;
  readonly store: StoreMetrics;
  readonly work: WorkMetrics;
  readonly leases: LeaseMetrics;
  readonly mail: MailMetrics;
  /** In Prometheus' text format. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const servers = createLabelCap(MAX_SERVER_LABELS);
  const states = new Map<string, string>();
  let readUnapproved: () => Iterable<UnapprovedTools> = () => [];
  let readInFlight: () => Iterable<readonly [string, number]> = () => [];

  const upstreamState = new Gauge({
    name: 'tutti_upstream_state',
    help: '1 for the state that a server is in.',
    labelNames: ['server', 'state'],
    registers,
  });
  const restarts = new Counter({
    name: 'tutti_server_restarts_total',
    help: 'Restarts of servers that ended by themselves or were found unhealthy.',
    labelNames: ['server'],
    registers,
  });
  const children = new Gauge({
    name: 'tutti_children',
    help: 'Processes that Tutti started for a server and has not reaped; their own children are not counted.',
    labelNames: ['server'],
    registers,
  });
  const sessions = new Gauge({ name: 'tutti_sessions', help: 'Open sessions of clients.', registers });
  const revived = new Counter({
    name: 'tutti_sessions_revived_total',
    help: 'Sessions of an earlier run that their clients came back to.',
    registers,
  });
  const heldCalls = new Gauge({
    name: 'tutti_held_calls',
    help: 'Calls held for clients that do not wait for them, under way and over.',
    registers,
  });
  const passes = new Counter({
    name: 'tutti_reconcile_passes_total',
    help: 'Passes of the reconcile loop by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const passDurations = new Histogram({
    name: 'tutti_reconcile_duration_seconds',
    help: 'Duration of one pass of the reconcile loop.',
    labelNames: ['kind'],
    buckets: RECONCILE_BUCKETS_S,
    registers,
  });
  const listChanged = new Counter({
    name: 'tutti_list_changed_sent_total',
    help: 'list_changed notifications sent to clients.',
    labelNames: ['list'],
    registers,
  });
  const listedBytes = new Counter({
    name: 'tutti_tool_list_bytes_total',
    help: 'Bytes of lists of tools that went out, by context mode.',
    labelNames: ['mode'],
    registers,
  });
  const savedBytes = new Counter({
    name: 'tutti_tool_list_saved_bytes_total',
    help: 'Bytes that clients did not have to read because they got the search tools instead of the whole list.',
    registers,
  });
  const rejected = new Counter({
    name: 'tutti_rejected_total',
    help: 'What was refused because a limit was hit, by the name of the limit.',
    labelNames: ['limit'],
    registers,
  });
  const keysRefused = new Counter({
    name: 'tutti_keys_refused_total',
    help: 'Requests refused because a key was needed and none came, or nobody has it, or a signature is wrong.',
    labelNames: ['reason'],
    registers,
  });
  const denials = new Counter({
    name: 'tutti_policy_denials_total',
    help: 'Requests for something that is there and that the one who asked may not use, by what it is.',
    labelNames: ['what'],
    registers,
  });
  registry.registerMetric(
    new Gauge({
      name: 'tutti_calls_in_flight',
      help: 'Calls that a server has not answered yet.',
      labelNames: ['server'],
      registers: [],
      collect() {
        this.reset();
        for (const [server, calls] of readInFlight()) this.inc({ server: servers.admit(server) }, calls);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'tutti_tools_unapproved',
      help: 'Tools that are not as they were approved, and are listed all the same (flagged) or not (held).',
      labelNames: ['server', 'handling'],
      registers: [],
      collect() {
        this.reset();
        for (const { server, handling, tools } of readUnapproved())
          this.inc({ server: servers.admit(server), handling }, tools);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of Tutti itself, without its children.',
      registers: [],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    }),
  );
  const calls = createCallMetrics(registry, servers);

  return {
    store: createStoreMetrics(registry),
    work: createWorkMetrics(registry),
    leases: createLeaseMetrics(registry),
    mail: createMailMetrics(registry),
    callFinished: calls.finished,
    toolCalls: calls.of,
    upstreamState(server, state) {
      const previous = states.get(server);
      // Many servers under one name would have no one state, so those beyond the cap have none.
      if (previous === state || servers.admit(server) !== server) return;
      if (previous !== undefined) upstreamState.remove(server, previous);
      states.set(server, state);
      upstreamState.set({ server, state }, 1);
    },
    serverRemoved(server) {
      const previous = states.get(server);
      if (previous !== undefined) upstreamState.remove(server, previous);
      states.delete(server);
    },
    serverRestarted: (server) => restarts.inc({ server: servers.admit(server) }),
    childStarted: (server) => children.inc({ server: servers.admit(server) }),
    childEnded: (server) => children.dec({ server: servers.admit(server) }),
    sessionsOpen: (count) => sessions.set(count),
    sessionRevived: () => revived.inc(),
    callsHeld: (count) => heldCalls.set(count),
    readInFlight(read) {
      readInFlight = read;
    },
    readUnapproved(read) {
      readUnapproved = read;
    },
    reconciled(kind, outcome, durationMs) {
      passes.inc({ kind, outcome });
      passDurations.observe({ kind }, durationMs / 1_000);
    },
    listChangedSent: (list, count) => listChanged.inc({ list }, count),
    toolsListed(mode, bytes, wholeBytes) {
      listedBytes.inc({ mode }, bytes);
      if (mode === 'search') savedBytes.inc(Math.max(0, wholeBytes - bytes));
    },
    rejected: (limit) => rejected.inc({ limit }),
    keyRefused: (reason) => keysRefused.inc({ reason }),
    policyDenied: (what) => denials.inc({ what }),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
