// Completion scripts, made from the commands as they are declared. They are static: completing starts no process.

import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command by its words, `get servers`, and what may follow it. */
interface Completion {
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
}

export function completionScript(shell: Shell, program: Command): string {
  // The longest path first: the first that fits what was typed wins.
  const completions = completionsOf(program, '').toSorted((a, b) => b.path.length - a.path.length);
  return SCRIPTS[shell](completions);
}

const SCRIPTS: Readonly<Record<Shell, (completions: readonly Completion[]) => string>> = { bash, zsh, fish };

function completionsOf(command: Command, path: string): Completion[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  const words = [
    ...commands.map((child) => ({ word: child.name(), description: child.description() })),
    ...(command.registeredArguments[0]?.argChoices ?? []).map((word) => ({ word, description: '' })),
    ...help
      .visibleOptions(command)
      .flatMap(({ long, description }) =>
        long === undefined || long === null ? [] : [{ word: long, description }],
      ),
  ];
  return [
    { path, words },
    ...commands.flatMap((child) => completionsOf(child, `${path} ${child.name()}`.trim())),
  ];
}

function pattern(path: string): string {
  return path === '' ? '*' : `"${path}"|"${path} "*`;
}

function wordsOf(completion: Completion): string {
  return completion.words.map(({ word }) => word).join(' ');
}

function bash(completions: readonly Completion[]): string {
  const cases = completions.map((one) => `    ${pattern(one.path)}) words="${wordsOf(one)}" ;;`);
  return `# bash completion for tutti
_tutti() {
  local typed="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) typed="\${typed:+$typed }$word" ;; esac
  done
  case "$typed" in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _tutti tutti
`;
}

function zsh(completions: readonly Completion[]): string {
  const cases = completions.map((one) => `    (${pattern(one.path)}) compadd -- ${wordsOf(one)} ;;`);
  return `#compdef tutti
_tutti() {
  local typed="" word
  for word in \${words[2,CURRENT-1]}; do
    [[ $word == -* ]] || typed="\${typed:+$typed }$word"
  done
  case "$typed" in
${cases.join('\n')}
  esac
  _files
}
_tutti "$@"
`;
}

function fish(completions: readonly Completion[]): string {
  const lines = completions.flatMap(({ path, words }) =>
    words.map(({ word, description }) => {
      const condition =
        path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1) ?? ''}`;
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c tutti -n '${condition}' ${what} -d '${description.replaceAll("'", "\\'")}'`;
    }),
  );
  return `# fish completion for tutti\n${lines.join('\n')}\n`;
}
