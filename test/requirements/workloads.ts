// Requirements: workloads.

import type { Requirement } from './requirement.ts';

export const workloads = {
  'WL-01': {
    state: 'later',
    text: 'AgentTemplate: name, image or command, model, systemPrompt, role, capabilities, attached MCP servers, workspace{image, env, initialScript, cpu, memory, ttl, volume}, idleTimeout (5 min), whenBusy wait|inject, processBuffer allTogether|oneByOne, debounce, maxInstances.',
  },
  'WL-02': {
    state: 'later',
    text: 'Demand is a (participant, thread) pair with at least one unacked message, or an unexpired discovery signal for an MCP server; supply is what the runner reports. A pass compares them: Start, Keep, Stop, Restart.',
  },
  'WL-03': {
    state: 'later',
    text: 'The loop is level-triggered: a timer (30 s) is the truth, notifications only make it prompt; a lost notification costs latency, never correctness; passes are idempotent and crash safe.',
  },
  'WL-04': {
    state: 'later',
    text: 'Tables: workload_assignments(id, workload_type agent|mcp_server, identity_id, runner_workload_id, status, last_activity_at, created_at, updated_at, tenant_id), agent_assignments(workload_assignment_id, agent_identity_id, thread_id), mcp_assignments(workload_assignment_id, mcp_server_id, discovery, ttl_expires_at). The row exists before the start is asked for.',
  },
  'WL-05': {
    state: 'later',
    text: 'States pending → starting → running → stopping → stopped; starting|running → failed; failed → starting while demand lasts; plus pending → stopped and starting → stopping when demand goes, failed → stopped, stopping → failed. Every edge has a test.',
  },
  'WL-06': {
    state: 'later',
    text: 'Order: MCP servers first and ready, then the agent (deferred, not failed, until then); the agent stops first; a shared server stops when nobody refers to it.',
  },
  'WL-07': {
    state: 'later',
    text: 'Idle: only the orchestrator decides: no unacked message and now − last_activity_at > idleTimeout. An agent may leave by itself.',
  },
  'WL-08': {
    state: 'later',
    text: 'Failures: start error → failed, retried with backoff 10 s, 30 s, 1 m, 5 m, 15 m, paused after 10 with reason start_failures_exhausted, reset by a changed template; crash → restart while demand; runner unreachable → nothing is stopped; orchestrator crash → adopt what runs; orphans (label, no row) are stopped. Reasons: start_failed, image_pull_failed, config_invalid, crashloop, runtime_lost.',
  },
  'WL-09': {
    state: 'later',
    text: 'MCP servers for a workload: `placement: workload` (own workload, own identity, shareable; default) or `sidecar` (with the agent: shares its network, files and agent+thread identity, takes its image from the workspace, ports from 50051).',
  },
  'WL-10': {
    state: 'later',
    text: "The agent's contract: env AGENT_ID, THREAD_ID, WORKLOAD_ID, GATEWAY_ADDRESS, AGENT_MCP_SERVERS, a token; reads unacked, works, posts, then acks; polls (10-30 s) if notifications fail.",
  },
  'WL-11': {
    state: 'later',
    text: 'Command-line agents (Claude Code, Codex, any program) run by a wrapper that turns messages into prompts and answers into messages, with the gateway as their only MCP server.',
  },
  'WL-12': {
    state: 'later',
    text: 'Workload identity is scoped to agent and thread: a short-lived signed token, and a client certificate from the embedded CA by an enrolment token; revoked when the workload stops; orphaned identities are swept. With an OpenZiti controller configured, an OpenZiti identity is enrolled instead.',
  },
  'RUN-01': {
    state: 'later',
    text: 'Runner port: ready, start(spec: main, sidecars, volumes), stop(id, timeout), remove, inspect, find by labels, logs (follow, since, tail), events, exec, touch. Errors say whether to retry.',
  },
  'RUN-02': {
    state: 'later',
    text: 'Process runner (default): real processes in their own group, working folder per workload, logs kept, adopted after a restart of Tutti.',
  },
  'RUN-03': {
    state: 'later',
    text: 'Kubernetes runner: pods with labels managed-by, agent-id, thread-id, adapter sidecars (ports from 50051), probes, resources, security context; watches instead of polling.',
  },
  'RUN-04': {
    state: 'later',
    text: 'Remote runner: the same port over gRPC, so that other machines offer capacity.',
  },
} as const satisfies Record<string, Requirement>;
