// `tutti events [NAME] [-f]`: what happened, all of it or what is asked for.

import type { ApiEvent } from '@tutti/schemas';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';

interface EventsOptions extends OutputOptions, InstanceOptions {
  readonly follow?: true;
  readonly kind?: string;
  readonly type?: 'normal' | 'warning';
  readonly reason?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
}

export function registerEvents(program: Command, context: CliContext): void {
  const events = program
    .command('events')
    .argument('[name]', 'only of this server, agent or task')
    .description('show what happened')
    .option('-f, --follow', 'go on with new events until interrupted')
    .option('--kind <kind>', 'only of this kind: MCPServer, Agent, Task, Store')
    .addOption(new Option('--type <type>', 'only of this type').choices(['normal', 'warning']))
    .option('--reason <reasons...>', 'only these: MCPServerFailed …')
    .option('--since <time>', 'a time, or how long ago: 12h')
    .option('--until <time>', 'the same')
    .option('--limit <n>', 'the newest so many, at most 10000 (1000)', parseLimit);
  withOutput(withInstance(events)).action(async (name: string | undefined, options: EventsOptions) => {
    const { client } = await connect(context, options);
    const { kind, type, reason: reasons, since, until, limit } = options;
    const request = { kind, name, type, reasons, since, until, limit, signal: context.signal };
    const isFiltered = [kind, name, type, reasons, since, until].some((filter) => filter !== undefined);
    if (!options.follow) {
      const items = await client.events(request);
      print(context, options.output, { items }, () =>
        items.length === 0
          ? [isFiltered ? 'Nothing of that kind happened.' : 'Nothing happened yet.']
          : items.map(eventText),
      );
      return;
    }
    for await (const event of client.followEvents(request)) {
      context.stdout.write(`${options.output === 'table' ? eventText(event) : JSON.stringify(event)}\n`);
    }
  });
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1.');
  return Number(text);
}

function eventText({ time, type, name, reason, message }: ApiEvent): string {
  return `${time} ${type === 'Warning' ? '! ' : ''}${name} ${reason}: ${oneLine(message, Infinity)}`;
}
