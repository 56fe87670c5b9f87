// `tutti suspend|resume|start|stop NAME`: takes a server out of service and back into it, for good.

import type { ApiSuspended } from '@tutti/schemas';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { explainMissingServer } from '../missing-server.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';

const ACTIONS = {
  suspend: {
    description: 'stop a server and keep it stopped, over restarts too',
    done: (name: string) => `${name} is suspended. Resume it with: tutti resume ${name}`,
    unchanged: (name: string) => `${name} is suspended already.`,
  },
  resume: {
    description: 'let a suspended server run again',
    done: (name: string) => `${name} is in service again.`,
    unchanged: (name: string) => `${name} is not suspended.`,
  },
  start: {
    description: 'resume a server and run it, even one that does not start by itself',
    done: (name: string) => `${name} is being started. Watch it with: tutti logs ${name} -f`,
    unchanged: (name: string) => `${name} runs already.`,
  },
  stop: {
    description: 'the same as suspend',
    done: (name: string) => `${name} is stopped. Start it with: tutti start ${name}`,
    unchanged: (name: string) => `${name} is stopped already.`,
  },
} as const;

type Action = keyof typeof ACTIONS;

export function registerSuspend(program: Command, context: CliContext): void {
  register(program, context, 'suspend');
  register(program, context, 'resume');
  register(program, context, 'start');
  register(program, context, 'stop');
}

function register(program: Command, context: CliContext, action: Action): void {
  const command = program
    .command(action)
    .argument('<name>', 'the server')
    .description(ACTIONS[action].description);
  withOutput(withInstance(command)).action(async (name: string, options: OutputOptions & InstanceOptions) => {
    const { client } = await connect(context, options);
    const outcome = await explainMissingServer(client, name, () =>
      client[action](name, { signal: context.signal }),
    );
    print(context, options.output, outcome, () => lines(action, outcome));
    if (action === 'start' && outcome.blocked !== undefined) context.setExitCode(EXIT.failed);
  });
}

function lines(action: Action, { name, change, note, blocked }: ApiSuspended): string[] {
  const words = ACTIONS[action];
  const does = words[change === 'changed' ? 'done' : 'unchanged'](name);
  return [
    blocked === undefined ? does : `${name} is not suspended, but blocked, and does not run: ${blocked}.`,
    ...(note === undefined ? [] : [`Note: ${note}.`]),
  ];
}
