// The pre-commit hook that asks Tutti. One that was there before is kept, and runs first.

import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { CliError } from '../report-error.ts';

const NAME = 'pre-commit';
const KEPT = 'pre-commit.before-tutti';
const MARK = '# tutti guard';
const EXECUTABLE = 0o755;

export interface HookCommand {
  /** The program that runs Tutti's command line, and its arguments. */
  readonly execPath: string;
  readonly binPath: string;
  readonly args: readonly string[];
}

/** The text of the hook. */
export function hookScript({ execPath, binPath, args }: HookCommand): string {
  const given = args.map(quoted).join(' ');
  return [
    '#!/bin/sh',
    `${MARK}: refuses a commit of files that another agent has leased. Take it out with: tutti guard uninstall`,
    `before="$(dirname "$0")/${KEPT}"`,
    'if [ -x "$before" ]; then "$before" "$@" || exit $?; fi',
    `if [ -x ${quoted(execPath)} ] && [ -f ${quoted(binPath)} ]; then`,
    `  exec ${quoted(execPath)} ${quoted(binPath)} guard check ${given}`,
    'fi',
    `exec tutti guard check ${given}`,
    '',
  ].join('\n');
}

export type Installed = 'installed' | 'renewed';

export async function installHook(
  folder: string,
  script: string,
): Promise<{ readonly how: Installed; readonly kept: boolean }> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, NAME);
  const kept = join(folder, KEPT);
  const there = await readFile(path, 'utf8').catch(() => undefined);
  const isOurs = there?.includes(MARK) === true;
  if (there !== undefined && !isOurs) {
    if (await isThere(kept))
      throw new CliError(EXIT.refused, `There are two hooks already: ${path} and ${kept}.`, [
        'Make one of both, and try again.',
      ]);
    await rename(path, kept);
  }
  await writeFile(path, script, { mode: EXECUTABLE });
  await chmod(path, EXECUTABLE);
  return { how: isOurs ? 'renewed' : 'installed', kept: await isThere(kept) };
}

/** False: it was not installed. */
export async function uninstallHook(folder: string): Promise<boolean> {
  const path = join(folder, NAME);
  const there = await readFile(path, 'utf8').catch(() => '');
  if (!there.includes(MARK)) return false;
  await rm(path);
  const kept = join(folder, KEPT);
  if (await isThere(kept)) await rename(kept, path);
  return true;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
