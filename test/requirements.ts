// What Tutti must do, one line each. Tests cite the ids; test/requirements.test.ts checks the citations.
// `built`: a test must cite it. `partly`: built as far as the note says, a test must cite it. `later`: nothing yet.

export interface Requirement {
  readonly text: string;
  readonly state: 'built' | 'partly' | 'later';
  readonly note?: string;
}

export const requirements = {
  // servers
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
    state: 'later',
    text: 'Ports: unique, in a configurable range (3001-3010), 3000 reserved by default; a conflict names both servers and both files.',
  },
  'SRV-08': {
    state: 'later',
    text: 'A server with a `port` is also served on that port by itself, at `/mcp` (Streamable HTTP, both protocol eras), and at `/sse` and `/` (legacy HTTP+SSE, which a bare `http://host:port` of type SSE expects), whatever its own transport: a stdio server becomes reachable.',
  },
  'SRV-09': {
    state: 'built',
    text: 'Status: state (stdio: Running, Starting, Stopped, Failed; remote: Connected, Connecting, Auth Required, Disconnected, Failed; both: Suspended, Blocked), lastError (sanitised), lastConnected, restartCount, consecutiveFailures, lastAttempt, nextRetryAfter, observedGeneration, conditions (Ready, Suspended, NotSupportedInCluster, SecretsResolved, …). All filled with real values. core_service_status answers in lower case and says stopped (stdio) or disconnected (remote) for a suspended one.',
  },
  'SRV-10': {
    state: 'later',
    text: "`suspended: true` deregisters the server and stops its process, survives restarts and beats the reconciler's next pass; stop/start/restart set it and take effect before the call returns, so the next status is right. Start on a server with autoStart false registers it and the reconciler leaves it alone.",
  },
  'SRV-11': {
    state: 'built',
    text: 'toolFilter {mode allow|deny, patterns}; blocked tools are neither listed nor callable.',
  },
  'SRV-12': {
    state: 'later',
    text: "isolation `shared | session | user` (shared): one process for all, one per client session, or one per user, so that a stateful stdio server cannot leak one client's state to another.",
  },
  'SRV-13': {
    state: 'later',
    text: "`start: eager | onDemand` (eager) and `idleTimeout`: an onDemand server's tools are listed from the persisted discovery cache without starting it; the first call starts it, idleness stops it.",
  },
  'SRV-14': {
    state: 'later',
    text: 'Registration is driven by the reconciler in every mode (a pass every 30 s): register after a good apply when autoStart, deregister on delete, requeue after a failed register.',
  },
  'SRC-01': {
    state: 'built',
    text: 'Files: a file or a directory tree of YAML and JSON; existing files are read at start (watch first, then walk), later changes within 500 ms debounce.',
  },
  'SRC-02': {
    state: 'later',
    text: 'Git: clone and pull a repository, branch and path on an interval (5 min) with the git command line; ssh and https credentials as git has them; shallow; a failed pull keeps the last good state and shows a condition; the commit in force is shown in status and logs.',
  },
  'SRC-03': {
    state: 'later',
    text: 'Force a sync now: `tutti reload`, SIGHUP, an authenticated POST (webhook; GitHub and GitLab signatures are checked).',
  },
  'SRC-04': {
    state: 'later',
    text: 'A full diff: added, changed, removed and disabled servers all take effect; only what changed restarts; a restart uses the current declaration, never a stale one.',
  },
  'SRC-05': {
    state: 'built',
    text: 'One bad file never stops the others: the error names file, line, column and field; the last good version of that server keeps running; duplicates across files are refused with both paths.',
  },
  'SRC-06': {
    state: 'later',
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
    state: 'later',
    text: 'Hand-off to MetaMCP: print or write the MetaMCP entries of all served ports.',
  },
  'SRC-10': {
    state: 'later',
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
    state: 'later',
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
  // gateway
  'GW-01': {
    state: 'partly',
    note: 'sets come later',
    text: '`/mcp` is the federated endpoint; `/mcp/<server>` is a transparent, un-prefixed route to one server; `/mcp/sets/<toolset>` is a filtered view.',
  },
  'GW-02': {
    state: 'built',
    text: 'Both protocol eras towards clients on the same URL: 2026-07-28 (stateless) and 2025-11-25 down to 2024-11-05 (sessions), Streamable HTTP, stdio (`tutti stdio`), and legacy HTTP+SSE at `/sse`.',
  },
  'GW-03': {
    state: 'built',
    text: 'Both eras towards servers; every pair works: old client ↔ new server and new client ↔ old server, including elicitation, sampling and roots in both directions (a modern client of a legacy server gets `input_required` with a signed requestState while the upstream call is parked).',
  },
  'GW-04': {
    state: 'built',
    text: 'Payloads are forwarded byte for byte: no field, number, unknown member or order of a tool, result, content block, annotation or `_meta` changes; only the ids, names and envelope keys that the gateway owns are rewritten.',
  },
  'GW-05': {
    state: 'built',
    text: "Forwarded both ways: progress, cancellation (both eras' forms), logging, list_changed, resource updates and subscriptions, completions, elicitation, sampling, roots, tasks (extension), trace context.",
  },
  'GW-06': {
    state: 'partly',
    note: 'auth scenarios of the client suite come with upstream login',
    text: "The official conformance suite (0.2.0-alpha.12) scores the same through `/mcp/<server>` as directly against the server, for requirements 2026-07-28 and 2025-11-25, and the client suite passes through the gateway's upstream side (its `auth/*` scenarios together with SEC-06).",
  },
  'GW-07': {
    state: 'built',
    text: "Host and Origin are checked; bodies (4 MiB), headers and their read time (10 s), depth (64) and concurrent streams (1,024) are bounded, all configurable; a bad request gets the spec's own code.",
  },
  'GW-08': {
    state: 'built',
    text: "A slow, dead or hostile upstream never delays calls to others; deadlines are per call (the server's timeout, 30 s; progress extends it up to 10 min) and visible in the error.",
  },
  'GW-09': {
    state: 'later',
    text: "Calls that outlive the client's patience are not lost: with the tasks extension they become tasks; without it a result stays retrievable by its handle.",
  },
  'GW-10': {
    state: 'later',
    text: "UpstreamProxy mode: every external server is dialled at `<UpstreamProxy>/mcp/<name>` as streamable-http whatever its type; a trailing slash is trimmed; the server's own URL is kept for display and audit. The proxy comes from configuration, else MUSTER_AGW_UPSTREAM_URL in cluster mode, else `http://localhost:8080` (or the port picked for the managed agentgateway) on one machine; unresolved, start fails. ECONNREFUSED alone is retried (6 × 250 ms); 401 with its WWW-Authenticate comes back verbatim.",
  },
  'GW-11': {
    state: 'later',
    text: 'agentgateway: emit its local YAML (management addresses under `config:`, deterministic order, atomic 0600 write, no rewrite when unchanged) and, in cluster mode, AgentgatewayBackend + HTTPRoute + AgentgatewayPolicy with owner references; run it as a supervised subprocess when a binary is given (reload by SIGHUP, readiness `/healthz/ready`).',
  },
  'CAT-01': {
    state: 'built',
    text: 'Exposed names are `<prefix or server>_<tool>`, never doubled, ≤64 characters of `[A-Za-z0-9_.-]`, deterministic; a collision is resolved the same way on every replica and is shown. A global prefix (`x_` in muster) is configurable, empty by default.',
  },
  'CAT-02': {
    state: 'built',
    text: 'Resources, resource templates and prompts are federated too; a uri known to one server goes there; equal uris are disambiguated.',
  },
  'CAT-03': {
    state: 'built',
    text: 'list_changed upstream → rediscovery of that server alone → list_changed downstream once; lists are stable in order, paged, cacheable with ttl and scope.',
  },
  'CAT-04': {
    state: 'built',
    text: 'Discovery results persist (cache with staleness), discovery is single-flight per server, a discovery of a server that is not running starts it for a short TTL (120 s) and stops it again; a signal comes from the API, the console, a tool or the first list.',
  },
  'CAT-05': {
    state: 'later',
    text: 'Toolsets: named, filtered, renamed views over many servers, each with its own endpoint and auth.',
  },
  'CAT-06': {
    state: 'later',
    text: 'Meta-tool mode (per client or toolset): list_tools, describe_tool, filter_tools(pattern, description_filter, case_sensitive, include_schema), search_tools (ranked), call_tool, list_core_tools, list/describe/get resource, list/describe/get prompt; list_tools also returns servers_requiring_auth.',
  },
  'CAT-07': { state: 'later', text: 'Tokens saved by meta-tool mode are measured and shown.' },
  'CAT-08': {
    state: 'later',
    text: 'Tool definitions are pinned: a server that changes a description or schema after approval is flagged (and held when the policy says so).',
  },
  'CAT-09': {
    state: 'later',
    text: 'The context mode is chosen per client (direct list, search meta-tools, code) from the number of tools and what the client can do, with a byte and token budget on every answer.',
  },
  'FAM-01': {
    state: 'later',
    text: 'Servers with equal family.name expose each common tool once, as `<global prefix><family>_<tool>`, with one extra required enum argument (instanceArg) listing the members; it is removed before forwarding; required even with one member; sorted; schemas deep-copied.',
  },
  'FAM-02': {
    state: 'later',
    text: 'Divergent instanceArg: the whole family falls back to per-server names with a warning; divergent description or a collision of instanceArg with a property: that tool alone.',
  },
  'FAM-03': {
    state: 'later',
    text: 'Errors: missing argument and wrong member each have a message that lists the members. Joining and leaving grows and shrinks the enum and fires list_changed.',
  },
  'FAM-04': {
    state: 'later',
    text: 'Argument completion for the instance, and a fan-out form that calls all instances and merges the results.',
  },
  'SES-01': {
    state: 'later',
    text: "A session sees global tools plus the tools of servers that it is authenticated to, plus a hint for those that it could be; it never learns another session's.",
  },
  'SES-02': {
    state: 'later',
    text: 'Upstream state per session: Connected when that session has a live connection, else the global state; list and status calls answer for the caller.',
  },
  'SES-03': {
    state: 'later',
    text: 'Sessions survive a gateway restart where the protocol allows, and any replica can serve any session (shared state, or forwarding to the owner).',
  },
  'SES-04': {
    state: 'built',
    text: 'Idle sessions (30 min; absolute 24 h) are reaped with everything they own (processes, upstream sessions, streams).',
  },
  'GW-20': {
    state: 'later',
    text: 'core_mcpserver_{list, get, create, update, delete, validate, reconnect}; core_service_{list, status, start, stop, restart}; core_config_{get, save, reload}; core_events(filters, follow); core_auth_{login, logout}(server); hidden from callers without the role.',
  },
  'GW-21': {
    state: 'later',
    text: 'Destructive admin tools are marked as such (annotations) and can be denied by policy.',
  },
  'GW-22': {
    state: 'later',
    text: '`tutti explain TOOL [--as PRINCIPAL]`: which server, rule, credential and view decide, why it is hidden or failing, last error, latency.',
  },
  'GW-23': { state: 'later', text: 'Policies act on the identity (server, tool), not on the exposed name.' },
  'GW-24': {
    state: 'later',
    text: 'Managed agentgateway ports (data, admin 15000, stats 15020, readiness 15021): explicit configuration wins, else free ones are reserved; range-checked; parallel instances never collide.',
  },
  'GW-25': {
    state: 'later',
    text: 'agentgateway binary: MUSTER_AGW_BINARY, then the cache, then a download of the pinned version (1.2.1) verified by checksum.',
  },
  'GW-26': {
    state: 'later',
    text: 'core_service_* on an unknown name answers "service not found", never another error.',
  },
  // coordination
  'AGT-01': {
    state: 'later',
    text: 'Agent: id, name, role, model_type, model_version, capabilities[], tags[], domain, group, status `available|working|idle|offline|error`, phase `Ready|NotReady|Unknown|Terminating`, current_task, progress_metric 0..1, error_info, current_plan_summary, maxConcurrentTasks (5, 1..100), heartbeatInterval (30 s), resources{cpu, memory, gpu, storage}, registered_at, last_heartbeat, completed, failed.',
  },
  'AGT-02': {
    state: 'later',
    text: 'register_agent(id, name, role, model_type, model_version, capabilities, …) is idempotent for the same identity, refused for another; deregister_agent(agent_id) hands its work back.',
  },
  'AGT-03': {
    state: 'later',
    text: 'find_agents(capabilities?, role?, statuses?, model_type?, group?, active_within_seconds?).',
  },
  'AGT-04': {
    state: 'later',
    text: 'set_agent_status, report_status(agent_id, status, current_task, progress_metric), get_agent_status, heartbeat. Any authenticated call of an agent counts as a heartbeat; heartbeats are coalesced and never lock a hot row.',
  },
  'AGT-05': {
    state: 'later',
    text: 'Unhealthy after 2 × heartbeatInterval: not scheduled, its leases and claims expire, its work is offered again; one event each.',
  },
  'AGT-06': {
    state: 'later',
    text: 'Controller phase and self-reported status are separate; schedulable = Ready and not offline or error.',
  },
  'AGT-07': {
    state: 'later',
    text: 'Roles: list_roles, assign_role(agent_id, role, assigning_agent_id); Orchestrator, Worker, SWE, QA, Researcher, Data Analyst, Planner, Reviewer, and custom ones, each a set of permissions.',
  },
  'AGT-08': {
    state: 'later',
    text: 'Agent cards (A2A) can be imported and exported; measured success rate, duration and cost per task class are kept with the agent.',
  },
  'AGT-09': {
    state: 'later',
    text: 'An SDK for workers in TypeScript: register, heartbeat, receive by watch with poll fallback (5 s), run up to N at once, progress, cancel, report, health endpoint, resource usage, graceful drain; an executor is `{capabilities, tags, execute(task, signal)}`; several are combined and chosen by capability; plugins load by path.',
  },
  'AGT-10': {
    state: 'later',
    text: 'Example agents that do real work: data processor (csv-transform, json-validate, data-clean, data-aggregate, data-filter, format-convert), filesystem (file-read, file-write, file-list, directory-create, file-delete, inside a root), http client (http-get/post/put/delete, webhook-call, api-health-check, rest-api-call), kubernetes reporter (list pods, deployments, daemonsets, services, nodes, namespaces; get pod, deployment, node status; cluster summary).',
  },
  'AGT-11': {
    state: 'later',
    text: '`tutti agent --type data-processor|filesystem|http-client|k8s-reporter|multi --config FILE`: creates, heartbeats and removes its own Agent, watches only its own tasks, with rights for just that; environment names as in conductor (AGENT_NAME, AGENT_DOMAIN, AGENT_CAPABILITIES, AGENT_TAGS, MAX_CONCURRENT_TASKS, HEARTBEAT_INTERVAL, TASK_TIMEOUT).',
  },
  'TSK-01': {
    state: 'later',
    text: 'Task: id, description, parent_task_id, workflow_id, domain, required_capabilities[], requiredTags[], preferredTags[], priority 1..10 (5; low 2, medium 5, high 8), payload, deadline, timeout (300 s), retryPolicy{maxRetries 3, backoff exponential|linear|fixed, initialDelay 1 s, maxDelay 300 s}, idempotency key, status, assigned_agent_id, result, error, attempts, times.',
  },
  'TSK-02': {
    state: 'later',
    text: "Status: pending, assigned, in_progress, waiting (for input), completed, failed, cancelled; conductor's phases and A2A's and MCP's task states are projections of it, made in one place.",
  },
  'TSK-03': {
    state: 'later',
    text: 'Placement `capability-priority`: hard rules (same domain, Ready, all capabilities, all required tags, a free slot) and a score (free slots, preferred tags, measured fitness); the highest priority first, then the oldest; ties by name; the same input gives the same answer.',
  },
  'TSK-04': {
    state: 'later',
    text: "Assignment is a claim: a lease with an expiry and a growing fencing number; completion, progress and side effects need the current number; a dead agent's task is offered again, a late report from it is refused with the reason.",
  },
  'TSK-05': {
    state: 'later',
    text: 'Agents either are assigned work (push: watch, wait_for_task) or take it (next_task with a wait of up to 45 s).',
  },
  'TSK-06': {
    state: 'later',
    text: 'A task that no registered agent could ever do says so at once (condition, event, tool answer) and waits or fails by policy; it is tried again every 30 s and at once when an agent registers.',
  },
  'TSK-07': {
    state: 'later',
    text: 'Timeout, deadline, retry with the declared backoff (honoured before reassignment), cancellation that reaches the agent, dead letter after the last attempt.',
  },
  'TSK-08': {
    state: 'later',
    text: "decompose_task(task, available_models[{id, model_type, capabilities}]) → subtasks[{id, description, required_capabilities}]: by a configured model provider (OpenAI-compatible or Anthropic API), by the calling agent's own plan (validated), or by a deterministic splitter when there is no model; the answer says which.",
  },
  'TSK-09': {
    state: 'later',
    text: 'assign_subtasks(subtasks, available_models), delegate_subtask(coordinator_agent_id, assigned_agent_id, subtask_id, subtask_description, contextual_data, parent_task_id, deadline), merge_results(results[{subtask_id, model_id, content}]) with strategies (concatenate, JSON merge, vote, best-scored, by model), compare_models(model_ids, capabilities?).',
  },
  'TSK-10': {
    state: 'later',
    text: 'A submitted plan is validated as data before anything runs: types, cycles, unsatisfiable capabilities, budget, overlapping write sets.',
  },
  'TSK-11': {
    state: 'later',
    text: "Evidence: a task may demand proofs for completion (commit reachable, tests' exit code, file hash, reviewer's approval); without them it goes to `waiting`, not to `completed`.",
  },
  'TSK-12': {
    state: 'later',
    text: 'Budgets: tokens, money, wall time, tasks and depth per project, run and agent; reserve, then settle; a hard stop that holds under concurrency.',
  },
  'TSK-13': {
    state: 'later',
    text: 'why(task): why it waits, why this agent, why it was retried, what would unblock it.',
  },
  'TSK-14': {
    state: 'later',
    text: 'Elicitation by a task: prompt, type text|choice|confirmation|secret, choices, default, required, timeout (300 s); answered in the console, the CLI or by the client; status WaitingForElicitation outside.',
  },
  'TSK-15': {
    state: 'later',
    text: 'Scheduler switches: algorithm, loadBalancing, domainFiltering; a capability index; default retry and timeout policies per domain.',
  },
  'TSK-16': {
    state: 'later',
    text: 'Reassignment hands over contextual_data, progress, partial results and the thread.',
  },
  'MSG-01': {
    state: 'later',
    text: 'Thread: id, title, creator, participants, status active|archived|closed|degraded, metadata. Message: id, thread, sender, recipients, content, attachments, urgent, importance, reply-to, created. Per recipient: delivered, read, acked, each with its time.',
  },
  'MSG-02': {
    state: 'later',
    text: 'send_message(sender_id, recipient_id XOR thread_id, content, urgent), broadcast_message(recipient_ids), get_messages(agent_id, thread_id?, limit 10, since?) newest first, marks read; check_new_messages; ack_messages (idempotent, returns the count).',
  },
  'MSG-03': {
    state: 'later',
    text: 'create_thread, join_thread, get_thread_details, add_participant_to_thread (by a participant), remove_participant_from_thread (by the creator or oneself; never the creator), archive_thread.',
  },
  'MSG-04': {
    state: 'later',
    text: 'create_critical_thread(wait_for_responses 1, timeout_ms 60000 ≤ 600000) waits for answers and returns what came; longer waits return a handle.',
  },
  'MSG-05': {
    state: 'later',
    text: 'GetThreads, GetMessages (no side effect), GetUnackedMessages(participant), GetParticipantsWithUnackedMessages(ids[]) in one query; cursors.',
  },
  'MSG-06': {
    state: 'later',
    text: 'Typed contents: status_update, task_assignment, query, response, blocker_report, knowledge_share, feedback, request_assistance, decision_log, conflict_report, progress_update, completion_report.',
  },
  'MSG-07': {
    state: 'later',
    text: 'Rooms for notifications: `thread_participant:{id}`, `workload:{id}`, `agent:{id}`, `threads:messages:new`, `runner:workloads:status`; events message.created, workload.status_changed; fan-out is a hint, a pull is the truth; slow consumers are dropped and resync (subscribe, buffer, snapshot, apply).',
  },
  'MSG-08': {
    state: 'later',
    text: 'Every tool answer to an agent carries its unread count, must-read items, lease warnings and cancellations, so that an agent which only calls tools misses nothing; an undeliverable message bounces to its sender.',
  },
  'MSG-09': {
    state: 'later',
    text: 'transfer_file(sender_id, recipient_id, source_path, destination_filename?, description?) with size limit (32 MiB), hash and encryption at rest.',
  },
  'MSG-10': {
    state: 'later',
    text: 'create_collaboration_session(title, description, participant_model_ids, coordinator_model_id), request_assistance(requesting_agent_id, task_description, target_agent_id?, required_capabilities?, urgency low|medium|high) fails clearly when nobody suits, evaluate_contribution(evaluating_agent_id, contributing_agent_id, contribution_ref, evaluation_criteria? (clarity, relevance, completeness, actionability 1..5), comments?) → record, share_plan_update(…), initiate_consensus(topic, options, participants, method, deadline).',
  },
  'LCK-01': {
    state: 'later',
    text: 'acquire_file_lock(agent_id, file_path), release_file_lock(agent_id, file_path), check_file_lock(file_path) → status and owner; re-entrant for the same agent.',
  },
  'LCK-02': {
    state: 'later',
    text: "A lease has a TTL (30 min), renews with the agent's activity, ends with its task, its deregistration or its death; the holder and a reason are told to whoever is refused, with the wait queue's length.",
  },
  'LCK-03': {
    state: 'later',
    text: 'Globs, shared and exclusive, all-or-nothing for several paths, normalised paths (`..`, symlinks, case), a fencing number per lease.',
  },
  'LCK-04': {
    state: 'later',
    text: 'Enforcement: a filesystem tool through the gateway and a git pre-commit guard refuse a write without the lease; compare-and-swap by content hash.',
  },
  'LCK-05': {
    state: 'later',
    text: 'Two holders of overlapping exclusive leases never exist, under any interleaving, crash or clock skew.',
  },
  'JAM-01': {
    state: 'later',
    text: 'check_agent_responsiveness(agent_id, threshold_seconds 300) → is_responsive, last_heartbeat, seconds_since_heartbeat, threshold_seconds, reason.',
  },
  'JAM-02': {
    state: 'later',
    text: 'check_message_recipient_status(sender_id, time_window_seconds 600, responsiveness_threshold_seconds 300) → recipients_checked, unresponsive_recipients[], all_recipient_statuses[].',
  },
  'JAM-03': {
    state: 'later',
    text: 'check_message_frequency(agent_id, time_window_seconds 60, frequency_threshold 10) → message_count, is_potentially_spamming.',
  },
  'JAM-04': {
    state: 'later',
    text: 'One wait-for graph over leases, task dependencies, messages awaited, approvals, slots and budgets; a cycle is found within 2 s, explained, and broken by a declared policy.',
  },
  'JAM-05': {
    state: 'later',
    text: 'Rate limits per agent and tool, circuit breakers, limits on fan-out and depth, loop detection on repeated identical calls.',
  },
  'JAM-06': {
    state: 'later',
    text: 'Stuck work is judged by lack of progress, not by a living process; the response is staged: nudge, reassign, stop.',
  },
  'JAM-07': {
    state: 'later',
    text: 'Every operation has a finite, configurable timeout (tested by enumeration); each agent has CPU, memory and concurrency limits.',
  },
  'PRJ-01': {
    state: 'later',
    text: 'create_project(name, description, lead_agent_id?, initial_status; planning|active|on_hold|completed|archived), create_goal(name, description, project_id?, initial_status; backlog|todo|in_progress|blocked|done), get/list/update of both, link_workflow_to_goal, link_step_to_external_task(external_system, external_task_id); progress rolls up from tasks and runs.',
  },
  'KNW-01': {
    state: 'later',
    text: "Entities (name, entityType, observations[], metadata) and relations (from, to, relationType, weight): create_entities, update_node, delete_entities (relations cascade), add_observations, delete_observations, create_relations, delete_relations, read_graph, search_nodes(query; ranked full text), open_nodes(names); scoped by project. A step's context is {workflow, step, requirements, dependencies[{id, description, status}], knowledgeEntities[{name, type, observations}]} from a search `workflow:ID step:ID`; prepare_* helpers return {server_name, tool_name, arguments}.",
  },
  // workflows
  'WF-01': {
    state: 'later',
    text: 'One kind, two styles: a step calls a tool, or is assigned to an agent (by id, role or capabilities), or waits (approval, timer, event), or runs a sub-workflow. Steps form a DAG by `dependsOn`; where no step declares any, they run in order.',
  },
  'WF-02': {
    state: 'later',
    text: 'Definition: name, description, args{name: type, required, default, description}, steps[], status draft|active|completed|archived, creator, created/updated, version. An edit makes a new version; runs stay pinned to theirs.',
  },
  'WF-03': {
    state: 'later',
    text: 'Step: id (`^[A-Za-z0-9_-]{1,63}$`), description, assignedRole, assignedAgentId, requiredCapabilities, dependsOn[], tool, arguments, condition{tool, args, fromStep, expect, expectNot{success, jsonPath}}, when (expression), forEach (fan-out) with maxParallel, store/outputs, retry{max, backoff}, timeout, allowFailure, onFailure (alternate step), fallbackAgents[], projectId, goalId, externalTaskId.',
  },
  'WF-04': {
    state: 'later',
    text: 'Step status pending|in_progress|completed|failed|skipped|waiting with result, error, attempts, times.',
  },
  'WF-05': {
    state: 'later',
    text: 'Validation at definition, all errors at once with their paths: unknown step or tool, cycle, unreachable step, bad template, missing argument, unsatisfiable role.',
  },
  'WF-06': {
    state: 'later',
    text: 'Templates over input, results, vars and context; a bare reference keeps its type; an unknown reference is an error with the path, never an empty string.',
  },
  'WF-07': {
    state: 'later',
    text: "Tools: define_workflow(creator_id, name, description?, steps) → draft; execute_workflow(workflow_id, triggering_agent_id, input?, idempotency_key?) → active; report_step_completion(workflow_id, step_id, agent_id, result?), report_step_failure(workflow_id, step_id, agent_id, error_message): without a run id they mean the newest run whose step that agent holds; get_workflow_details (latest run's step states merged in), list_workflows(creator_id?), delete_workflow (by its creator); core_workflow_{list, get, create, update, delete, validate, available, execution_list, execution_get}; each active workflow is also a tool `workflow_<name>`. They accept and return the framework's field names (step_id, assigned_role, assigned_agent_id, depends_on, tool_to_call, tool_arguments) and muster's (from_step, expect_not, json_path, allow_failure).",
  },
  'WF-08': {
    state: 'later',
    text: "A step is started when all it depends on is done; completion is accepted only from the agent that holds the step's claim; every step result is recorded once.",
  },
  'WF-09': {
    state: 'later',
    text: 'Failure policy per step: retry, alternate path, allow, or fail the run; what depended on it is skipped with the reason.',
  },
  'WF-10': {
    state: 'later',
    text: 'A run survives kill -9 at any instant: it goes on where it stood, no completed step is repeated, a step with an unknown outcome follows its declared policy (retry if idempotent, else ask).',
  },
  'WF-11': {
    state: 'later',
    text: 'Pause, resume, cancel (with cleanup steps), retry from a step, re-run with the same input; all audited.',
  },
  'WF-12': {
    state: 'later',
    text: 'Approval steps reach a person in the console and the CLI, and an agent or client by elicitation; with timeout and default.',
  },
  'WF-13': {
    state: 'later',
    text: 'Triggers: by hand, tool, API, schedule (cron), message in a thread, webhook.',
  },
  'WF-14': {
    state: 'later',
    text: 'The four patterns ship as examples that run: hub-and-spoke, peer-to-peer, assembly line with retry or alternate path, hierarchical.',
  },
  'WF-15': {
    state: 'later',
    text: 'Execution record: id, workflow and version, status, started, completed, duration, input, result, error, steps[]; list with filters and paging; timeline and graph in the console.',
  },
  'WF-16': {
    state: 'later',
    text: 'Metrics: duration, success rate, step wait versus run time, bottleneck step.',
  },
  'WF-17': {
    state: 'later',
    text: 'Run progress (done of total) is visible; an unusual step duration or failure rate raises an event.',
  },
  // workloads
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
  // kubernetes
  'K8S-01': {
    state: 'later',
    text: 'Custom resources MCPServer, Agent, Task, Workflow, AgentTemplate, Toolset, Elicitation with structural OpenAPI v3 schemas and validation rules generated from the one schema source, status subresource, print columns, short names (mcps, mcpagent, mcptask, wf), categories. `kubectl get`, `describe`, `apply`, `wait`, `delete` work.',
  },
  'K8S-02': {
    state: 'later',
    text: "The kinds of `mcp.io/v1` (Agent, Task) and `muster.giantswarm.io/v1alpha1` (MCPServer, Workflow) are accepted as aliases by the importer, with their own defaults (muster's autoStart is false).",
  },
  'K8S-03': {
    state: 'later',
    text: 'Controller on informers: level-triggered, rate-limited queue, 10 concurrent reconciles, resync 30 s, finalizers, owner references, observedGeneration, conditions, Kubernetes Events as the audit trail (Created, Assigned, NoAgent, Timeout, DeadlineExceeded, Retrying, Deleted, Ready, Unhealthy, Cancelled, …); a second pass writes nothing.',
  },
  'K8S-04': {
    state: 'later',
    text: 'Leader election by Lease (15 s / 10 s / 2 s); failover loses nothing; rolling upgrade without downtime.',
  },
  'K8S-05': {
    state: 'later',
    text: "Domains: one deployment per domain in its own namespace; the controller ignores other domains; cross-domain assignment is impossible by construction and by RBAC; usage is tracked and limited per domain (ResourceQuota, concurrent tasks, budget); killing one domain leaves the others' latency and errors unchanged.",
  },
  'K8S-06': {
    state: 'later',
    text: 'stdio servers in a cluster: with an image they run as pods with the adapter as entrypoint; without one the condition NotSupportedInCluster (reason StdioInClusterMode) is set and the requeue is 30 s.',
  },
  'K8S-07': {
    state: 'later',
    text: 'Helm chart, CRDs in their own chart: control plane (HA), gateway (HPA, PDB), RBAC with separate least-privilege service accounts, NetworkPolicies, pod security (non-root, read-only root, seccomp), optional ServiceMonitor, Grafana dashboards, external secrets, upstreamURL default `http://agentgateway.<namespace>.svc.cluster.local:8080`; values.schema.json.',
  },
  'K8S-08': {
    state: 'later',
    text: 'Images: multi-stage, non-root, small, with git where it is needed. DaemonSet and Deployment for agents.',
  },
  'K8S-09': {
    state: 'later',
    text: 'Tests against a real kube-apiserver and etcd; scale tests with simulated nodes.',
  },
  'K8S-10': {
    state: 'later',
    text: 'Agents ≥ 100 per controller (goal: 10,000), accepted-to-assigned < 100 ms (goal: p99 < 10 ms), recovery from controller kill without a lost or doubled task.',
  },
  'K8S-11': {
    state: 'later',
    text: 'The MCP front: list_kubernetes_pods, _nodes, _deployments, _services, _daemonsets, _namespaces, get_kubernetes_pod, get_kubernetes_node_status, get_cluster_summary become tasks of the reporter agent and wait for the result.',
  },
  'K8S-12': {
    state: 'later',
    text: 'Executor profile: namespace `mcp-executor`, Deployment and Service `mcp-orchestrator`, label `app=mcp-orchestrator`, ports 3000-3010, git clone at start, optional envFrom `mcp-executor-secrets`; example declaration authentik-mcp (3001).',
  },
  'K8S-13': {
    state: 'later',
    text: 'Samples (agent, task) and three domain overlays (data-processing, infrastructure, content) apply cleanly; one command starts a multi-domain development set-up.',
  },
  'K8S-14': { state: 'later', text: 'Agent Deployments scale on queue depth per domain.' },
  'K8S-15': {
    state: 'later',
    text: 'CRDs, schemas and typed clients are generated and CI fails on drift; the chart is linted and unit-tested.',
  },
  // security
  'SEC-01': {
    state: 'later',
    text: 'One Principal{id, type user|agent|mcp_server|runner|channel, tenant, domain, roles, scopes}; verified by OAuth/OIDC bearer tokens (resource server: RFC 9728 metadata, audience, issuer, scopes, step-up), API keys (hashed), signed workload tokens, client certificates.',
  },
  'SEC-02': {
    state: 'built',
    text: 'Loopback without auth is the only open default; any other bind without auth is refused with the flag that would allow it; writes over the API and the admin tools need the instance token on loopback too, because a declared command is code execution.',
  },
  'SEC-03': {
    state: 'later',
    text: 'RBAC roles with inheritance, capability-based permissions (resource type, id, actions) and conditions on context (CEL); the same check for tools, API, console, CLI; deny by default for agents; what is denied is not listed.',
  },
  'SEC-04': {
    state: 'later',
    text: "An agent acts only as itself: agent_id in a tool call must be the caller's, unless its role allows acting for others.",
  },
  'SEC-05': {
    state: 'later',
    text: 'Credentials: issue, expire, rotate with overlap, revoke at once; sessions tracked and ended.',
  },
  'SEC-06': {
    state: 'later',
    text: "Upstream auth per session: 401 → pending-auth → one login tool and `auth://status`; OAuth 2.1 client with PKCE, RFC 8707, RFC 9207, CIMD, DCR fallback; tokens stored encrypted per user and server; refresh; one retry on 401; a server's tools appear when the login is done.",
  },
  'SEC-07': {
    state: 'later',
    text: 'Token forwarding (explicit, with audience rules), RFC 8693 token exchange, ID-JAG; client credentials from a secret reference; SSO at session start (15 s).',
  },
  'SEC-08': {
    state: 'later',
    text: 'Secrets: ${VAR}, files, Kubernetes secrets, Vault, a local encrypted store; one resolver; rotated values restart what uses them; never in logs, status, events, errors or the catalog.',
  },
  'SEC-09': {
    state: 'later',
    text: 'Every significant action is one audit record (who, what, on what, outcome, correlation), append-only and hash-chained; query and export.',
  },
  'SEC-10': {
    state: 'later',
    text: 'Anomaly detection (message floods, unusual tools, failing logins, changed tool definitions) raises security events; report_security_event, validate_agent, check_authorization tools.',
  },
  'SEC-11': {
    state: 'later',
    text: 'Sensitive messages are encrypted at rest, and end to end for recipients that have published a key; files too; lineage is kept and can be asked (a result → its inputs, steps, agents).',
  },
  'SEC-12': {
    state: 'later',
    text: 'Output and input guards on tool calls (size, secrets leaving, injection patterns) as policies, off by default, visible when they act.',
  },
  'SEC-13': {
    state: 'built',
    text: 'SSRF guard on every url a user or server gives; DNS rebinding, path traversal and command injection are tested.',
  },
  'SEC-14': { state: 'later', text: 'Security events go out as alerts (webhook, Alertmanager) within 10 s.' },
  // operations
  'OPS-01': {
    state: 'later',
    text: '`tutti up` runs everything in one process on an embedded SQLite store; PostgreSQL by a URL; several replicas share one PostgreSQL. Same behaviour, one test suite on both.',
  },
  'OPS-02': {
    state: 'later',
    text: 'The store: transactions, migrations (numbered, forward-only, safe when two start at once, an old binary refuses a newer schema), backup and restore, SQLite → PostgreSQL copy, bounded history with retention.',
  },
  'OPS-03': {
    state: 'later',
    text: "Kill -9 at any instant loses no acknowledged write; two processes on one embedded store: the second refuses with the first one's pid; CLI commands and `tutti stdio` attach to the owner instead.",
  },
  'OPS-04': {
    state: 'later',
    text: 'REST API with OpenAPI, watch streams, cursors, idempotency keys, problem+json errors; the console and the CLI use nothing else.',
  },
  'OPS-05': {
    state: 'partly',
    note: 'the commands that exist so far',
    text: 'CLI: up, stdio, init, add, import, connect, validate, get, describe, apply, delete, logs, tools, call, run, runs, plan, explain, suspend, resume, restart, reload, events, why, approve, cancel, agent, auth, backup, restore, test, doctor, version; `-o table|json|yaml`, `--watch`, exit codes, completion, helpful errors; progress where it takes long.',
  },
  'OPS-06': {
    state: 'later',
    text: 'Console in the browser: servers (state, logs, restart, suspend), tools (search, try), agents, tasks, workflow graph and run timeline, threads, leases with the wait-for graph, approvals, events, usage; live; keyboard; light and dark; works at 10,000 rows.',
  },
  'OPS-07': {
    state: 'partly',
    note: 'metrics of what exists',
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
    state: 'later',
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
    state: 'later',
    text: "One configuration file, env and flags with a stated precedence; the keys of conductor's controller and agent ConfigMaps are accepted; default ports never collide.",
  },
  'OPS-19': {
    state: 'later',
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

export type RequirementId = keyof typeof requirements;
