// What a server is shown to let Tutti in: the kind and the names, never a value. Pure.

import type { ApiExplainedTool, McpServerSpec } from '@tutti/schemas';
import { hasSecretName } from '../desired-servers.ts';

export function credentialOf({ command, env, headers, url }: McpServerSpec): ApiExplainedTool['credential'] {
  const inHeaders = Object.keys(headers).filter(hasSecretName);
  if (inHeaders.length > 0) return { kind: 'headers', names: inHeaders };
  const inEnvironment = command === undefined ? [] : Object.keys(env).filter(hasSecretName);
  if (inEnvironment.length > 0) return { kind: 'environment', names: inEnvironment };
  const inUrl = url === undefined ? [] : secretPartsOf(url);
  return inUrl.length > 0 ? { kind: 'url', names: inUrl } : { kind: 'none', names: [] };
}

function secretPartsOf(url: string): string[] {
  const parsed = URL.parse(url);
  if (parsed === null) return [];
  const parameters = [...new Set(parsed.searchParams.keys())].filter(hasSecretName);
  return parsed.password === '' ? parameters : ['user and password', ...parameters];
}
