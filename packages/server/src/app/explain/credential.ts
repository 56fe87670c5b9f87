// What a server is shown to let Tutti in: the kind and the names, never a value. A variable that Tutti puts in may be a
// secret whatever it is called, so it counts, too. Pure.

import type { ApiExplainedTool, McpServerSpec } from '@tutti/schemas';
import { hasSecretName } from '../desired-servers.ts';

const REFERENCE = /(?<!\$)\$\{([A-Za-z_]\w*)/g;

export function credentialOf({
  command,
  args,
  env,
  headers,
  url,
}: McpServerSpec): ApiExplainedTool['credential'] {
  const inHeaders = secretNames(headers);
  if (inHeaders.length > 0) return { kind: 'headers', names: inHeaders };
  const inEnvironment = command === undefined ? [] : secretNames(env);
  if (inEnvironment.length > 0) return { kind: 'environment', names: inEnvironment };
  const inUrl = url === undefined ? [] : secretPartsOf(url);
  if (inUrl.length > 0) return { kind: 'url', names: inUrl };
  const inArguments = command === undefined ? [] : variablesOf(args.join(' '));
  return inArguments.length > 0 ? { kind: 'arguments', names: inArguments } : { kind: 'none', names: [] };
}

/** Those that are likely to be secret by their names, or that get a variable. */
function secretNames(fields: Readonly<Record<string, string>>): string[] {
  return Object.entries(fields)
    .filter(([name, value]) => hasSecretName(name) || variablesOf(value).length > 0)
    .map(([name]) => name);
}

function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(REFERENCE)].map(([, name = '']) => name))];
}

function secretPartsOf(url: string): string[] {
  const parsed = URL.parse(url);
  const parameters = [...new Set(parsed?.searchParams.keys())].filter(hasSecretName);
  const parts = (parsed?.password ?? '') === '' ? parameters : ['user and password', ...parameters];
  return parts.length > 0 ? parts : variablesOf(url);
}
