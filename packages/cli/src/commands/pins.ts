// `tutti pins [SERVER]`, `tutti pins approve SERVER`: tools that say something else of themselves than what was approved.

import type { ApiPin, ApiServerPins } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explainMissingServer } from '../missing-server.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { pinLines } from '../output/pin-words.ts';
import { tableLines } from '../output/table.ts';
import { count } from '../output/words.ts';
import { CliError } from '../report-error.ts';

export function registerPins(program: Command, context: CliContext): void {
  const pins = program
    .command('pins')
    .argument('[server]', 'show its tools and what changed in them')
    .description('tools that changed since they were approved');
  withOutput(withInstance(pins)).action(
    async (server: string | undefined, options: OutputOptions & InstanceOptions) => {
      const { client } = await connect(context, options);
      const { signal } = context;
      if (server === undefined) {
        const items = await client.pins({ signal });
        print(context, options.output, { items }, () => serverLines(items));
        return;
      }
      const items = await explainMissingServer(client, server, () => client.pinsOf(server, { signal }));
      print(context, options.output, { items }, () => toolLines(server, items));
    },
  );

  const approve = pins
    .command('approve')
    .argument('<server>', 'whose tools')
    .argument('[tools...]', "by the server's own names")
    .option('--all', 'all tools of the server that are not approved')
    .description('approve what tools say of themselves now');
  withOutput(withInstance(approve)).action(
    async (
      server: string,
      tools: readonly string[],
      options: { readonly all?: boolean } & OutputOptions & InstanceOptions,
    ) => {
      if ((options.all === true) === tools.length > 0)
        throw new CliError(EXIT.usage, 'Name the tools to approve, or give --all.');
      const { client } = await connect(context, options);
      const { signal } = context;
      const approval =
        options.all === true ? ({ all: true } as const) : { tools: tools.map((name) => ({ name })) };
      const items = await explainMissingServer(client, server, () =>
        client.approvePins(server, approval, { signal }),
      );
      print(context, options.output, { items }, () =>
        items.length === 0
          ? ['Nothing to approve: all of it was approved before.']
          : [...pinLines(items, Date.now()), '', `Approved ${count(items.length, 'tool')} of ${server}.`],
      );
    },
  );
}

function serverLines(items: readonly ApiServerPins[]): string[] {
  if (items.length === 0) return ['No servers are declared. Add one with: tutti add NAME -- COMMAND'];
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value));
  return tableLines(
    ['SERVER', 'POLICY', 'APPROVED', 'CHANGED', 'NEW'],
    items.map(({ server, policy, approved, changed, new: added }) => [
      server,
      policy,
      text(approved),
      text(changed),
      text(added),
    ]),
  );
}

function toolLines(server: string, items: readonly ApiPin[]): string[] {
  if (items.length === 0) return [`${server} has not shown its tools yet.`];
  const waiting = items.filter(({ state }) => state === 'changed' || state === 'new');
  const rows = items.map(({ tool, state, held, approvedAt = '', approvedBy = '' }) => [
    tool,
    held ? `${state}, held back` : state,
    approvedAt,
    approvedBy,
  ]);
  const table = tableLines(['TOOL', 'STATE', 'APPROVED', 'BY'], rows);
  if (waiting.length === 0) return table;
  return [
    ...table,
    '',
    ...pinLines(waiting, Date.now()),
    '',
    `Approve with: tutti pins approve ${server} TOOL…, or all of it with --all`,
  ];
}
