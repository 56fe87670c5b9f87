// Starts Tutti as its users do, `tutti up PATH`, in a folder of its own, and waits until its servers can be called.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiServerListSchema, type ApiServer } from '@tutti/schemas';
import { z } from 'zod';
import { eventually } from './eventually.ts';
import { startProcess, type TestProcess } from './process.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/tutti.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;

const InstanceFileSchema = z.object({ url: z.string(), token: z.string(), pid: z.number() });

/** An entry of `mcpServers`. */
export type GatewayServer =
  | {
      readonly command: string;
      readonly args?: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  | {
      readonly url: string;
      readonly type?: 'http' | 'sse';
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface GatewayOptions {
  /** By name. */
  readonly servers?: Readonly<Record<string, GatewayServer>> | undefined;
  /** More declarations: texts by path below the folder that Tutti is given. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Which servers must be ready before this returns; by default those of `servers`. */
  readonly waitFor?: readonly string[] | undefined;
  /** The servers may have no tools; otherwise their tools must be known too. */
  readonly withoutTools?: boolean | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What stands in the place of the path: `['--git', url]`. */
  readonly from?: readonly string[] | undefined;
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** A port for a second start at the same address; by default a free one. */
  readonly port?: number | undefined;
  /** Folder of an earlier gateway, to start again with its declarations and its state. It is kept at the end. */
  readonly folder?: string | undefined;
}

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  readonly mcpUrl: string;
  /** The transparent route to one server. */
  serverUrl(name: string): string;
  readonly token: string;
  readonly pid: number;
  readonly process: TestProcess;
  /** Holds `config` and `state`. */
  readonly folder: string;
  readonly configPath: string;
  readonly statePath: string;
  /** The servers as the API shows them. */
  servers(): Promise<readonly ApiServer[]>;
  close(): Promise<void>;
}

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'tutti-test-')));
  const configPath = join(folder, 'config');
  const statePath = join(folder, 'state');
  await writeDeclarations(configPath, options);

  const instanceFile = join(statePath, 'instance.json');
  await rm(instanceFile, { force: true });
  const from = options.from ?? [configPath];
  const args = [BIN, 'up', ...from, '--port', String(options.port ?? 0), '--state', statePath];
  if (options.host !== undefined) args.push('--host', options.host);
  const process = startProcess(globalThis.process.execPath, args, { cwd: folder, env: options.env });
  const close = async (): Promise<void> => {
    await process.close();
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };

  try {
    const instance = await eventually(
      async () => {
        failWhenEnded(process);
        return InstanceFileSchema.parse(JSON.parse(await readFile(instanceFile, 'utf8')));
      },
      { timeoutMs: START_TIMEOUT_MS, what: 'instance.json' },
    );
    const url = instance.url.replace(/\/$/, '');
    const servers = async (): Promise<readonly ApiServer[]> => {
      const response = await fetch(`${url}/api/v1/servers`, {
        headers: { authorization: `Bearer ${instance.token}` },
      });
      return ApiServerListSchema.parse(await response.json()).items;
    };
    const gateway: Gateway = {
      url,
      mcpUrl: `${url}/mcp`,
      serverUrl: (name) => `${url}/mcp/${name}`,
      token: instance.token,
      pid: instance.pid,
      process,
      folder,
      configPath,
      statePath,
      servers,
      close,
      [Symbol.asyncDispose]: close,
    };
    for (const name of options.waitFor ?? Object.keys(options.servers ?? {}))
      await serverReady(gateway, name, options.withoutTools);
    return gateway;
  } catch (cause) {
    const output = process.output();
    await close();
    throw new Error(`Tutti did not start:\n${output}`, { cause });
  }
}

/** Waits until the server can be called and its tools are listed. */
export async function serverReady(gateway: Gateway, name: string, withoutTools = false): Promise<ApiServer> {
  return eventually(
    async () => {
      failWhenEnded(gateway.process);
      const server = (await gateway.servers()).find((one) => one.name === name);
      if (server === undefined || !/^(Running|Connected)$/.test(server.status.state)) return undefined;
      return withoutTools || (server.toolCount ?? 0) > 0 ? server : undefined;
    },
    { timeoutMs: START_TIMEOUT_MS, what: `${name} ready` },
  );
}

function failWhenEnded({ child }: TestProcess): void {
  if (child.exitCode !== null) throw new Error(`Tutti ended with ${child.exitCode}`);
}

async function writeDeclarations(configPath: string, { servers, files }: GatewayOptions): Promise<void> {
  const texts: Record<string, string> = { ...files };
  if (servers !== undefined) texts['servers.json'] = JSON.stringify({ mcpServers: servers }, null, 2);
  await mkdir(configPath, { recursive: true });
  for (const [path, text] of Object.entries(texts)) {
    const file = join(configPath, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
