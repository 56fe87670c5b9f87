// `-o table|json|yaml`. json and yaml print the API's own shapes, for programs; a table is for people.

import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import type { CliContext } from '../context.ts';

const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface OutputOptions {
  readonly output: OutputFormat;
}

export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to print').choices(OUTPUT_FORMATS).default('table'),
  );
}

/** Prints the value as asked for; `lines` makes the table only when it is wanted. */
export function print(
  context: CliContext,
  format: OutputFormat,
  value: unknown,
  lines: () => string[],
): void {
  const text = render(format, value, lines);
  context.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
}

function render(format: OutputFormat, value: unknown, lines: () => string[]): string {
  if (format === 'json') return JSON.stringify(value, undefined, 2);
  return format === 'yaml' ? stringify(value) : lines().join('\n');
}
