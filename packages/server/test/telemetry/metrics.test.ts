import { describe, expect, it } from 'vitest';
import { verifies } from '../../../../test/verifies.ts';
import { MAX_METHOD_LABELS, MAX_TOOL_LABELS } from '../../src/telemetry/call-metrics.ts';
import { createMetrics, MAX_SERVER_LABELS, type Metrics } from '../../src/telemetry/metrics.ts';

const call = {
  server: 'github',
  tool: 'search',
  method: 'tools/call',
  outcome: 'ok',
  durationMs: 20,
} as const;

async function lines(metrics: Metrics, start: string): Promise<string[]> {
  return (await metrics.render()).body.split('\n').filter((line) => line.startsWith(start));
}

describe('metrics', () => {
  it('count calls by the real server and tool, with outcome and duration', async () => {
    verifies('OPS-07');
    const metrics = createMetrics();
    for (const outcome of ['ok', 'ok', 'tool_error', 'timeout'] as const)
      metrics.callFinished({ ...call, outcome });
    expect(await lines(metrics, 'tutti_tool_calls_total')).toEqual([
      'tutti_tool_calls_total{server="github",tool="search",outcome="ok"} 2',
      'tutti_tool_calls_total{server="github",tool="search",outcome="tool_error"} 1',
      'tutti_tool_calls_total{server="github",tool="search",outcome="timeout"} 1',
    ]);
    expect(await lines(metrics, 'tutti_tool_call_duration_seconds_bucket{le="0.025"')).toEqual([
      'tutti_tool_call_duration_seconds_bucket{le="0.025",server="github",tool="search"} 4',
    ]);
  });

  it('count every call, however many come between two looks', async () => {
    verifies('OPS-07');
    const metrics = createMetrics();
    for (let index = 0; index < 1_000; index += 1) metrics.callFinished(call);
    const counted = 'tutti_tool_call_duration_seconds_count{server="github",tool="search"}';
    expect(await lines(metrics, counted)).toEqual([`${counted} 1000`]);
    metrics.callFinished(call);
    expect(await lines(metrics, counted)).toEqual([`${counted} 1001`]);
  });

  it('keep requests that call no tool apart', async () => {
    const metrics = createMetrics();
    metrics.callFinished({ ...call, tool: undefined, method: 'resources/read' });
    expect(await lines(metrics, 'tutti_upstream_requests_total')).toEqual([
      'tutti_upstream_requests_total{server="github",method="resources/read",outcome="ok"} 1',
    ]);
    expect(await lines(metrics, 'tutti_tool_calls_total')).toEqual([]);
  });

  it('are bounded, however many tools and servers there are', async () => {
    verifies('OPS-07');
    const metrics = createMetrics();
    for (let server = 0; server < MAX_SERVER_LABELS + 20; server += 1) {
      for (let tool = 0; tool < 3; tool += 1) {
        metrics.callFinished({ ...call, server: `server-${server}`, tool: `tool-${tool}` });
      }
      metrics.serverRestarted(`server-${server}`);
      metrics.upstreamState(`server-${server}`, 'Running');
    }
    for (let index = 0; index < 100; index += 1) {
      metrics.callFinished({ ...call, tool: undefined, method: `made-up/${index}` });
    }
    expect(await lines(metrics, 'tutti_upstream_requests_total')).toHaveLength(MAX_METHOD_LABELS + 1);
    const counts = await lines(metrics, 'tutti_tool_calls_total');
    expect(counts.filter((line) => !line.includes('tool="other"'))).toHaveLength(MAX_TOOL_LABELS);
    expect(counts.length).toBeLessThanOrEqual(MAX_TOOL_LABELS + MAX_SERVER_LABELS + 1);
    expect(counts).toContain('tutti_tool_calls_total{server="other",tool="other",outcome="ok"} 60');
    expect(await lines(metrics, 'tutti_server_restarts_total')).toHaveLength(MAX_SERVER_LABELS + 1);
    expect(await lines(metrics, 'tutti_upstream_state')).toHaveLength(MAX_SERVER_LABELS);
  });

  it('show the one state that a server is in, and none when it is gone', async () => {
    const metrics = createMetrics();
    metrics.upstreamState('github', 'Starting');
    metrics.upstreamState('github', 'Running');
    expect(await lines(metrics, 'tutti_upstream_state')).toEqual([
      'tutti_upstream_state{server="github",state="Running"} 1',
    ]);
    metrics.serverRemoved('github');
    expect(await lines(metrics, 'tutti_upstream_state')).toEqual([]);
  });

  it('count the children of each server', async () => {
    verifies('SUP-10');
    const metrics = createMetrics();
    metrics.childStarted('github');
    metrics.childStarted('github');
    metrics.childEnded('github');
    expect(await lines(metrics, 'tutti_children')).toEqual(['tutti_children{server="github"} 1']);
  });

  it('read the calls in flight when they are asked for', async () => {
    const metrics = createMetrics();
    let inFlight: [string, number][] = [['github', 3]];
    metrics.readInFlight(() => inFlight);
    expect(await lines(metrics, 'tutti_calls_in_flight')).toEqual([
      'tutti_calls_in_flight{server="github"} 3',
    ]);
    inFlight = [];
    expect(await lines(metrics, 'tutti_calls_in_flight')).toEqual([]);
  });
});
