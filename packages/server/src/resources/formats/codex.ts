// Codex: `[mcp_servers.NAME]` of config.toml. It knows no variables in values, but names of variables in fields of
// their own.

import { isRecord } from '../is-record.ts';
import type { FieldPath } from '../problem.ts';
import {
  foreignSuspended,
  foreignTimeout,
  foreignToolFilter,
  literal,
  mapStrings,
} from './foreign-values.ts';
import { beyond, draftOf, draftOfNoMap, type Draft, type ReadFormat } from './format.ts';

const KNOWN = [
  'command',
  'args',
  'env',
  'env_vars',
  'cwd',
  'url',
  'bearer_token_env_var',
  'http_headers',
  'env_http_headers',
  'startup_timeout_sec',
  'startup_timeout_ms',
  'tool_timeout_sec',
  'enabled',
  'enabled_tools',
  'disabled_tools',
];

export const readCodex: ReadFormat = ({ mcp_servers: servers }) =>
  isRecord(servers) ? Object.entries(servers).map(([name, entry]) => readEntry(name, entry)) : [];

function readEntry(name: string, fields: unknown): Draft {
  const at = ['mcp_servers', name];
  if (!isRecord(fields)) return draftOfNoMap(name, fields, at);
  const { suspended } = foreignSuspended({ enabled: fields['enabled'] });
  const { timeout, notes } = foreignTimeout(fields['tool_timeout_sec'], [...at, 'tool_timeout_sec']);
  const startup = startupTimeout(fields);
  return draftOf({
    format: 'codex',
    at,
    name,
    nameAt: at,
    spec: {
      command: mapStrings(fields['command'], literal),
      args: mapStrings(fields['args'], literal),
      env: readEnv(fields),
      workdir: fields['cwd'],
      url: mapStrings(fields['url'], literal),
      headers: readHeaders(fields),
      timeout,
      suspended,
      health: startup.value === undefined ? undefined : { startupTimeout: startup.value },
      toolFilter: foreignToolFilter(fields['enabled_tools'], fields['disabled_tools']),
    },
    names: {
      workdir: ['cwd'],
      headers: ['http_headers'],
      timeout: ['tool_timeout_sec'],
      suspended: ['enabled'],
      health: startup.field,
      'health.startupTimeout': startup.field,
      'toolFilter.patterns': [fields['enabled_tools'] === undefined ? 'disabled_tools' : 'enabled_tools'],
    },
    extras: beyond(fields, KNOWN),
    warnings: notes,
  });
}

function startupTimeout(fields: Readonly<Record<string, unknown>>): { value: unknown; field: FieldPath } {
  const { startup_timeout_sec: seconds, startup_timeout_ms: ms } = fields;
  if (seconds !== undefined || typeof ms !== 'number')
    return { value: seconds ?? ms, field: ['startup_timeout_sec'] };
  return { value: ms / 1_000, field: ['startup_timeout_ms'] };
}

/** `env_vars` names variables that are passed on; one that is not set is passed on empty. */
function readEnv({ env, env_vars: passed }: Readonly<Record<string, unknown>>): unknown {
  if (!Array.isArray(passed)) return mapStrings(env, literal);
  const values = passed.filter((name) => typeof name === 'string').map((name) => [name, `\${${name}:-}`]);
  const own = mapStrings(env ?? {}, literal);
  return isRecord(own) ? { ...Object.fromEntries(values), ...own } : own;
}

function readHeaders(fields: Readonly<Record<string, unknown>>): unknown {
  const { bearer_token_env_var: token, http_headers: plain, env_http_headers: named } = fields;
  const headers = mapStrings(plain ?? {}, literal);
  if (!isRecord(headers)) return headers;
  const fromEnv = mapStrings(named ?? {}, (name) => `\${${name}}`);
  const all = {
    ...headers,
    ...(isRecord(fromEnv) ? fromEnv : {}),
    ...(typeof token === 'string' ? { Authorization: `Bearer \${${token}}` } : {}),
  };
  return Object.keys(all).length === 0 ? undefined : all;
}
