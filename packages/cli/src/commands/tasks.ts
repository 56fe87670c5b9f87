// `tutti cancel`, `retry`, `approve` and `answer`: what a person decides about a task. `tutti why`: where it stands, and why.

import type { ApiTask } from '@tutti/schemas';
import type { TuttiClient } from '@tutti/sdk';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { taskNote, whyLines } from '../output/work-words.ts';
import { readDocuments } from '../read-documents.ts';

/** What a question of this type takes: a confirmation a truth, all others the text. */
function typed(question: ApiTask['question'], response: string): string | boolean {
  return question?.type === 'confirmation' && /^(?:true|false)$/.test(response)
    ? response === 'true'
    : response;
}

/** What stands on the command line is seen by others, and kept by shells. */
async function firstLine(context: CliContext): Promise<string> {
  const [line = ''] = (await readDocuments(context, '-')).split(/\r?\n/, 1);
  return line;
}

interface TaskOptions extends OutputOptions, InstanceOptions {
  readonly reason?: string;
  readonly reject?: boolean;
  readonly proof?: string;
  readonly comment?: string;
  readonly decline?: boolean;
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

  const answer = program
    .command('answer')
    .argument('<task>', 'its id')
    .argument(
      '[response]',
      'true and false for a confirmation; - reads stdin, for secrets; the default of the question when left out',
    )
    .description('answer what a task asks')
    .option('--decline', 'you do not want to answer; the agent is told so');
  withOutput(withInstance(answer)).action(
    async (id: string, response: string | undefined, options: TaskOptions) => {
      const { client } = await connect(context, options);
      const { question } = await client.tasks.get(id, { signal });
      const text = response === '-' ? await firstLine(context) : response;
      const given =
        options.decline === true
          ? { cancelled: true }
          : { cancelled: false, ...(text === undefined ? {} : { response: typed(question, text) }) };
      const task = await client.tasks.answer(id, given, { signal });
      print(context, options.output, task, () => [`${task.id} is ${task.status}.`]);
    },
  );
  const why = program
    .command('why')
    .argument('<task>', 'its id')
    .description('say why a task stands where it stands, and what would move it');
  withOutput(withInstance(why)).action(async (id: string, options: TaskOptions) => {
    const { client } = await connect(context, options);
    const found = await client.tasks.why(id, { signal });
    print(context, options.output, found, () => whyLines(found));
  });

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
