// Requirements: gateway.

import type { Requirement } from './requirement.ts';

export const gateway = {
  'GW-01': {
    state: 'built',
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
    state: 'built',
    text: "Calls that outlive the client's patience are not lost: with the tasks extension they become tasks; without it a result stays retrievable by its handle.",
  },
  'GW-10': {
    state: 'partly',
    note: 'in a cluster and on one machine; the port of a managed agentgateway comes with GW-24',
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
    state: 'built',
    text: 'Toolsets: named, filtered, renamed views over many servers, each with its own endpoint and auth.',
  },
  'CAT-06': {
    state: 'built',
    text: 'Meta-tool mode (per client or toolset): list_tools, describe_tool, filter_tools(pattern, description_filter, case_sensitive, include_schema), search_tools (ranked), call_tool, list_core_tools, list/describe/get resource, list/describe/get prompt; list_tools also returns servers_requiring_auth.',
  },
  'CAT-07': { state: 'built', text: 'Tokens saved by meta-tool mode are measured and shown.' },
  'CAT-08': {
    state: 'built',
    text: 'Tool definitions are pinned: a server that changes a description or schema after approval is flagged (and held when the policy says so).',
  },
  'CAT-09': {
    state: 'partly',
    note: 'direct and search; code comes later',
    text: 'The context mode is chosen per client (direct list, search meta-tools, code) from the number of tools and what the client can do, with a byte and token budget on every answer.',
  },
  'FAM-01': {
    state: 'built',
    text: 'Servers with equal family.name expose each common tool once, as `<global prefix><family>_<tool>`, with one extra required enum argument (instanceArg) listing the members; it is removed before forwarding; required even with one member; sorted; schemas deep-copied.',
  },
  'FAM-02': {
    state: 'built',
    text: 'Divergent instanceArg: the whole family falls back to per-server names with a warning; divergent description or a collision of instanceArg with a property: that tool alone.',
  },
  'FAM-03': {
    state: 'built',
    text: 'Errors: missing argument and wrong member each have a message that lists the members. Joining and leaving grows and shrinks the enum and fires list_changed.',
  },
  'FAM-04': {
    state: 'built',
    text: 'Argument completion for the instance, and a fan-out form that calls all instances and merges the results.',
  },
  'SES-01': {
    state: 'later',
    text: "A session sees global tools plus the tools of servers that it is authenticated to, plus a hint for those that it could be; it never learns another session's.",
  },
  'SES-02': {
    state: 'built',
    text: 'Upstream state per session: Connected when that session has a live connection, else the global state; list and status calls answer for the caller.',
  },
  'SES-03': {
    state: 'partly',
    note: 'on one machine; sessions that several replicas serve come with those',
    text: 'Sessions survive a gateway restart where the protocol allows, and any replica can serve any session (shared state, or forwarding to the owner).',
  },
  'SES-04': {
    state: 'built',
    text: 'Idle sessions (30 min; absolute 24 h) are reaped with everything they own (processes, upstream sessions, streams).',
  },
  'GW-20': {
    state: 'partly',
    note: 'core_auth_login and core_auth_logout only say how things stand: logins come later',
    text: 'core_mcpserver_{list, get, create, update, delete, validate, reconnect}; core_service_{list, status, start, stop, restart}; core_config_{get, save, reload}; core_events(filters, follow); core_auth_{login, logout}(server); hidden from callers without the role.',
  },
  'GW-21': {
    state: 'built',
    text: 'Destructive admin tools are marked as such (annotations) and can be denied by policy.',
  },
  'GW-22': {
    state: 'built',
    text: '`tutti explain TOOL [--as PRINCIPAL]`: which server, rule, credential and view decide, why it is hidden or failing, last error, latency.',
  },
  'GW-23': {
    state: 'built',
    text: 'Policies act on the identity (server, tool), not on the exposed name.',
  },
  'GW-24': {
    state: 'later',
    text: 'Managed agentgateway ports (data, admin 15000, stats 15020, readiness 15021): explicit configuration wins, else free ones are reserved; range-checked; parallel instances never collide.',
  },
  'GW-25': {
    state: 'later',
    text: 'agentgateway binary: MUSTER_AGW_BINARY, then the cache, then a download of the pinned version (1.2.1) verified by checksum.',
  },
  'GW-26': {
    state: 'built',
    text: 'core_service_* on an unknown name answers "service not found", never another error.',
  },
} as const satisfies Record<string, Requirement>;
