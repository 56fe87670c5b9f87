// `tutti get servers`, `tutti get sources`, `tutti get toolsets`: the lists with what they come to.

import type { ApiToolset } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { serverNote, styledState, toolCountText } from '../output/server-words.ts';
import { oneLine } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { resourceLines } from '../output/resource-words.ts';
import { sourceLines } from '../output/source-words.ts';

const MAX_NOTE_WIDTH = 100;

export function registerGet(program: Command, context: CliContext): void {
  const get = program.command('get').description('list resources');
  const servers = get.command('servers').alias('server').description('the servers and how they are');
  withOutput(withInstance(servers)).action(async (options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const items = await client.servers({ signal: context.signal });
    print(context, options.output, { items }, () => {
      if (items.length === 0) return ['No servers are declared. Add one with: tutti add NAME -- COMMAND'];
      const nowMs = Date.now();
      return tableLines(
        ['NAME', 'TYPE', 'STATE', 'TOOLS', 'RESTARTS', 'NOTE'],
        items.map((server) => [
          server.name,
          server.type,
          styledState(server.status.state, context.stdout),
          toolCountText(server),
          String(server.status.restartCount),
          oneLine(serverNote(server, nowMs), MAX_NOTE_WIDTH),
        ]),
      );
    });
  });

  const toolsets = get.command('toolsets').alias('toolset').description('the named views of the catalog');
  withOutput(withInstance(toolsets)).action(async (options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const items = await client.toolsets({ signal: context.signal });
    print(context, options.output, { items }, () => {
      if (items.length === 0) return ['No toolsets are declared. docs/guides/toolsets.md says how.'];
      return tableLines(
        ['NAME', 'TOOLS', 'PROMPTS', 'RESOURCES', 'URL', 'NOTE'],
        items.map((set) => [
          set.name,
          String(set.toolCount),
          String(set.promptCount),
          String(set.resourceCount),
          set.url,
          oneLine(toolsetNote(set), MAX_NOTE_WIDTH),
        ]),
      );
    });
  });

  const resources = get
    .command('resources')
    .alias('resource')
    .description('all that is declared, wherever, and what it comes to');
  withOutput(withInstance(resources)).action(async (options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const items = await client.resources({ signal: context.signal });
    print(context, options.output, { items }, () => resourceLines(items, context));
  });

  const sources = get.command('sources').alias('source').description('where declarations are taken from');
  withOutput(withInstance(sources)).action(async (options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const items = await client.sources({ signal: context.signal });
    print(context, options.output, { items }, () => sourceLines(items, context));
  });
}

function toolsetNote({ conditions, description = '' }: ApiToolset): string {
  return conditions.find(({ status }) => status !== 'True')?.message ?? description;
}
