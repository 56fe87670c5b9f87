// `tutti export metamcp`: the servers that are served on ports of their own, as entries for MetaMCP. `tutti export
// agent-card`: an agent as a card of A2A.

import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ApiServer } from '@tutti/schemas';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { metamcpEntries, type EntryOptions, type MetamcpEntry } from '../metamcp.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { tableLines } from '../output/table.ts';
import { CliError } from '../report-error.ts';

interface ExportOptions extends OutputOptions, InstanceOptions, EntryOptions {
  readonly write?: string;
  readonly force?: true;
}

export function registerExport(program: Command, context: CliContext): void {
  const parent = program.command('export').description('hand servers or agents to other programs');
  const metamcp = parent
    .command('metamcp')
    .description('the servers with a port of their own, as entries for MetaMCP')
    .option('--write <folder>', 'write a file for each into the folder instead of printing them')
    .option('--force', 'write over files that say something else')
    .option('--url-host <host>', 'the name by which MetaMCP reaches this machine', parseHost)
    .addOption(
      new Option('--type <type>', 'how MetaMCP is to connect').choices(['sse', 'http']).default('sse'),
    );
  withOutput(withInstance(metamcp)).action(async (options: ExportOptions) => {
    const { client } = await connect(context, options);
    const servers = await client.servers({ signal: context.signal });
    const entries = metamcpEntries(servers, options);
    if (entries.length === 0) context.stderr.write(`${noneServed(servers)}\n`);
    if (options.write !== undefined)
      await writeAll(context, resolve(context.cwd, options.write), entries, options.force === true);
    else print(context, options.output, entries, () => lines(entries));
  });

  const card = parent
    .command('agent-card')
    .argument('<id>')
    .description('an agent as a card of A2A 1.0, with what it has shown');
  withInstance(card).action(async (id: string, options: InstanceOptions) => {
    const { client } = await connect(context, options);
    const found = await client.agents.card(id, { signal: context.signal });
    context.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
  });
}

function parseHost(text: string): string {
  const host = text.includes(':') && !text.startsWith('[') ? `[${text}]` : text;
  const url = URL.parse(`http://${host}`);
  if (url !== null && url.href === `http://${url.hostname}/`) return url.hostname;
  throw new InvalidArgumentError('It must be a host name or an address, without scheme and port.');
}

function noneServed(servers: readonly ApiServer[]): string {
  return servers.length === 0
    ? 'No servers are declared.'
    : 'No server is served on a port of its own. Give one a port: `port: 3001` in its declaration.';
}

function lines(entries: readonly MetamcpEntry[]): string[] {
  if (entries.length === 0) return [];
  return tableLines(
    ['NAME', 'TYPE', 'URL', 'ENABLED'],
    entries.map(({ name, type, url, enabled }) => [name, type, url, enabled ? 'yes' : 'no']),
  );
}

async function writeAll(
  context: CliContext,
  folder: string,
  entries: readonly MetamcpEntry[],
  force: boolean,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const refused: string[] = [];
  for (const entry of entries) {
    const path = join(folder, `${entry.name}.json`);
    const text = `${JSON.stringify(entry, undefined, 2)}\n`;
    const before = await readIfThere(path);
    if (before === text) context.stdout.write(`${path} is up to date\n`);
    else if (before !== undefined && !force) refused.push(path);
    else {
      await writeFile(path, text, before === undefined ? { flag: 'wx' } : {});
      context.stdout.write(`${path} written\n`);
    }
  }
  if (refused.length === 0) return;
  throw new CliError(EXIT.refused, 'These files say something else and were not changed:', [
    ...refused.map((path) => `  ${path}`),
    'Look at them, and write over them with --force.',
  ]);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
