// `tutti cancel` and `tutti retry`: what a person decides about a task.

import type { ApiTask } from '@tutti/schemas';
import type { TuttiClient } from '@tutti/sdk';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { taskNote } from '../output/work-words.ts';

type TaskOptions = OutputOptions & InstanceOptions & { readonly reason?: string };

export function registerTasks(program: Command, context: CliContext): void {
  const { signal } = context;
  const cancel = program
    .command('cancel')
    .argument('<task>', 'its id')
    .description('cancel a task; an agent that has it is told to stop')
    .option('--reason <text>', 'why, for whoever had it');
  act(cancel, (client, id, { reason }) => client.tasks.cancel(id, reason, { signal }));
  const retry = program
    .command('retry')
    .argument('<task>', 'its id')
    .description('do a task again that failed or was cancelled');
  act(retry, (client, id) => client.tasks.retry(id, { signal }));

  function act(
    command: Command,
    change: (client: TuttiClient, id: string, options: TaskOptions) => Promise<ApiTask>,
  ): void {
    withOutput(withInstance(command)).action(async (id: string, options: TaskOptions) => {
      const { client } = await connect(context, options);
      const task = await change(client, id, options);
      const note = taskNote(task);
      print(context, options.output, task, () => [
        note === '' ? `${task.id} is ${task.status}.` : `${task.id} is ${task.status}: ${note}`,
      ]);
    });
  }
}
