// `tutti backup FILE`: all that the store holds, in a file. The one who runs writes it out; where nobody does, the store is
// read here.

import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { TuttiClient } from '@tutti/sdk';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { connect, findState, readInstanceOf, withInstance, type InstanceOptions } from '../instance.ts';
import { print, withOutput, type OutputOptions } from '../output/format.ts';
import { count } from '../output/words.ts';
import { CliError } from '../report-error.ts';

interface BackupOptions extends OutputOptions, InstanceOptions {}

/** What a backup that was cut off leaves behind. */
const PARTIAL = '.partial';

export function registerBackup(program: Command, context: CliContext): void {
  const backup = program
    .command('backup')
    .argument('<file>', 'a file that is not there yet')
    .description('write all that the store holds into a file');
  withOutput(withInstance(backup)).action(async (name: string, options: BackupOptions) => {
    const file = resolve(context.cwd, name);
    const { backupStore, checkBackup } = await import('@tutti/server/app');
    const statePath = await findState(context, options);
    const isNamed = options.url !== undefined || (options.state === undefined && context.env['TUTTI_URL']);
    const client = isNamed
      ? (await connect(context, options)).client
      : await readInstanceOf(context, statePath);
    if (client !== undefined) await download(context, client, file);
    const filled = client === undefined ? await backupStore({ statePath }, file) : await checkBackup(file);
    print(context, options.output, { file, ...filled }, () => [
      `${file}: ${count(filled.rows, 'row')} of ${count(filled.tables, 'table')}`,
    ]);
  });
}

async function download(context: CliContext, client: TuttiClient, file: string): Promise<void> {
  const partial = `${file}${PARTIAL}`;
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    throw new CliError(EXIT.refused, `${file} is there already and was not changed.`, [
      'Choose another name for the backup.',
    ]);
  });
  await handle.close();
  try {
    const body = await client.backup({ signal: context.signal });
    {
      await using out = await open(partial, 'w', 0o600);
      for await (const chunk of body) await out.appendFile(chunk);
      await out.sync();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    await rm(file, { force: true });
    throw error;
  }
}
