// `tutti results [HANDLE]`: calls that went on although their clients stopped waiting, and what they came to.

import type { ApiResult } from '@tutti/schemas';
import type { Command } from 'commander';
import { contentLines } from '../call/content.ts';
import { isObject } from '../call/json.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { oneLine, printable } from '../output/printable.ts';
import { tableLines } from '../output/table.ts';
import { CliError } from '../report-error.ts';

interface ResultsOptions extends OutputOptions, InstanceOptions {
  readonly drop?: true;
}

export function registerResults(program: Command, context: CliContext): void {
  const results = program
    .command('results')
    .argument('[handle]', 'only this one, with what the call came to')
    .description('show the calls that nobody waited for')
    .option('--drop', 'end the call and forget it');
  withOutput(withInstance(results)).action(async (handle: string | undefined, options: ResultsOptions) => {
    if (options.drop && handle === undefined)
      throw new CliError(EXIT.usage, 'Say which: tutti results HANDLE --drop.');
    const { client } = await connect(context, options);
    const { signal } = context;
    if (handle === undefined) {
      const items = await client.results({ signal });
      print(context, options.output, { items }, () => listLines(items));
      return;
    }
    if (options.drop) {
      const dropped = await client.dropResult(handle, { signal });
      print(context, options.output, dropped, () => [`Dropped ${nameOf(dropped)}.`]);
      return;
    }
    const found = await client.result(handle, { signal });
    print(context, options.output, found, () => resultLines(found));
  });
}

function listLines(items: readonly ApiResult[]): string[] {
  if (items.length === 0) return ['No calls are held.'];
  const rows = items.map((item) => [
    nameOf(item),
    item.status,
    item.startedAt,
    item.endedAt ?? '-',
    item.handle,
  ]);
  return tableLines(['TOOL', 'STATUS', 'STARTED', 'ENDED', 'HANDLE'], rows);
}

function resultLines(found: ApiResult): string[] {
  if (found.error !== undefined)
    return [`${nameOf(found)} failed: ${oneLine(found.error.message, Infinity)}`];
  if (found.result === undefined) return [`${nameOf(found)}: ${found.status}`];
  return contentLines(isObject(found.result) ? found.result : {}).map(printable);
}

function nameOf({ server, tool }: ApiResult): string {
  return tool === undefined ? server : `${server}/${tool}`;
}
