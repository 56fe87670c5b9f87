// server.json of the MCP registry (schema 2025-12-11; the snake_case of before too): one server, with several ways to
// run it. The first package that can be started is taken, else the first remote; the whole file is kept in metadata.

import { isRecord } from '../is-record.ts';
import type { FieldPath } from '../problem.ts';
import { draftOf, type ReadFormat } from './format.ts';
import { argumentsOf, environmentOf, valueOf } from './server-json-inputs.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Launch {
  readonly at: FieldPath;
  readonly spec: Fields;
}

export const readServerJson: ReadFormat = (file) => {
  const wrapped = isRecord(file['server']) && !('packages' in file) && !('remotes' in file);
  const server = withCamelCase(wrapped ? file['server'] : file);
  if (!isRecord(server)) return [];
  const at: FieldPath = wrapped ? ['server'] : [];
  const launches = [
    ...records(server['packages']).map((entry, index) => fromPackage(entry, ['packages', index])),
    ...records(server['remotes']).map((entry, index) => fromRemote(entry, ['remotes', index])),
  ];
  const launch = launches.find((candidate) => candidate !== undefined);
  const { description } = server;
  return [
    draftOf({
      format: 'server-json',
      at,
      name: server['name'],
      nameAt: [...at, 'name'],
      spec: {
        description: typeof description === 'string' ? description.slice(0, 500) : description,
        ...launch?.spec,
      },
      names: Object.fromEntries(Object.keys(launch?.spec ?? {}).map((field) => [field, launch?.at ?? []])),
      extras: file,
      harmless: Object.keys(file),
      warnings: launch === undefined ? [noLaunch(server, at)] : [],
    }),
  ];
};

function noLaunch(server: Fields, at: FieldPath) {
  const types = records(server['packages']).map((entry) =>
    String(entry['registryType'] ?? entry['registryName']),
  );
  return {
    field: [...at, 'packages'],
    message: `no package that this version can start (${types.join(', ') || 'none'}); it starts npm, pypi, oci and nuget`,
  };
}

/** Program and arguments by registry: how the package is started. */
function launcherOf(entry: Fields): { command: string; args: readonly string[] } | undefined {
  const { registryType, registryName, identifier, name, version, runtimeHint } = entry;
  const id = identifier ?? name;
  if (typeof id !== 'string') return undefined;
  const withVersion = (separator: string) =>
    typeof version === 'string' && version !== '' && version !== 'latest'
      ? `${id}${separator}${version}`
      : id;
  const hint = typeof runtimeHint === 'string' ? runtimeHint : undefined;
  const runtime = argumentsOf(entry['runtimeArguments']);
  const own = argumentsOf(entry['packageArguments']);
  switch (registryType ?? registryName) {
    case 'npm': {
      const yes = runtime.includes('-y') || runtime.includes('--yes') ? [] : ['-y'];
      return { command: hint ?? 'npx', args: [...runtime, ...yes, withVersion('@'), ...own] };
    }
    case 'pypi':
      return { command: hint ?? 'uvx', args: [...runtime, withVersion('@'), ...own] };
    case 'oci':
    case 'docker': {
      const variables = Object.keys(environmentOf(entry['environmentVariables'])).flatMap((key) => [
        '-e',
        key,
      ]);
      const image = /:[^/]+$|@sha256:/.test(id) ? id : withVersion(':');
      const run = ['run', '-i', '--rm'].filter((part) => !runtime.includes(part));
      return { command: hint ?? 'docker', args: [...run, ...runtime, ...variables, image, ...own] };
    }
    case 'nuget':
      return { command: hint ?? 'dnx', args: [withVersion('@'), '--yes', ...runtime, ...own] };
    default:
      return undefined;
  }
}

function fromPackage(entry: Fields, at: FieldPath): Launch | undefined {
  const launcher = launcherOf(entry);
  if (launcher === undefined) return undefined;
  const env = environmentOf(entry['environmentVariables']);
  const transport = isRecord(entry['transport']) ? entry['transport'] : {};
  const { type = 'stdio', url } = transport;
  if (type === 'stdio') return { at, spec: { type, ...launcher, env } };
  const port = typeof url === 'string' ? /:(\d+)(?:\/|$)/.exec(url)?.[1] : undefined;
  return { at, spec: { type, ...launcher, env, httpPort: port === undefined ? undefined : Number(port) } };
}

function fromRemote(entry: Fields, at: FieldPath): Launch {
  const { type, transportType, url, variables } = entry;
  const headers = environmentOf(entry['headers']);
  return { at, spec: { type: type ?? transportType, url: valueOf(url, variables), headers } };
}

function records(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Members in camelCase, but for the names that people chose: those of variables. */
function withCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withCamelCase);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const camel = key.replaceAll(/(?<=[a-z0-9])_([a-z])/g, (_whole, letter: string) =>
        letter.toUpperCase(),
      );
      if (camel !== 'variables' || !isRecord(member)) return [camel, withCamelCase(member)];
      return [
        camel,
        Object.fromEntries(Object.entries(member).map(([name, input]) => [name, withCamelCase(input)])),
      ];
    }),
  );
}
