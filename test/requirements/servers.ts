// Requirements: servers.

import type { Requirement } from './requirement.ts';

export const servers = {
  'SRV-01': {
    state: 'built',
    text: 'Fields: name (DNS-1123, unique), description (≤500), type (alias `transport: stdio|http`) `stdio | streamable-http | sse`, command, args[], env{}, workdir, url, headers{}, timeout (30 s, 1..300), autoStart (true), suspended (false), toolPrefix (`^[a-zA-Z][a-zA-Z0-9_-]*$`), family{name, instanceArg}, port, metadata{}, auth (security.md), restart, health, isolation, placement `process|workload|sidecar` (process), image, httpPort, limits, toolFilter.',
  },
  'SRV-02': {
    state: 'built',
    text: 'Cross rules with a precise message and path each: stdio needs a command and has no url; a remote type needs an `http(s)://` url; a command with httpPort is an http server to be wrapped (no url, httpPort required); image and command are required for `placement: workload`; args only with a command; headers not with stdio; authorizationServer only with auth type oauth and never with token forwarding or exchange.',
  },
  'SRV-03': {
    state: 'built',
    text: 'A type left out is inferred: stdio when there is a command, streamable-http when there is a url; `type: http` is the same as streamable-http.',
  },
  'SRV-04': {
    state: 'built',
    text: 'Executor JSON is accepted as it is: name, enabled, description, command, args[], port, env{}, metadata{} (package, added, tools[]); name and command are required, without a port it has none of its own; `enabled: false` means not running.',
  },
  'SRV-05': {
    state: 'built',
    text: '`mcpServers` maps (Claude, Cursor, Cline), VS Code `servers` + `inputs`, Codex TOML `[mcp_servers.X]`, registry server.json (schema 2025-12-11, snake_case too) and MetaMCP entries `{name, type SSE|STDIO|HTTP, url, enabled}` are accepted or imported without loss.',
  },
  'SRV-06': {
    state: 'built',
    text: '`${VAR}` and `${VAR:-default}` in command, args, env, url and headers. env is resolved first (from secrets, then the process environment; for git and API origins the environment only through an allow-list), args against the resolved env. An empty value is a value. `"API_KEY": "${API_KEY}"` works. Unresolved names make the server `Blocked` with a condition that lists them; nothing is started with a literal `${`.',
  },
  'SRV-07': {
    state: 'built',
    text: 'Ports: unique, in a configurable range (3001-3010), 3000 reserved by default; a conflict names both servers and both files.',
  },
  'SRV-08': {
    state: 'built',
    text: 'A server with a `port` is also served on that port by itself, at `/mcp` (Streamable HTTP, both protocol eras), and at `/sse` and `/` (legacy HTTP+SSE, which a bare `http://host:port` of type SSE expects), whatever its own transport: a stdio server becomes reachable.',
  },
  'SRV-09': {
    state: 'built',
    text: 'Status: state (stdio: Running, Starting, Stopped, Failed; remote: Connected, Connecting, Auth Required, Disconnected, Failed; both: Suspended, Blocked), lastError (sanitised), lastConnected, restartCount, consecutiveFailures, lastAttempt, nextRetryAfter, observedGeneration, conditions (Ready, Suspended, NotSupportedInCluster, SecretsResolved, …). All filled with real values. core_service_status answers in lower case and says stopped (stdio) or disconnected (remote) for a suspended one.',
  },
  'SRV-10': {
    state: 'built',
    text: "`suspended: true` deregisters the server and stops its process, survives restarts and beats the reconciler's next pass; stop/start/restart set it and take effect before the call returns, so the next status is right. Start on a server with autoStart false registers it and the reconciler leaves it alone.",
  },
  'SRV-11': {
    state: 'built',
    text: 'toolFilter {mode allow|deny, patterns}; blocked tools are neither listed nor callable.',
  },
  'SRV-12': {
    state: 'built',
    text: "isolation `shared | session | user` (shared): one process for all, one per client session, or one per user, so that a stateful stdio server cannot leak one client's state to another.",
  },
  'SRV-13': {
    state: 'built',
    text: "`start: eager | onDemand` (eager) and `idleTimeout`: an onDemand server's tools are listed from the persisted discovery cache without starting it; the first call starts it, idleness stops it.",
  },
  'SRV-14': {
    state: 'built',
    text: 'Registration is driven by the reconciler in every mode (a pass every 30 s): register after a good apply when autoStart, deregister on delete, requeue after a failed register.',
  },
  'SRC-01': {
    state: 'built',
    text: 'Files: a file or a directory tree of YAML and JSON; existing files are read at start (watch first, then walk), later changes within 500 ms debounce.',
  },
  'SRC-02': {
    state: 'built',
    text: 'Git: clone and pull a repository, branch and path on an interval (5 min) with the git command line; ssh and https credentials as git has them; shallow; a failed pull keeps the last good state and shows a condition; the commit in force is shown in status and logs.',
  },
  'SRC-03': {
    state: 'built',
    text: 'Force a sync now: `tutti reload`, SIGHUP, an authenticated POST (webhook; GitHub and GitLab signatures are checked).',
  },
  'SRC-04': {
    state: 'built',
    text: 'A full diff: added, changed, removed and disabled servers all take effect; only what changed restarts; a restart uses the current declaration, never a stale one.',
  },
  'SRC-05': {
    state: 'built',
    text: 'One bad file never stops the others: the error names file, line, column and field; the last good version of that server keeps running; duplicates across files are refused with both paths.',
  },
  'SRC-06': {
    state: 'partly',
    note: 'files, git and the API; custom resources are not there yet',
    text: 'Resources created over the API or by tools are stored with their origin; a resource owned by files, git or Kubernetes is changed there: the API refuses with a message that says where. Suspension is exempt: it is written back to files and custom resources, and kept as a durable override for git until git itself changes that field.',
  },
  'SRC-07': {
    state: 'built',
    text: '`tutti validate PATH` checks everything offline (syntax, schema, ports, duplicates, unresolved names) and exits non-zero with the list; editors get a JSON Schema by `$schema`.',
  },
  'SRC-08': {
    state: 'built',
    text: '`tutti add NAME [-- COMMAND…| --url URL] [--port N]` writes a config file, refuses to overwrite, prints next steps.',
  },
  'SRC-09': {
    state: 'built',
    text: 'Hand-off to MetaMCP: print or write the MetaMCP entries of all served ports.',
  },
  'SRC-10': {
    state: 'partly',
    note: 'workflows and tasks that would break come with workflows and tasks; all else is built',
    text: '`tutti plan [PATH]`: what a change would do before it does it: servers started, stopped, restarted, tools added or removed per view, workflows and tasks that would break; exit code for CI; drift is shown the same way.',
  },
  'SUP-01': {
    state: 'built',
    text: "Each server runs in its own process group; stop is SIGTERM to the group, a grace period (10 s), then SIGKILL to the group; no descendant survives its server, the supervisor's own exit or crash.",
  },
  'SUP-02': {
    state: 'built',
    text: 'One restart policy type {initial (1 s), factor (2), max (5 min), maxAttempts (unlimited), resetAfter (60 s of health), jitter}; executor imports get a fixed 5 s.',
  },
  'SUP-03': {
    state: 'built',
    text: 'Ready only after a successful MCP handshake within startupTimeout (15 s), a readiness wait for httpPort when wrapped; liveness by ping or discover every heartbeatInterval (30 s), restart after 3 failures.',
  },
  'SUP-04': {
    state: 'built',
    text: "stdout that is not JSON-RPC and all of stderr go to the server's log, never break the stream; the last 1,000 lines are kept per server; `tutti logs NAME [-f]`.",
  },
  'SUP-05': {
    state: 'built',
    text: 'Log lines carry ISO time and server name; start, exit (code, signal), restart lines; every 60 s one line `Running servers: a, b` (or `none`).',
  },
  'SUP-06': {
    state: 'built',
    text: 'A missing command, a crash at start, a hang at start, an unkillable child, a flood on stdout and a 50 MB line are each survived: the server goes Failed with the reason, the others never notice.',
  },
  'SUP-07': {
    state: 'built',
    text: 'Limits per server: memory (restart above it), in-flight calls, queue length, message size; over the limit the caller gets a typed error.',
  },
  'SUP-08': {
    state: 'built',
    text: 'A circuit breaker per server: after 5 consecutive failures calls fail fast with the reason and the time of the next attempt.',
  },
  'SUP-09': {
    state: 'built',
    text: 'Graceful shutdown: stop accepting, drain in-flight calls up to a deadline, stop children, close the store; second SIGINT stops at once.',
  },
  'SUP-10': {
    state: 'built',
    text: 'A process is identified by the hash of its command, args, env, principal and isolation scope, never by the view it is seen through; starts are single-flight and bounded; every child is counted, capped and reaped.',
  },
  'ADP-01': {
    state: 'later',
    text: '`tutti-adapter`: one program that wraps any MCP server command; it is the entrypoint of a container; flags and env only.',
  },
  'ADP-02': {
    state: 'later',
    text: '`--mode stdio|http` (MCP_ADAPTER_MODE), `--command` (MCP_ADAPTER_COMMAND; split like a POSIX shell splits words, no shell is run), `--grpc-port` (50051; MCP_ADAPTER_GRPC_PORT), `--http-port` (MCP_ADAPTER_HTTP_PORT), `--startup-timeout` (15 s; MCP_ADAPTER_STARTUP_TIMEOUT), `--restart-max-attempts` (5; MCP_ADAPTER_RESTART_MAX_ATTEMPTS), `--restart-backoff` (2 s; MCP_ADAPTER_RESTART_BACKOFF), `--heartbeat-interval` (30 s; MCP_ADAPTER_HEARTBEAT_INTERVAL).',
  },
  'ADP-03': {
    state: 'later',
    text: "stdio mode: newline-delimited JSON-RPC with the child; http mode: wait for the child's port, speak Streamable HTTP to it.",
  },
  'ADP-04': {
    state: 'later',
    text: 'gRPC: ListTools, CallTool (server streaming: progress, then the result), ListResources, ReadResource, ListPrompts, GetPrompt; health service; NOT_SERVING until the handshake is done; pagination, error details with the JSON-RPC code.',
  },
  'ADP-05': {
    state: 'later',
    text: 'A lossless JSON-RPC stream over gRPC beside the typed calls, so that nothing of MCP is lost; the gateway uses it to dial adapters.',
  },
  'ADP-06': { state: 'later', text: 'Streamable HTTP exposure of the same server (`--listen-http PORT`).' },
  'ADP-07': {
    state: 'later',
    text: 'SIGTERM: stop accepting, drain in-flight calls, stop the child; restart with backoff up to the maximum, then exit non-zero.',
  },
  'ADP-08': {
    state: 'later',
    text: 'Shipped as a single self-contained executable and as an image stage; runs unchanged as the entrypoint of Debian, Alpine (musl) and distroless images that hold no Node; cold start and memory are benchmarked.',
  },
  'ADP-09': {
    state: 'later',
    text: "Off loopback the adapter's gRPC needs mutual TLS (workload CA or OpenZiti); only attached agents, discovery and the gateway may call.",
  },
} as const satisfies Record<string, Requirement>;
