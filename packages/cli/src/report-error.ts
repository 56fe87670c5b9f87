// The one place where a failure becomes words and an exit code. Never a stack trace.

import { getSystemErrorMessage, styleText } from 'node:util';
import { TuttiApiError, TuttiUnreachableError } from '@tutti/sdk';
import { CommanderError } from 'commander';
import type { CliContext } from './context.ts';
import { oneLine, printable } from './output/printable.ts';
import { EXIT, exitCodeOfError, type ExitCode } from './exit-codes.ts';

/** A failure that a command has words for: what happened, and on further lines what to do. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly help: readonly string[];

  constructor(exitCode: ExitCode, message: string, help: readonly string[] = []) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.help = help;
  }
}

export function reportError(error: unknown, context: CliContext): ExitCode {
  // Commander has printed its message already; help and version end that way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (context.signal.aborted) return EXIT.interrupted;
  const { exitCode, message, help } = describe(error);
  const label = styleText('red', 'error:', { stream: context.stderr });
  context.stderr.write(`${label} ${[message, ...help].map(printable).join('\n')}\n`);
  return exitCode;
}

/** A failure outside of everything that is waited for: one line, and where it came from only for who asks. */
export function reportCrash(error: unknown, { env, stderr }: CliContext): void {
  const label = styleText('red', 'error:', { stream: stderr });
  const isDebug = env['TUTTI_LOG'] === 'debug';
  const hint = isDebug ? '' : ' (TUTTI_LOG=debug shows where)';
  const message = oneLine(error instanceof Error ? error.message : String(error), MAX_CRASH_WIDTH);
  stderr.write(`${label} Tutti failed unexpectedly and stops: ${message}${hint}\n`);
  if (isDebug && error instanceof Error) stderr.write(`${printable(error.stack ?? '')}\n`);
}

const MAX_CRASH_WIDTH = 500;

function describe(error: unknown): { exitCode: ExitCode; message: string; help: readonly string[] } {
  if (error instanceof CliError) return error;
  if (error instanceof TuttiApiError) {
    return { exitCode: exitCodeOfError(error.code), message: error.message, help: [] };
  }
  if (error instanceof TuttiUnreachableError) {
    const help = [
      'Is Tutti running? Start it with: tutti up',
      'If something seems wrong with it: tutti doctor',
    ];
    return { exitCode: EXIT.unavailable, message: error.message, help };
  }
  if (!(error instanceof Error)) return { exitCode: EXIT.failed, message: String(error), help: [] };
  if (!('code' in error) || typeof error.code !== 'string') {
    return { exitCode: EXIT.failed, message: `Unexpected: ${error.message}`, help: [] };
  }
  if (error.name === 'AppError') {
    return { exitCode: exitCodeOfError(error.code), message: error.message, help: [] };
  }
  return { exitCode: EXIT.failed, message: systemMessage(error), help: [] };
}

function systemMessage(error: Error): string {
  if (!('errno' in error) || typeof error.errno !== 'number') return error.message;
  const path = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : '';
  return `${path}${getSystemErrorMessage(error.errno)}`;
}
