// Which running instance a command talks to: the one that was named, the one of the configuration here, or the only
// one there is.

import type { Command } from 'commander';
import { createTuttiClient, type TuttiClient } from '@tutti/sdk';
import type { Endpoint } from './clients/clients.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './report-error.ts';

export const DEFAULT_URL = 'http://127.0.0.1:7400';

export interface InstanceOptions {
  readonly url?: string;
}

/** An instance on this machine, as its state folder tells. */
export interface RunningInstance {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly configPath: string;
  readonly statePath: string;
}

export interface Connected {
  readonly client: TuttiClient;
  readonly mcpUrl: string;
  readonly token: string | undefined;
}

export function withInstance(command: Command): Command {
  return command.option('--url <url>', 'the instance to talk to (TUTTI_URL)');
}

export async function connect(context: CliContext, options: InstanceOptions): Promise<Connected> {
  const { url, token } = await findAddress(context, options);
  return { client: createTuttiClient({ url, token }), mcpUrl: new URL('/mcp', url).href, token };
}

/** How clients reach the instance; where nothing runs, how they will reach one with the defaults. */
export async function readEndpoint(context: CliContext, options: InstanceOptions): Promise<Endpoint> {
  const instances = await readInstances(context);
  const url = namedUrl(context, options);
  const instance =
    url === undefined ? await chooseInstance(context, instances) : instances.find((one) => sameUrl(one.url, url));
  const config = instance?.configPath ?? context.cwd;
  const { execPath, binPath } = context.self;
  return {
    mcpUrl: new URL('/mcp', url ?? instance?.url ?? DEFAULT_URL).href,
    stdio: { command: execPath, args: [binPath, 'stdio', config] },
  };
}

async function findAddress(
  context: CliContext,
  options: InstanceOptions,
): Promise<{ url: string; token: string | undefined }> {
  const token = context.env['TUTTI_TOKEN'];
  const url = namedUrl(context, options);
  const instances = await readInstances(context);
  if (url !== undefined) {
    return { url, token: token ?? instances.find((one) => sameUrl(one.url, url))?.token };
  }
  const instance = await chooseInstance(context, instances);
  if (instance === undefined) {
    throw new CliError(EXIT.unavailable, 'Tutti is not running.', [
      'Start it with: tutti up',
      'Or name a running one: --url URL, or TUTTI_URL.',
    ]);
  }
  return { url: instance.url, token: token ?? instance.token };
}

async function chooseInstance(
  context: CliContext,
  instances: readonly RunningInstance[],
): Promise<RunningInstance | undefined> {
  const here = await findInstanceHere(context, instances);
  if (here !== undefined || instances.length <= 1) return here ?? instances[0];
  throw new CliError(EXIT.usage, 'Several instances of Tutti are running. Say which one with --url:', [
    ...instances.map((one) => `  --url ${one.url}   (${one.configPath})`),
  ]);
}

function namedUrl(context: CliContext, options: InstanceOptions): string | undefined {
  const url = options.url ?? context.env['TUTTI_URL'];
  if (url === undefined || url === '') return undefined;
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed.origin;
  throw new CliError(EXIT.usage, `"${url}" is not the address of an instance.`, [`It looks like: ${DEFAULT_URL}`]);
}

function sameUrl(a: string, b: string): boolean {
  return URL.parse(a)?.origin === URL.parse(b)?.origin;
}

async function readInstances(context: CliContext): Promise<readonly RunningInstance[]> {
  void context;
  return [];
}

async function findInstanceHere(
  context: CliContext,
  instances: readonly RunningInstance[],
): Promise<RunningInstance | undefined> {
  void context;
  void instances;
  return undefined;
}
