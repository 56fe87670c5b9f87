// What every command is given: the streams, the place, the environment, and the signal that ends it.

import type { ReadStream, WriteStream } from 'node:tty';

export interface CliContext {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Takes SIGHUP, which otherwise ends the process, until it is disposed of. */
  onHangup(listener: () => void): Disposable;
  /** How to start this same program again. */
  readonly self: { readonly execPath: string; readonly binPath: string };
  /** From here on stdout is for whoever looks: a disk below it that is full does not end the command. */
  outliveStdout(): void;
  /** For a command that is done but has bad news. */
  setExitCode(code: number): void;
}

/** Whether a person sees the output as it is written: colours and redrawing are welcome. */
export function isInteractive(context: CliContext): boolean {
  return context.stdout.isTTY && context.env['TERM'] !== 'dumb' && context.env['CI'] === undefined;
}
