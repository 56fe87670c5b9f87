// Requirements: operations.

import type { Requirement } from './requirement.ts';

export const operations = {
  'OPS-01': {
    state: 'built',
    text: '`tutti up` runs everything in one process on an embedded SQLite store; PostgreSQL by a URL; several replicas share one PostgreSQL. Same behaviour, one test suite on both.',
  },
  'OPS-02': {
    state: 'built',
    text: 'The store: transactions, migrations (numbered, forward-only, safe when two start at once, an old binary refuses a newer schema), backup and restore, SQLite → PostgreSQL copy, bounded history with retention.',
  },
  'OPS-03': {
    state: 'built',
    text: "Kill -9 at any instant loses no acknowledged write; two processes on one embedded store: the second refuses with the first one's pid; CLI commands and `tutti stdio` attach to the owner instead.",
  },
  'OPS-04': {
    state: 'partly',
    note: 'the whole API with its OpenAPI document, streams, cursors, idempotency keys and problem details; there is no console yet',
    text: 'REST API with OpenAPI, watch streams, cursors, idempotency keys, problem+json errors; the console and the CLI use nothing else.',
  },
  'OPS-05': {
    state: 'partly',
    note: 'the commands of what exists so far; for work: get, describe, apply, cancel, retry, approve, answer, why, send, release, guard; no run, runs, auth and test yet',
    text: 'CLI: up, stdio, init, add, import, connect, validate, get, describe, apply, delete, logs, tools, call, run, runs, plan, explain, suspend, resume, restart, reload, events, why, approve, cancel, agent, auth, backup, restore, test, doctor, version; `-o table|json|yaml`, `--watch`, exit codes, completion, helpful errors; progress where it takes long.',
  },
  'OPS-06': {
    state: 'later',
    text: 'Console in the browser: servers (state, logs, restart, suspend), tools (search, try), agents, tasks, workflow graph and run timeline, threads, leases with the wait-for graph, approvals, events, usage; live; keyboard; light and dark; works at 10,000 rows.',
  },
  'OPS-07': {
    state: 'partly',
    note: 'metrics of what exists, agents and tasks with their domains among it, listed in docs/metrics.md; no OTLP, no dashboards, no alert rules yet',
    text: 'Metrics (Prometheus and OTLP) with domain labels, low cardinality; the names are listed in the docs and pinned; tool calls, durations, errors, queue, scheduler, reconcile, processes, sessions, per-agent performance; alert rules and Grafana dashboards (one per domain, by variable) ship.',
  },
  'OPS-08': {
    state: 'later',
    text: 'Traces across client, gateway, upstream (W3C in `_meta` and headers) and tasks; structured JSON logs with domain and correlation, or pretty ones on a terminal.',
  },
  'OPS-09': {
    state: 'built',
    text: '/healthz, /readyz with reasons; graceful shutdown; zero-downtime restart of the gateway.',
  },
  'OPS-10': {
    state: 'partly',
    note: 'the events of servers, agents and tasks; those of workflows come with workflows, and a remote server that is back is told as MCPServerRecoverySucceeded',
    text: 'Events list (kinds and reasons as in muster: MCPServerStarted, …ToolsDiscovered, …RecoverySucceeded, WorkflowExecutionStarted, …) with filters and follow.',
  },
  'OPS-11': {
    state: 'later',
    text: 'Federation between deployments is opt-in links; centralized, federated, hierarchical, edge and hybrid deployments each have a tested example; no shared state, no cross-domain scheduling.',
  },
  'OPS-12': {
    state: 'later',
    text: "Run-code tool: a sandboxed JavaScript and Python executor whose code can call the caller's own tools (code mode), with limits on time, memory and calls; the executor's port 3000 `execute_python`.",
  },
  'OPS-13': {
    state: 'later',
    text: 'Distribution: npm package, container images, Helm chart, single executable; install size, cold start and memory are benchmarked.',
  },
  'OPS-14': {
    state: 'built',
    text: 'Benchmarks against named peers and against the bare floor, in one run, published with their command.',
  },
  'OPS-15': {
    state: 'later',
    text: 'Docs ship and CI checks their links, commands and examples: README, API reference, deployment, development and troubleshooting guides, architecture with a component map, open questions, CHANGELOG.',
  },
  'OPS-16': {
    state: 'later',
    text: '`tutti test`: YAML scenarios with mock MCP and OAuth servers, wait_for_state, retries, several users, parallel instances on reserved ports; ships mcpserver-auth-required-through-agentgateway, agentgateway-subprocess-data-plane, oauth-sso-state-sync-after-login (expects connected) and the mcpserver-family-* set.',
  },
  'OPS-17': {
    state: 'later',
    text: 'Test kit for users: mock agents; scenario, integration, load and chaos suites; the two integration examples (delegate a task by message, context for a workflow step) run.',
  },
  'OPS-18': {
    state: 'partly',
    note: "flags, environment and the Gateway with a stated precedence; the file, the ConfigMap and the variables in a ConfigMap of conductor's controller are read, and the file and variables of its agents by `tutti agent`; the controller's variables in Tutti's own environment are not",
    text: "One configuration file, env and flags with a stated precedence; the keys of conductor's controller and agent ConfigMaps are accepted; default ports never collide.",
  },
  'OPS-19': {
    state: 'partly',
    note: 'tools and API of agents and tasks take idempotency keys; changes of servers take none yet',
    text: 'Every mutating tool and API call is safely repeatable: a repeated idempotency key returns the first answer.',
  },
  'OPS-20': {
    state: 'later',
    text: 'Reconcile and workflow work is partitioned over replicas and rebalanced on loss; agent status and capabilities are cached, related operations batched.',
  },
  'OPS-21': {
    state: 'later',
    text: 'The Python sandbox offers an optional Portainer client (`pc`), credentials by secret reference.',
  },
} as const satisfies Record<string, Requirement>;
