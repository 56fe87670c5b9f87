// `tutti events [NAME] [-f]`: what happened.

import type { ApiEvent } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';

interface EventsOptions extends OutputOptions, InstanceOptions {
  readonly follow?: true;
}

export function registerEvents(program: Command, context: CliContext): void {
  const events = program
    .command('events')
    .argument('[name]', 'only of this server')
    .description('show what happened')
    .option('-f, --follow', 'go on with new events until interrupted');
  withOutput(withInstance(events)).action(async (name: string | undefined, options: EventsOptions) => {
    const { client } = await connect(context, options);
    const request = { name, signal: context.signal };
    if (!options.follow) {
      const items = await client.events(request);
      print(context, options.output, { items }, () =>
        items.length === 0 ? ['Nothing happened yet.'] : items.map(eventText),
      );
      return;
    }
    for await (const event of client.followEvents(request)) {
      context.stdout.write(`${options.output === 'table' ? eventText(event) : JSON.stringify(event)}\n`);
    }
  });
}

function eventText({ time, type, name, reason, message }: ApiEvent): string {
  return `${time} ${type === 'Warning' ? '! ' : ''}${name} ${reason}: ${oneLine(message, Infinity)}`;
}
