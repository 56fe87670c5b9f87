// Which running instance a command talks to: the one that was named by its address or its state folder, the one of the
// configuration here, or the only one there is.

import { isAbsolute, resolve } from 'node:path';
import type { Command } from 'commander';
import { createTuttiClient, type TuttiClient } from '@tutti/sdk';
import type { Endpoint } from './clients/clients.ts';
import type { CliContext } from './context.ts';
import { findDeclarations } from './declarations.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './report-error.ts';

export const DEFAULT_URL = 'http://127.0.0.1:7400';

export interface StateOptions {
  readonly state?: string;
}

export interface InstanceOptions extends StateOptions {
  readonly url?: string;
}

interface RunningInstance {
  readonly url: string;
  readonly token: string;
  /** A path, or words for what else it runs. */
  readonly configPath: string;
  readonly stateDir: string;
}

interface Instances {
  readonly all: readonly RunningInstance[];
  readonly here: RunningInstance | undefined;
  /** The state folder that was named; what runs elsewhere is not meant then. */
  readonly namedState: string | undefined;
}

export interface Connected {
  readonly client: TuttiClient;
  readonly mcpUrl: string;
  readonly token: string | undefined;
}

export function withInstance(command: Command): Command {
  return withState(command.option('--url <url>', 'the instance to talk to (TUTTI_URL)'));
}

/** For commands that need no running instance, too. */
export function withState(command: Command): Command {
  return command.option('--state <dir>', 'its state folder (TUTTI_STATE; that of the declarations here)');
}

export async function connect(context: CliContext, options: InstanceOptions): Promise<Connected> {
  const { url, token } = await findAddress(context, options);
  return { client: createTuttiClient({ url, token }), mcpUrl: new URL('/mcp', url).href, token };
}

/** How clients reach the instance; where nothing runs, how they will reach one with the defaults. */
export async function readEndpoint(context: CliContext, options: InstanceOptions): Promise<Endpoint> {
  const instances = await readInstances(context, options);
  const url = namedUrl(context, options);
  const instance = url === undefined ? choose(instances) : withUrl(instances, url);
  const config = instance?.configPath ?? (await findDeclarations(context)) ?? context.cwd;
  // What runs for a repository has no path to start it with.
  const state = instances.namedState ?? (isAbsolute(config) ? undefined : instance?.stateDir);
  const which = [
    ...(instance === undefined || isAbsolute(config) ? [config] : []),
    ...(state === undefined ? [] : ['--state', state]),
  ];
  const { execPath, binPath } = context.self;
  return {
    mcpUrl: new URL('/mcp', url ?? instance?.url ?? DEFAULT_URL).href,
    stdio: { command: execPath, args: [binPath, 'stdio', ...which] },
  };
}

/** The instance that commands here would talk to, if one runs and it is clear which. */
export async function findRunning(
  context: CliContext,
  options: InstanceOptions,
): Promise<{ readonly url: string; readonly client: TuttiClient } | undefined> {
  const url = namedUrl(context, options);
  if (url !== undefined) return { url, client: (await connect(context, options)).client };
  const { here, all, namedState } = await readInstances(context, options);
  const instance = here ?? (all.length === 1 && namedState === undefined ? all[0] : undefined);
  if (instance === undefined) return undefined;
  return { url: instance.url, client: createTuttiClient({ url: instance.url, token: instance.token }) };
}

/** The instance that owns the state folder, if one runs. */
export async function readInstanceOf(
  context: CliContext,
  stateDir: string,
): Promise<TuttiClient | undefined> {
  const { readRunningInstance } = await import('@tutti/server/instances');
  const instance = await readRunningInstance(stateDir, context.signal);
  return instance === undefined ? undefined : createTuttiClient(instance);
}

/** Whether there is an instance that a command here would talk to; when several run, one is to be named. */
export async function isAnyRunning(context: CliContext, options: InstanceOptions): Promise<boolean> {
  if (namedUrl(context, options) !== undefined) return true;
  return choose(await readInstances(context, options)) !== undefined;
}

/** The state folder that is named, or that of the configuration here. */
export async function findState(context: CliContext, { state }: StateOptions): Promise<string> {
  if (state !== undefined) return resolve(context.cwd, state);
  const { readEnvironment, resolveStateDir } = await import('@tutti/server/instances');
  const config = (await findDeclarations(context)) ?? context.cwd;
  return resolveStateDir(undefined, readEnvironment(context.env), config);
}

async function findAddress(
  context: CliContext,
  options: InstanceOptions,
): Promise<{ url: string; token: string | undefined }> {
  const token = context.env['TUTTI_TOKEN'];
  const url = namedUrl(context, options);
  if (url !== undefined && token !== undefined) return { url, token };
  const instances = await readInstances(context, options);
  if (url !== undefined) return { url, token: withUrl(instances, url)?.token };
  const instance = choose(instances);
  if (instance !== undefined) return { url: instance.url, token: token ?? instance.token };
  const { namedState } = instances;
  const which = namedState === undefined ? '' : ` with the state folder ${namedState}`;
  throw new CliError(EXIT.unavailable, `Tutti is not running${which}.`, [
    namedState === undefined ? 'Start it with: tutti up' : `Start it with: tutti up --state ${namedState}`,
    'Or name a running one: --url URL, or TUTTI_URL.',
  ]);
}

function choose({ here, all, namedState }: Instances): RunningInstance | undefined {
  if (namedState !== undefined) return here;
  if (here !== undefined || all.length <= 1) return here ?? all[0];
  throw new CliError(
    EXIT.usage,
    'Several instances of Tutti are running. Say which one with --url or --state:',
    all.map((one) => `  --url ${one.url}   (${one.configPath})`),
  );
}

function withUrl({ here, all }: Instances, url: string): RunningInstance | undefined {
  return [...(here === undefined ? [] : [here]), ...all].find((one) => URL.parse(one.url)?.origin === url);
}

function namedUrl(context: CliContext, options: InstanceOptions): string | undefined {
  const url = options.url ?? context.env['TUTTI_URL'];
  if (url === undefined || url === '') return undefined;
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed.origin;
  throw new CliError(EXIT.usage, `"${url}" is not the address of an instance.`, [
    `It looks like: ${DEFAULT_URL}`,
  ]);
}

/** Those that run on this machine, and among them the one of the state folder that is named, or of what is here. */
async function readInstances(context: CliContext, options: StateOptions): Promise<Instances> {
  const { listRunningInstances, readEnvironment, readRunningInstance } =
    await import('@tutti/server/instances');
  const environment = readEnvironment(context.env);
  const stateDir = await findState(context, options);
  const [all, here] = await Promise.all([
    listRunningInstances(environment, context.signal),
    readRunningInstance(stateDir, context.signal),
  ]);
  return {
    all: all.map(({ stateDir, instance }) => ({ ...instance, stateDir })),
    here: here === undefined ? undefined : { ...here, stateDir },
    namedState: options.state === undefined ? undefined : stateDir,
  };
}
