// Requirements: security.

import type { Requirement } from './requirement.ts';

export const security = {
  'SEC-01': {
    state: 'partly',
    note: 'static keys with roles; tokens of an identity provider, workload tokens and certificates come later',
    text: 'One Principal{id, type user|agent|mcp_server|runner|channel, tenant, domain, roles, scopes}; verified by OAuth/OIDC bearer tokens (resource server: RFC 9728 metadata, audience, issuer, scopes, step-up), API keys (hashed), signed workload tokens, client certificates.',
  },
  'SEC-02': {
    state: 'built',
    text: 'Loopback without auth is the only open default; any other bind without auth is refused with the flag that would allow it; writes over the API and the admin tools need the instance token on loopback too, because a declared command is code execution.',
  },
  'SEC-03': {
    state: 'partly',
    note: 'roles and policies on servers and tools, for MCP and the API; no inheritance, capabilities or conditions yet',
    text: 'RBAC roles with inheritance, capability-based permissions (resource type, id, actions) and conditions on context (CEL); the same check for tools, API, console, CLI; deny by default for agents; what is denied is not listed.',
  },
  'SEC-04': {
    state: 'partly',
    note: 'for the tools and the API of agents and tasks; no role acts for agents of others, administrators do',
    text: "An agent acts only as itself: agent_id in a tool call must be the caller's, unless its role allows acting for others.",
  },
  'SEC-05': {
    state: 'partly',
    note: 'keys rotate with overlap and are revoked at once; they are not issued here and do not expire',
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
} as const satisfies Record<string, Requirement>;
