// `tutti logs NAME [-f]`: what a server wrote, and what Tutti wrote of it.

import { styleText } from 'node:util';
import type { ApiLogLine } from '@tutti/schemas';
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explainMissingServer } from '../missing-server.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';

interface LogsOptions extends OutputOptions, InstanceOptions {
  readonly follow?: true;
  readonly tail: number;
}

export function registerLogs(program: Command, context: CliContext): void {
  const logs = program
    .command('logs')
    .argument('<name>', 'the server')
    .description("show a server's log")
    .option('-f, --follow', 'go on with new lines until interrupted')
    .option('-n, --tail <lines>', 'how many of the last lines, at most 1000', parseTail, 100);
  withOutput(withInstance(logs)).action(async (name: string, options: LogsOptions) => {
    const { client } = await connect(context, options);
    const { signal } = context;
    const request = { tail: options.tail, signal };
    if (!options.follow) {
      const items = await explainMissingServer(client, name, () => client.logs(name, request));
      print(context, options.output, { items }, () => items.map((line) => lineText(line, context)));
      return;
    }
    await explainMissingServer(client, name, () => client.server(name, { signal }));
    const followed = client.followLogs(name, {
      ...request,
      onDropped: (count) => context.stderr.write(`… ${count} lines left out: they came too fast\n`),
    });
    for await (const line of followed) {
      context.stdout.write(
        `${options.output === 'table' ? lineText(line, context) : JSON.stringify(line)}\n`,
      );
    }
  });
}

function lineText({ time, stream, text }: ApiLogLine, { stdout }: CliContext): string {
  const color = stream === 'tutti' ? 'cyan' : 'none';
  return `${styleText('dim', time, { stream: stdout })} ${styleText(color, oneLine(text, Infinity), { stream: stdout })}`;
}

function parseTail(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of lines.');
}
