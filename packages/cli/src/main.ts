// Runs one command line: signals, streams, the command, and how it ended.

import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { reportCrash, reportError } from './report-error.ts';

export interface MainOptions {
  readonly binPath: string;
  readonly exit: (code: number) => void;
}

/** A command that failed where nobody expected it gets so long to put its affairs in order. */
const CRASH_STOP_MS = 20_000;

/** Ctrl-C reaches npm and its script alike, and npm passes it on: what comes so soon is the same one. */
const SAME_SIGNAL_MS = 250;

/** The first signal asks the command to end, a second one ends the process at once. */
export async function main({ binPath, exit }: MainOptions): Promise<void> {
  const interrupted = new AbortController();
  let interruptedAtMs = Infinity;
  const interrupt = (): void => {
    interruptedAtMs = Math.min(interruptedAtMs, performance.now());
    interrupted.abort();
  };
  const onSignal = (): void => {
    if (performance.now() - interruptedAtMs > SAME_SIGNAL_MS) exit(EXIT.interrupted);
    interrupt();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // Nobody reads what goes wrong; that is no reason to end.
  process.stderr.on('error', () => {});
  let outlivesStdout = false;
  // The reader of a pipe may leave early, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') exit(EXIT.done);
    else if (!outlivesStdout) throw error;
  });

  let crashed = false;
  // Unhandled rejections come here, too.
  process.on('uncaughtException', (error) => {
    if (crashed) exit(EXIT.failed);
    crashed = true;
    interrupt();
    // Not before the command has left the terminal's table, which the line would break.
    setImmediate(() => reportCrash(error, context));
    setTimeout(() => exit(EXIT.failed), CRASH_STOP_MS).unref();
  });

  let exitCode: number = EXIT.done;
  const context: CliContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    env: process.env,
    signal: interrupted.signal,
    onHangup(listener) {
      process.on('SIGHUP', listener);
      return { [Symbol.dispose]: () => void process.off('SIGHUP', listener) };
    },
    self: { execPath: process.execPath, binPath },
    outliveStdout() {
      outlivesStdout = true;
    },
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
  process.exitCode = crashed ? EXIT.failed : exitCode;
  process.off('SIGINT', onSignal);
  process.off('SIGTERM', onSignal);
}
