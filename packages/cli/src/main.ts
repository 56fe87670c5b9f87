// Runs one command line: signals, streams, the command, and how it ended.

import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { reportError } from './report-error.ts';

export interface MainOptions {
  readonly binPath: string;
  readonly exit: (code: number) => void;
}

/** The first signal asks the command to end, a second one ends the process at once. */
export async function main({ binPath, exit }: MainOptions): Promise<void> {
  const interrupted = new AbortController();
  const onSignal = (): void => {
    if (interrupted.signal.aborted) exit(EXIT.interrupted);
    interrupted.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // The reader of a pipe may leave early, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') exit(EXIT.done);
    else throw error;
  });

  let exitCode: number = EXIT.done;
  const context: CliContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    env: process.env,
    signal: interrupted.signal,
    self: { execPath: process.execPath, binPath },
    setExitCode(code) {
      exitCode = code;
    },
  };
  try {
    await createProgram(context).parseAsync(process.argv);
  } catch (error) {
    exitCode = reportError(error, context);
  }
  // What still holds the process open is let go first by its owner; leaving is up to the event loop.
  process.exitCode = exitCode;
  process.off('SIGINT', onSignal);
  process.off('SIGTERM', onSignal);
}
