// `tutti completion SHELL`: a script that completes commands and options.

import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';
import type { CliContext } from '../context.ts';

export function registerCompletion(program: Command, context: CliContext): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .description('print a completion script for a shell')
    .addHelpText(
      'after',
      [
        '',
        "bash:  echo 'source <(tutti completion bash)' >> ~/.bashrc",
        'zsh:   tutti completion zsh > "${fpath[1]}/_tutti"',
        'fish:  tutti completion fish > ~/.config/fish/completions/tutti.fish',
      ].join('\n'),
    )
    .action((shell: Shell) => {
      context.stdout.write(completionScript(shell, program));
    });
}
