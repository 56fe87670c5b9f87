// `tutti cancel`, `tutti retry` and `tutti approve`: what a person decides about a task.

import type { ApiTask } from '@tutti/schemas';
import type { TuttiClient } from '@tutti/sdk';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { taskNote } from '../output/work-words.ts';

interface TaskOptions extends OutputOptions, InstanceOptions {
  readonly reason?: string;
  readonly reject?: boolean;
  readonly proof?: string;
  readonly comment?: string;
}

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
  const approve = program
    .command('approve')
    .argument('<task>', 'its id')
    .description('say that the work of a task that waits for approval is good, or is not')
    .option('--reject', 'it is not good')
    .option('--proof <id>', 'the proof that it is for', 'reviewer_approval')
    .option('--comment <text>', 'for whoever did the work');
  act(approve, (client, id, { reject, proof = 'reviewer_approval', comment }) =>
    client.tasks.approve(
      id,
      {
        proof,
        decision: reject === true ? 'reject' : 'approve',
        ...(comment === undefined ? {} : { comment }),
      },
      { signal },
    ),
  );

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
