// `tutti describe project|goal|entity`: what agents share.

import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { missing } from '../missing-server.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { entityLines, goalLines, projectLines } from '../output/shared-words.ts';

type DescribeOptions = OutputOptions & InstanceOptions;

/** Goals that a project is shown with. */
const SHOWN_GOALS = 100;

export function registerDescribeShared(describe: Command, context: CliContext): void {
  const { signal } = context;

  const project = describe.command('project').argument('<id>').description('its goals, and how far it is');
  withOutput(withInstance(project)).action(async (id: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const found = await client.projects.get(id, { signal });
    const goals =
      options.output === 'table' ? await client.goals.list({ project: id, limit: SHOWN_GOALS, signal }) : [];
    print(context, options.output, found, () => projectLines(found, goals, Date.now()));
  });

  const goal = describe.command('goal').argument('<id>').description('its workflows, and how far it is');
  withOutput(withInstance(goal)).action(async (id: string, options: DescribeOptions) => {
    const { client } = await connect(context, options);
    const found = await client.goals.get(id, { signal });
    print(context, options.output, found, () => goalLines(found, Date.now()));
  });

  const entity = describe
    .command('entity')
    .argument('<name>')
    .description('what is known of it, and how it relates')
    .option('--project <id>', 'of this project (default)');
  withOutput(withInstance(entity)).action(
    async (name: string, { project: of, ...options }: DescribeOptions & { readonly project?: string }) => {
      const { client } = await connect(context, options);
      const { entities, relations } = await client.knowledge.open([name], { project: of, signal });
      const [found] = entities;
      if (found === undefined) throw missing('entity', name, [], 'See all: tutti get entities');
      print(context, options.output, { ...found, relations }, () =>
        entityLines(found, relations, Date.now()),
      );
    },
  );
}
