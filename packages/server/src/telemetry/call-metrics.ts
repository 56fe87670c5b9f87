// Tool calls by real tool and server. A finished call costs two map lookups and a note; the notes are entered many at a
// time. The label sets are bounded, because the names of tools come from servers that we don't control.

import { Counter, Histogram, type Registry } from 'prom-client';
import { createLabelCap, OTHER, type LabelCap } from './label-cap.ts';

/** Distinct pairs of server and tool; the calls of further tools are counted as `other` of their server. */
export const MAX_TOOL_LABELS = 1_000;

/** Distinct methods, which clients can make up. */
export const MAX_METHOD_LABELS = 50;

const DURATION_BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/** Durations of a tool that wait to be entered: entered one by one each would cost as much as the rest of the notes. */
const MAX_NOTED = 256;

const OUTCOMES = ['ok', 'tool_error', 'error', 'timeout', 'cancelled'] as const;
type CallOutcome = (typeof OUTCOMES)[number];

export interface FinishedCall {
  readonly server: string;
  /** Undefined for requests that call no tool. */
  readonly tool: string | undefined;
  readonly method: string;
  readonly outcome: CallOutcome;
  readonly durationMs: number;
}

interface ToolSeries {
  readonly labels: { readonly server: string; readonly tool: string };
  readonly duration: Histogram.Internal<'server' | 'tool'>;
  /** Calls by outcome since the metrics were last asked for. */
  readonly fresh: Record<CallOutcome, number>;
  readonly notedMs: number[];
}

/** The calls of one tool since the process started. */
export interface ToolCalls {
  readonly count: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface CallMetrics {
  readonly finished: (call: FinishedCall) => void;
  /** Undefined for a tool that was never called, or is counted with others. */
  readonly of: (server: string, tool: string) => Promise<ToolCalls | undefined>;
}

export function createCallMetrics(registry: Registry, serverCap: LabelCap): CallMetrics {
  const byServer = new Map<string, Map<string, ToolSeries>>();
  let pairs = 0;

  const calls = new Counter({
    name: 'tutti_tool_calls_total',
    help: 'Finished tool calls by the real server and tool.',
    labelNames: ['server', 'tool', 'outcome'],
    registers: [],
    collect() {
      for (const tools of byServer.values()) {
        for (const { labels, fresh } of tools.values()) {
          for (const outcome of OUTCOMES) {
            if (fresh[outcome] > 0) this.inc({ ...labels, outcome }, fresh[outcome]);
            fresh[outcome] = 0;
          }
        }
      }
    },
  });
  registry.registerMetric(calls);
  const durations = new Histogram({
    name: 'tutti_tool_call_duration_seconds',
    help: 'From the arrival of a tool call to its answer.',
    labelNames: ['server', 'tool'],
    buckets: DURATION_BUCKETS_S,
    registers: [registry],
    collect() {
      for (const tools of byServer.values()) for (const series of tools.values()) enter(series);
    },
  });
  const requests = new Counter({
    name: 'tutti_upstream_requests_total',
    help: 'Finished requests to servers that are no tool calls.',
    labelNames: ['server', 'method', 'outcome'],
    registers: [registry],
  });

  const methods = createLabelCap(MAX_METHOD_LABELS);

  function create(server: string, tool: string): ToolSeries {
    const labels = { server, tool };
    const fresh = { ok: 0, tool_error: 0, error: 0, timeout: 0, cancelled: 0 };
    const series: ToolSeries = { labels, duration: durations.labels(labels), fresh, notedMs: [] };
    const tools = byServer.get(server) ?? new Map<string, ToolSeries>();
    byServer.set(server, tools.set(tool, series));
    return series;
  }

  function seriesOf(server: string, tool: string): ToolSeries {
    const known = byServer.get(server)?.get(tool);
    if (known !== undefined) return known;
    const admittedServer = serverCap.admit(server);
    if (admittedServer === server && pairs < MAX_TOOL_LABELS) {
      pairs += 1;
      return create(server, tool);
    }
    return byServer.get(admittedServer)?.get(OTHER) ?? create(admittedServer, OTHER);
  }

  return {
    finished(call) {
      if (call.tool === undefined) {
        const method = methods.admit(call.method);
        requests.inc({ server: serverCap.admit(call.server), method, outcome: call.outcome });
        return;
      }
      const series = seriesOf(call.server, call.tool);
      series.fresh[call.outcome] += 1;
      if (series.notedMs.push(call.durationMs) === MAX_NOTED) enter(series);
    },
    async of(server, tool) {
      if (byServer.get(server)?.has(tool) !== true) return undefined;
      const isIt = ({ labels }: { labels: Labels }): boolean =>
        labels.server === server && labels.tool === tool;
      const counted = (await calls.get()).values.filter(isIt);
      const failed = counted.filter(({ labels }) => labels.outcome !== 'ok');
      const observed = (await durations.get()).values.filter(isIt);
      const buckets = observed.flatMap(({ labels, value }) => {
        const { le }: Labels = labels;
        return typeof le === 'number' ? [{ upToMs: le * 1_000, count: value }] : [];
      });
      const count = counted.reduce((sum, { value }) => sum + value, 0);
      if (count === 0) return undefined;
      return {
        count,
        failed: failed.reduce((sum, { value }) => sum + value, 0),
        p50Ms: quantileMs(buckets, count, 0.5),
        p95Ms: quantileMs(buckets, count, 0.95),
      };
    },
  };
}

function enter({ duration, notedMs }: ToolSeries): void {
  for (const ms of notedMs) duration.observe(ms / 1_000);
  notedMs.length = 0;
}

type Labels = Partial<Record<string, string | number>>;

/** As Prometheus does it: evenly between the bounds of a bucket; what is over the last bound counts as that. */
function quantileMs(
  buckets: readonly { readonly upToMs: number; readonly count: number }[],
  total: number,
  share: number,
): number {
  const rank = total * share;
  let [lowerMs, below] = [0, 0];
  for (const { upToMs, count } of buckets) {
    if (count >= rank && count > below)
      return lowerMs + ((upToMs - lowerMs) * (rank - below)) / (count - below);
    [lowerMs, below] = [upToMs, count];
  }
  return lowerMs;
}
