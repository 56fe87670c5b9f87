// `tutti add NAME [-- COMMAND… | --url URL]`: declares a server in a file of its own.

import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../context.ts';
import { declareHere } from '../declarations.ts';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../report-error.ts';
import { documentText, serverDocument } from '../server-document.ts';
import { writeNewFile } from '../write-new-file.ts';

type Pairs = Readonly<Record<string, string>>;

interface AddOptions {
  readonly url?: string;
  readonly port?: number;
  readonly env?: Pairs;
  readonly header?: Pairs;
  readonly description?: string;
}

export function registerAdd(program: Command, context: CliContext): void {
  program
    .command('add')
    .argument('<name>', 'lower-case letters, digits and "-"')
    .argument('[command...]', 'after --: the command to run, with its arguments')
    .usage('[options] <name> (--url URL | -- COMMAND…)')
    .description('declare a server in a file of its own')
    .option('--url <url>', 'where a remote server answers')
    .option('--port <port>', 'serve it on a port of its own, too', parsePort)
    .option('-e, --env <KEY=VALUE>', 'an environment variable of the command; repeatable', collectPair('='))
    .option('-H, --header <Name: value>', 'a header for a remote server; repeatable', collectPair(':'))
    .option('--description <text>', 'what it is for')
    .addHelpText(
      'after',
      "\ntutti add github -e GITHUB_TOKEN='${GITHUB_TOKEN}' -- npx -y @modelcontextprotocol/server-github\ntutti add docs --url https://example.com/mcp",
    )
    .action(async (name: string, [command, ...args]: string[], options: AddOptions) => {
      if ((command === undefined) === (options.url === undefined)) {
        throw new CliError(EXIT.usage, 'Give the server either a command after -- or a --url.', [
          `For example: tutti add ${name} -- npx -y some-mcp-server`,
        ]);
      }
      const document = serverDocument(name, {
        description: options.description,
        command,
        args: args.length === 0 ? undefined : args,
        env: options.env,
        url: options.url,
        headers: options.header,
        port: options.port,
      });
      const file = join('tutti', `${name}.yaml`);
      await declareHere(context, () => writeNewFile(join(context.cwd, file), documentText(document)));
      context.stdout.write(
        [
          `Wrote ${file}.`,
          'A running Tutti takes it up by itself; else start it: tutti up',
          `Watch it:  tutti describe server ${name}`,
          '',
        ].join('\n'),
      );
    });
}

function collectPair(separator: string): (text: string, before: Pairs | undefined) => Pairs {
  return (text, before) => {
    const at = text.indexOf(separator);
    if (at < 1) throw new InvalidArgumentError(`It has no "${separator}".`);
    return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 1 to 65535.');
}
