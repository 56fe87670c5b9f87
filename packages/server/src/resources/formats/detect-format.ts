// Which format a value is in, told by its shape alone. Pure.

import { isRecord } from '../is-record.ts';
import { readCodex } from './codex.ts';
import { isConductor, readConductor } from './conductor.ts';
import { readExecutor } from './executor.ts';
import { isForeignType } from './foreign-values.ts';
import type { FormatName, ReadFormat } from './format.ts';
import { readMcpServers } from './mcp-servers.ts';
import { readMetamcp } from './metamcp.ts';
import { readNative } from './native.ts';
import { readServerJson } from './server-json.ts';
import { readVscode } from './vscode.ts';

/** The format of a value, or undefined when it is none that Tutti knows. The first that fits is taken. */
export function detectFormat(value: unknown): FormatName | undefined {
  if (!isRecord(value)) return undefined;
  if (isConductor(value)) return 'conductor';
  if ('apiVersion' in value || 'kind' in value) return 'native';
  if (isRecord(value['mcpServers'])) return 'mcp-servers';
  if (isRecord(value['mcp_servers'])) return 'codex';
  if (isServerJson(value)) return 'server-json';
  if (isRecord(value['servers'])) return 'vscode';
  if ('name' in value && ('url' in value || isForeignType(value['type']))) return 'metamcp';
  if ('command' in value) return 'executor';
  if ('name' in value && ['enabled', 'args', 'port'].some((field) => field in value)) return 'executor';
  return undefined;
}

function isServerJson(value: Readonly<Record<string, unknown>>): boolean {
  const { $schema, server, packages, remotes, name } = value;
  if (typeof $schema === 'string' && $schema.includes('server.schema.json')) return true;
  if (isRecord(server) && typeof server['name'] === 'string') return isServerJson(server);
  return (
    typeof name === 'string' && name.includes('/') && (Array.isArray(packages) || Array.isArray(remotes))
  );
}

export const FORMATS: Readonly<Record<FormatName, ReadFormat>> = {
  native: readNative,
  'mcp-servers': readMcpServers,
  vscode: readVscode,
  codex: readCodex,
  'server-json': readServerJson,
  metamcp: readMetamcp,
  executor: readExecutor,
  conductor: readConductor,
};
