// `tutti connect CLIENT`: how to add Tutti to a client; with --write it edits the client's configuration.

import { copyFile, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { Argument, type Command } from 'commander';
import { stringify as stringifyToml } from 'smol-toml';
import { CLIENTS, ENTRY_NAME, findClient, type Client } from '../clients/clients.ts';
import { editJson, editToml } from '../clients/edit-config.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { readEndpoint, withInstance, type InstanceOptions } from '../instance.ts';
import { CliError } from '../report-error.ts';

interface ConnectOptions extends InstanceOptions {
  readonly write?: true;
}

export function registerConnect(program: Command, context: CliContext): void {
  const connect = program
    .command('connect')
    .addArgument(new Argument('<client>', 'the client').choices(CLIENTS.map((client) => client.id)))
    .description('show how to add Tutti to an MCP client')
    .option('--write', "edit the client's configuration, after a backup");
  withInstance(connect).action(async (id: string, options: ConnectOptions) => {
    const client = findClient(id);
    if (client === undefined) throw new CliError(EXIT.usage, `There is no client "${id}".`);
    const endpoint = await readEndpoint(context, options);
    const path = client.configPath({ home: homedir(), platform: process.platform, env: context.env });
    const entry = client.entry(endpoint);
    if (options.write) await write(context, client, path, entry);
    else context.stdout.write(`${howTo(client, path, entry, endpoint.mcpUrl).join('\n')}\n`);
  });
}

function howTo(client: Client, path: string, entry: object, mcpUrl: string): string[] {
  const snippet = { [client.serversKey]: { [ENTRY_NAME]: entry } };
  const text =
    client.format === 'toml' ? stringifyToml(snippet).trim() : JSON.stringify(snippet, undefined, 2);
  const line = client.addLine?.(mcpUrl);
  const byHand = [`${line === undefined ? 'Put' : 'Or put'} this into ${path}:`, '', text];
  const byTutti = ['', `Or let Tutti do it: tutti connect ${client.id} --write`];
  if (line === undefined) return [...byHand, ...byTutti];
  return [line.includes('://anysphere') ? 'Open:' : 'Run:', '', `  ${line}`, '', ...byHand, ...byTutti];
}

async function write(
  context: CliContext,
  client: Client,
  path: string,
  entry: Readonly<Record<string, unknown>>,
) {
  const target = await realpath(path).catch(() => path);
  const before = await readFile(target, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const edit = { serversKey: client.serversKey, name: ENTRY_NAME, entry };
  const outcome = client.format === 'toml' ? editToml(before, edit) : editJson(before, edit);
  if (outcome.kind === 'refused') {
    throw new CliError(EXIT.refused, `${path} was not changed: ${outcome.reason}.`, [
      `Add the entry by hand; it is shown by: tutti connect ${client.id}`,
    ]);
  }
  if (outcome.kind === 'unchanged') {
    context.stdout.write(`${client.title} has Tutti already, in ${path}.\n`);
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  if (before !== undefined) {
    const backup = `${target}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}.bak`;
    await copyFile(target, backup);
    context.stdout.write(`The file as it was: ${backup}\n`);
  }
  const mode = before === undefined ? 0o600 : (await stat(target)).mode;
  await writeFile(`${target}.tutti-new`, outcome.text, { mode });
  await rename(`${target}.tutti-new`, target);
  context.stdout.write(`${client.title} has Tutti now, in ${path}. Start the client again.\n`);
}
