// Finds the program of a command before it is spawned, so that what is wrong is said in words and not as ENOENT.

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../../kernel/errors.ts';

/** The path of the program. A command without a slash is looked for in PATH, one with a slash from the workdir. */
export async function findProgram(command: string, path: string, workdir: string): Promise<string> {
  await requireFolder(workdir);
  const candidates = command.includes('/')
    ? [resolve(workdir, command)]
    : path
        .split(delimiter)
        .filter((folder) => isAbsolute(folder))
        .map((folder) => join(folder, command));

  let notExecutable: string | undefined;
  for (const candidate of candidates) {
    const found = await inspect(candidate);
    if (found === 'program') return candidate;
    if (found === 'not executable') notExecutable ??= candidate;
  }
  if (notExecutable !== undefined) {
    throw unavailable(
      `${notExecutable} is not executable; run chmod +x on it, or correct \`command\``,
      command,
    );
  }
  const where = command.includes('/') ? '' : ' in PATH';
  throw unavailable(`command not found${where}: ${command}; install it, or correct \`command\``, command);
}

async function inspect(candidate: string): Promise<'program' | 'not executable' | 'nothing'> {
  try {
    if (!(await stat(candidate)).isFile()) return 'nothing';
  } catch {
    return 'nothing';
  }
  try {
    await access(candidate, constants.X_OK);
    return 'program';
  } catch {
    return 'not executable';
  }
}

async function requireFolder(workdir: string): Promise<void> {
  try {
    if ((await stat(workdir)).isDirectory()) return;
  } catch (error) {
    throw unavailable(
      `workdir cannot be used: ${workdir}; create it, or correct \`workdir\``,
      workdir,
      error,
    );
  }
  throw unavailable(`workdir is not a folder: ${workdir}; correct \`workdir\``, workdir);
}

const OUT_OF_RESOURCES =
  'the system is out of processes, memory or files; stop something, or raise the limits';

const SPAWN_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'the interpreter in its first line is missing; install it',
  EACCES: 'permission denied; check its mode and those of its folders',
  E2BIG: '`args` and `env` are too long for the system; shorten them',
  EAGAIN: OUT_OF_RESOURCES,
  ENOMEM: OUT_OF_RESOURCES,
  EMFILE: OUT_OF_RESOURCES,
  ENFILE: OUT_OF_RESOURCES,
};

/** What spawn itself says, in words. */
export function spawnFailure(error: NodeJS.ErrnoException, program: string): AppError {
  const reason = SPAWN_FAILURES[error.code ?? ''] ?? error.message;
  return unavailable(`cannot start ${program}: ${reason}`, program, error);
}

function unavailable(message: string, subject: string, cause?: unknown): AppError {
  return new AppError('unavailable', message, { cause, details: { subject } });
}
