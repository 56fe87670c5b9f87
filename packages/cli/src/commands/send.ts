// `tutti send`: a message to agents, people, or a thread.

import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../context.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { ADMIN_PERSON } from '../output/mail-listings.ts';

interface SendOptions extends OutputOptions, InstanceOptions {
  readonly to?: readonly string[];
  readonly thread?: string;
  readonly from: string;
  readonly urgent?: true;
  readonly mustRead?: true;
  readonly replyTo?: string;
}

export function registerSend(program: Command, context: CliContext): void {
  const { signal } = context;
  const send = program
    .command('send')
    .argument('<text>', 'what is said')
    .description('send a message to agents, people, or a thread')
    .option('--to <ids...>', 'agents, or person:NAME')
    .addOption(new Option('--thread <id>', 'all others of this thread').conflicts('to'))
    .option('--from <id>', 'an agent of yours, or yourself as person:NAME', ADMIN_PERSON)
    .option('--urgent', 'it should be looked at soon')
    .option('--must-read', 'agents change nothing before they have acknowledged it')
    .option('--reply-to <message>', 'the message that this one answers');
  withOutput(withInstance(send)).action(async (text: string, options: SendOptions) => {
    const { client } = await connect(context, options);
    const { to, thread, from, urgent = false, mustRead = false, replyTo } = options;
    const sent = await client.messages.send(
      {
        sender_id: from,
        ...(to !== undefined && { recipient_ids: [...to] }),
        ...(thread !== undefined && { thread_id: thread }),
        content: text,
        urgent,
        importance: mustRead ? 'must_read' : 'normal',
        ...(replyTo !== undefined && { reply_to: replyTo }),
      },
      { signal },
    );
    const reached = sent.recipient_ids.length - sent.bounced.length;
    print(context, options.output, sent, () => [
      `${sent.id} is sent to ${reached} of ${sent.recipient_ids.length}.`,
      ...sent.bounced.map(({ recipient_id: id, reason }) => `Not to ${id}: ${reason}.`),
    ]);
  });
}
